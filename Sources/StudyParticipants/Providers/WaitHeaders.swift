import FlowCore

/// Reads how long a response asks to wait.
enum WaitHeaders {
  /// No answer makes anybody wait longer than this.
  static let longest: Duration = .seconds(86_400)
  /// For a 429 that names no time, the first one.
  static let unnamed: Duration = .seconds(60)
  /// For the `count`-th 429 in a row that names no time: a minute, two, four, at most sixteen.
  static func unnamed(_ count: Int) -> Duration { unnamed * (1 << min(max(count - 1, 0), 4)) }

  /// `Retry-After` in seconds. A date (RFC 9110 §10.2.3) is not read: neither provider sends one, and it would need the wall clock.
  static func retryAfter(_ headers: HTTPHeaders) -> Duration? { seconds(headers["Retry-After"]) }

  /// For a 429: Retry-After, else the budget's reset, else a minute.
  static func limited(_ headers: HTTPHeaders, budgetHeaders: (remaining: String, reset: String)?) -> Duration {
    named(headers, budgetHeaders: budgetHeaders) ?? unnamed
  }

  /// nil: the answer names no time.
  static func named(_ headers: HTTPHeaders, budgetHeaders: (remaining: String, reset: String)?) -> Duration? {
    retryAfter(headers) ?? budgetHeaders.flatMap { seconds(headers[$0.reset]) }
  }

  static func seconds(_ text: String?) -> Duration? {
    guard let text, let seconds = Double(text.filter { $0 != " " }), seconds.isFinite, seconds >= 0 else { return nil }
    return min(.milliseconds(Int64((min(seconds, 1e9) * 1000).rounded(.up))), longest)
  }
}
