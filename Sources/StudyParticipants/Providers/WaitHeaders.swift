import FlowCore

/// Parses the wait that a response asks for.
enum WaitHeaders {
  /// Upper limit for any wait.
  static let longest: Duration = .seconds(86_400)

  /// `Retry-After` in seconds. A date (RFC 9110 §10.2.3) is ignored: neither provider sends one, and it would depend on
  /// the wall clock.
  static func retryAfter(_ headers: HTTPHeaders) -> Duration? { seconds(headers["Retry-After"]) }

  /// The wait after a 429: Retry-After, otherwise the budget's reset; nil if the response names neither.
  static func named(_ headers: HTTPHeaders, budgetHeaders: (remaining: String, reset: String)?) -> Duration? {
    retryAfter(headers) ?? budgetHeaders.flatMap { seconds(headers[$0.reset]) }
  }

  static func seconds(_ text: String?) -> Duration? {
    guard let text, let seconds = Double(text.filter { $0 != " " }), seconds.isFinite, seconds >= 0 else { return nil }
    return min(.milliseconds(Int64((min(seconds, 1e9) * 1000).rounded(.up))), longest)
  }
}
