import FlowCore

/// Counts each participant's requests in fixed windows, like the providers: by the hour or by the minute.
final class RateLimiter: Sendable {
  private let windowSeconds: Int
  private let limit: Int
  private let counts = Locked<[Int: Window]>([:])

  private struct Window {
    var index: Int
    var used: Int
  }

  /// The values of a response's rate limit headers.
  struct Budget: Sendable, Equatable {
    let limit: Int
    let remaining: Int
    /// Seconds until the window ends.
    let resetSeconds: Int
    /// False: the request exceeded the limit.
    let isGranted: Bool
  }

  init(limit: Int, windowSeconds: Int) {
    self.limit = limit
    self.windowSeconds = windowSeconds
  }

  /// Takes one request from a participant's budget.
  /// - Parameter now: the limiter's clock in seconds, which may differ from simulated time.
  func take(participant number: Int, now: Int) -> Budget {
    let index = now.flooredDivision(by: windowSeconds)
    let used = counts.withLock { counts in
      var window = counts[number] ?? Window(index: index, used: 0)
      if window.index != index { window = Window(index: index, used: 0) }
      window.used += 1
      counts[number] = window
      return window.used
    }
    return Budget(
      limit: limit, remaining: max(0, limit - used), resetSeconds: (index + 1) * windowSeconds - now,
      isGranted: used <= limit)
  }
}
