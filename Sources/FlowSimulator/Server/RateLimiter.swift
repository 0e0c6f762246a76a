import FlowCore

/// Counts requests of each participant by fixed windows, as the providers do: by the hour, ending at its top, or by the minute.
final class RateLimiter: Sendable {
  private let windowSeconds: Int
  private let limit: Int
  private let counts = Locked<[Int: Window]>([:])

  private struct Window {
    var index: Int
    var used: Int
  }

  /// What the headers of an answer say.
  struct Budget: Sendable, Equatable {
    let limit: Int
    let remaining: Int
    /// Seconds until the window ends.
    let resetSeconds: Int
    /// False: this request was one too many.
    let isGranted: Bool
  }

  init(limit: Int, windowSeconds: Int) {
    self.limit = limit
    self.windowSeconds = windowSeconds
  }

  /// Takes one request from a participant's budget.
  /// - Parameter now: seconds of the limiter's clock, which need not be simulated time.
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
