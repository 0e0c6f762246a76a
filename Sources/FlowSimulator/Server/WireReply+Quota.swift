/// A 403 for an exhausted quota. Google's hosts use two formats, and in 2025 and 2026 the Fitbit host used Google's
/// formats too.
extension WireReply {
  enum QuotaWords {
    /// The older format: a list of errors with a domain.
    case usageLimits
    /// `google.rpc.Status` with an `ErrorInfo`.
    case errorInfo
  }

  static func quota(_ words: QuotaWords) -> WireReply {
    var reply: WireReply
    switch words {
    case .usageLimits:
      reply = WireReply(
        status: 403,
        json: """
          {"error":{"errors":[{"domain":"usageLimits","reason":"userRateLimitExceeded","message":"User Rate Limit Exceeded"}],\
          "code":403,"message":"User Rate Limit Exceeded"}}
          """)
    case .errorInfo:
      reply = GoogleHealthStatus(
        status: 403, code: "PERMISSION_DENIED", message: "Quota exceeded for quota metric 'Read requests'.", reason: "RATE_LIMIT_EXCEEDED",
        domain: "googleapis.com", metadata: ["quota_limit": "per user per minute"]
      ).reply
    }
    reply.headers.append(("Retry-After", "1"))
    return reply
  }
}
