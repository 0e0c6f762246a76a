/// What stopped a FlowFile.
package struct FlowFileFailure: Sendable, Equatable {
  package var cause: Cause
  /// For people: what was found, what was expected. Holds no secret.
  package var message: String
  /// HTTP status, where there was a response.
  package var status: Int?
  /// How often the processor tried.
  package var attempts: Int = 1
  /// How long to wait before the next try, where the other side said so.
  package var retryAfter: Duration?
  /// The next answer to the same request may be good: a relationship `retry` takes it although the cause is nothing that time mends.
  package var mayPass = false

  package init(cause: Cause, message: String, status: Int? = nil, retryAfter: Duration? = nil) {
    self.cause = cause
    self.message = message
    self.status = status
    self.retryAfter = retryAfter
  }

  /// Within the run.
  package var isWorthRepeating: Bool { cause.isRetryable || mayPass }
}

/// Why a FlowFile failed: a word of the error folder's vocabulary.
///
/// The causes of the framework are below; a module that knows more of the world adds its own in an extension.
package struct Cause: Hashable, Sendable {
  /// As the error folder and the ledger write it, in snake_case.
  package let rawValue: String
  /// Trying again without anybody's help may succeed.
  package let isRetryable: Bool

  package init(_ rawValue: String, isRetryable: Bool) {
    self.rawValue = rawValue
    self.isRetryable = isRetryable
  }

  package static let rateLimited = Cause("rate_limited", isRetryable: true)
  package static let serverError = Cause("server_error", isRetryable: true)
  package static let timeout = Cause("timeout", isRetryable: true)
  package static let connection = Cause("connection", isRetryable: true)
  package static let truncated = Cause("truncated", isRetryable: true)
  package static let notJSON = Cause("not_json", isRetryable: true)
  package static let database = Cause("database", isRetryable: true)
  package static let disk = Cause("disk", isRetryable: true)
  package static let clientRefused = Cause("client_refused", isRetryable: false)
  package static let gone = Cause("gone", isRetryable: false)
  package static let badRequest = Cause("bad_request", isRetryable: false)
  package static let notFound = Cause("not_found", isRetryable: false)
  package static let badData = Cause("bad_data", isRetryable: false)
  package static let expression = Cause("expression", isRetryable: false)
  package static let `internal` = Cause("internal", isRetryable: false)
}
