import FlowCore

/// Slows down wrong tokens, by the address that they come from: after five, each further one makes the address wait twice as long as the one before,
/// up to a minute. Guessing 128 bits is hopeless anyway; this keeps it from costing the server anything.
package struct AttemptThrottle: Sendable {
  private struct Record {
    var failures = 0
    /// On the time source's running clock.
    var until = Duration.zero
    var latest = Duration.zero
  }

  static let freeFailures = 5
  static let longestWait = Duration.seconds(60)
  static let forgottenAfter = Duration.seconds(900)
  /// Beyond it those that were quiet for longest are forgotten.
  static let addressLimit = 10_000

  private var records: [String: Record] = [:]

  package init() {}

  /// Whole seconds until the address may try again; nil if it may now.
  package func wait(of address: String, now: Duration) -> Int64? {
    guard let record = records[address], record.until > now else { return nil }
    return (record.until - now).components.seconds + 1
  }

  package mutating func failed(_ address: String, now: Duration) {
    if records[address] == nil, records.count >= Self.addressLimit { forgetQuiet(now: now) }
    var record = records[address] ?? Record()
    if now - record.latest >= Self.forgottenAfter { record = Record() }
    record.failures += 1
    record.latest = now
    if record.failures >= Self.freeFailures {
      record.until = now + min(.seconds(Int64(1) << Int64(min(record.failures - Self.freeFailures, 6))), Self.longestWait)
    }
    records[address] = record
  }

  /// Makes room for many at once, so that addresses by the thousand cost little.
  private mutating func forgetQuiet(now: Duration) {
    records = records.filter { now - $0.value.latest < Self.forgottenAfter }
    guard records.count > Self.addressLimit / 2 else { return }
    let latest = records.sorted { $0.value.latest > $1.value.latest }.prefix(Self.addressLimit / 2)
    records = Dictionary(latest.map { ($0.key, $0.value) }) { first, _ in first }
  }

  package mutating func succeeded(_ address: String) { records[address] = nil }
}
