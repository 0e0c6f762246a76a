import FlowCore

/// Decides what follows a failed attempt at a request. A plain value: one for each request.
struct S3Attempts: Sendable {
  enum Step: Sendable, Equatable {
    /// The same request once more, after a wait.
    case again(after: Duration)
    /// The same request to the bucket's region, at once.
    case elsewhere(region: String)
    /// The same request at once, signed with the server's clock.
    case atTime(offset: Duration)
    case fail
  }

  /// Attempts that fail in passing, before the request fails: about a quarter of a minute of waits.
  static let limit = 6
  static let firstWait = Duration.milliseconds(500)
  static let longestWait = Duration.seconds(20)
  /// The longest wait that a server is granted.
  static let longestRetryAfter = Duration.seconds(120)
  /// A bucket moves once; a second change in one request is a server that sends in circles.
  private static let regionLimit = 2

  private(set) var failedCount = 0
  private var regionCount = 0
  private var hasAdjustedClock = false

  /// - Parameters:
  ///   - region: where the request went.
  ///   - signedAt: the time in its signature.
  ///   - now: this machine's clock.
  ///   - random: for jitter.
  mutating func step(after failure: S3Failure, region: String, signedAt: Instant, now: Instant, random: UInt64) -> Step {
    if failure.isElsewhere, let other = failure.region, other != region, regionCount < Self.regionLimit {
      regionCount += 1
      return .elsewhere(region: other)
    }
    if failure.isClockRefused(by: signedAt), !hasAdjustedClock, let date = failure.date {
      hasAdjustedClock = true
      return .atTime(offset: date - now)
    }
    guard failure.isPassing else { return .fail }
    failedCount += 1
    guard failedCount < Self.limit else { return .fail }
    return .again(after: max(backOff(random), min(failure.retryAfter ?? .zero, Self.longestRetryAfter)))
  }

  /// Doubles with each failure; between half of it and all of it is waited, so that many clients do not come back together.
  private func backOff(_ random: UInt64) -> Duration {
    let whole = min(Self.firstWait * (1 << (failedCount - 1)), Self.longestWait)
    return whole / 2 + whole / 2 * (Double(random >> 11) / Double(1 << 53))
  }
}
