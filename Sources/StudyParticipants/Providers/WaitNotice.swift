import FlowCore

/// Decides when people are told that requests wait for the provider's limit: once until the announced time is over, and
/// not for every participant. Plain state on the monotonic clock.
struct WaitNotice: Sendable {
  /// Shorter waits pass unnoticed.
  static let shortest: Duration = .seconds(5)
  private var toldUntil: Duration?

  /// Whether to tell of a wait that ends at `end`.
  mutating func isDue(until end: Duration, now: Duration) -> Bool {
    guard end - now >= Self.shortest, toldUntil.map({ $0 <= now }) ?? true else { return false }
    toldUntil = end
    return true
  }
}
