import FlowCore

/// The requests of a participant, or of a client, that still count against a limit. Plain state on the monotonic clock.
///
/// When the provider's windows begin, and when a request arrived there, is not known. A request therefore counts from
/// its sending until a whole window after its end: in no window of that length does the provider see more than are
/// counted here. Requests are counted by sixtieths of the window, rounded up, so that the memory is bounded.
struct RecentRequests: Sendable, Equatable {
  private static let parts: Int64 = 60
  private let partMilliseconds: Int64
  /// In ascending order.
  private var counts: [PartCount] = []

  private struct PartCount: Equatable {
    var part: Int64
    var count: Int
  }

  init(_ window: Duration) { partMilliseconds = max(1, (window.wholeMilliseconds + Self.parts - 1) / Self.parts) }

  /// For tests.
  var partCount: Int { counts.count }

  func count(at now: Duration) -> Int { current(at: now).reduce(0) { $0 + $1.count } }

  /// The time until the first of them no longer counts; nil if there is none.
  func untilNext(at now: Duration) -> Duration? {
    current(at: now).first.map { .milliseconds(($0.part + Self.parts + 1) * partMilliseconds) - now }
  }

  mutating func add(_ count: Int = 1, at now: Duration) {
    counts.removeFirst(counts.count - current(at: now).count)
    let part = part(at: now)
    if counts.last?.part == part { counts[counts.count - 1].count += count } else { counts.append(PartCount(part: part, count: count)) }
  }

  private func part(at now: Duration) -> Int64 { now.wholeMilliseconds.flooredDivision(by: partMilliseconds) }

  private func current(at now: Duration) -> ArraySlice<PartCount> {
    let first = part(at: now) - Self.parts
    return counts.drop { $0.part < first }
  }
}
