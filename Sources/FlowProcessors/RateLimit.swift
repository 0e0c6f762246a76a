import FlowCore

/// How much may pass in a time: the decisions of ControlRate for one group, without clocks. Times are monotonic.
///
/// As with NiFi's throttle, something may pass while less than the maximum has passed within the time, so that what is larger than the maximum by
/// itself passes too. What has passed also counts against the rate since the beginning: however the amounts follow one another, all that has passed
/// before something passes is at most what the rate allows until then, and one maximum more.
struct RateLimit: Sendable {
  private struct Passed: Sendable {
    var at: Duration
    var amount: Int
  }
  let maximum: Int
  let time: Duration
  private var passed: [Passed] = []
  /// The first of `passed` that still counts.
  private var first = 0
  private var sum = 0
  /// When all that has passed would have passed at the rate.
  private var paidUntil = Duration.zero

  init(maximum: Int, time: Duration) {
    precondition(maximum > 0 && time > .zero, "a rate is positive")
    self.maximum = maximum
    self.time = time
  }

  /// Nothing counts any more.
  func isIdle(at now: Duration) -> Bool { sum == 0 && paidUntil <= now }

  /// When something may pass; nil: now.
  mutating func opening(at now: Duration) -> Duration? {
    expire(at: now)
    let blockedUntil = paidUntil - time > now ? paidUntil - time : nil
    guard sum >= maximum else { return blockedUntil }
    var left = sum
    var position = first
    while left >= maximum, position < passed.count {
      left -= passed[position].amount
      position += 1
    }
    return max(passed[position - 1].at + time, blockedUntil ?? .zero)
  }

  /// How much may pass now, one after the other. Precondition: `opening(at: now)` is nil.
  func spare(at now: Duration) -> Double {
    min(Double(maximum - sum), (now + time - paidUntil).inSeconds / time.inSeconds * Double(maximum))
  }

  /// Counts what passes. Precondition: `opening(at: now)` is nil.
  mutating func pass(_ amount: Int, at now: Duration) {
    passed.append(Passed(at: now, amount: amount))
    let (total, isTooLarge) = sum.addingReportingOverflow(amount)
    sum = isTooLarge ? Int.max : total
    paidUntil = max(paidUntil, now) + .seconds(min(time.inSeconds * Double(amount) / Double(maximum), Self.longestWait))
  }

  /// 100 years: longer waits would overflow the clock.
  static let longestWait = 3_155_760_000.0

  private mutating func expire(at now: Duration) {
    while first < passed.count, passed[first].at + time <= now {
      sum -= min(sum, passed[first].amount)
      first += 1
    }
    if first > 64, first * 2 > passed.count {
      passed.removeFirst(first)
      first = 0
    }
  }
}
