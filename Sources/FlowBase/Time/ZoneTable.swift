/// The offsets of a zone over all time, as a sorted table. It is consulted for every row, where a calendar call would
/// be too slow.
package struct ZoneTable: Sendable, Equatable {
  /// A UTC offset and when it takes effect.
  package struct Change: Sendable, Equatable {
    /// Seconds since 1970; `Int64.min` for the first.
    package var start: Int64
    /// Seconds east of UTC.
    package var offset: Int64
    /// Whether the source calls it daylight-saving time.
    package var isDaylight: Bool

    package init(start: Int64, offset: Int64, isDaylight: Bool) {
      self.start = start
      self.offset = offset
      self.isDaylight = isDaylight
    }
  }

  /// The Gregorian calendar repeats every 400 years, including weekdays.
  static let cycleSeconds: Int64 = 146_097 * 86_400

  /// In chronological order; never empty. The first one starts at `Int64.min`.
  package let changes: [Change]
  /// From here on, the table repeats with the calendar and holds one whole cycle. nil: the last change applies forever.
  private let cycleStart: Int64?

  /// - Precondition: `changes` is in chronological order, and its first element starts at `Int64.min`.
  package init(_ changes: [Change], cycleStart: Int64? = nil) {
    precondition(changes.first?.start == .min, "a zone has an offset before its first change")
    self.changes = changes
    self.cycleStart = cycleStart
  }

  package init(fixed offset: Int64) { self.init([Change(start: .min, offset: offset, isDaylight: false)]) }

  /// The offset that applies at an instant (seconds since 1970).
  package func change(at instant: Int64) -> Change { changes[index(at: withinTable(instant))] }

  /// A time during which one offset applies.
  package struct Segment: Sendable, Equatable {
    /// Seconds since 1970; `Int64.min` for the first.
    package var start: Int64
    /// Where the next one begins; nil for the last.
    package var end: Int64?
    /// Seconds east of UTC.
    package var offset: Int64
    /// The offset before; nil for the first.
    package var previousOffset: Int64?
  }

  /// The time around an instant (seconds since 1970) during which one offset applies.
  package func segment(at instant: Int64) -> Segment {
    let within = withinTable(instant)
    // Where the table repeats, its times are shifted by whole cycles. It goes on for a year beyond the cycle.
    let shift = instant - within
    let index = index(at: within)
    let start = changes[index].start
    return Segment(
      start: start == .min ? .min : start + shift, end: index + 1 < changes.count ? changes[index + 1].start + shift : nil,
      offset: changes[index].offset, previousOffset: index > 0 ? changes[index - 1].offset : nil)
  }

  /// - Parameter instant: within the table.
  private func index(at instant: Int64) -> Int {
    var low = 0
    var high = changes.count
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if changes[middle].start <= instant { low = middle } else { high = middle }
    }
    return low
  }

  private func withinTable(_ instant: Int64) -> Int64 {
    guard let cycleStart, instant >= cycleStart + ZoneTable.cycleSeconds else { return instant }
    // Use remainders: the distance from a start before 1970 to the last instant overflows 64 bits.
    let cycle = ZoneTable.cycleSeconds
    let phase = instant.floored(by: cycle).remainder - cycleStart.floored(by: cycle).remainder
    return cycleStart + (phase < 0 ? phase + cycle : phase)
  }
}
