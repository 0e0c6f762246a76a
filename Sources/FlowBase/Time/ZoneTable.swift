/// The offsets of a zone over all time, as a sorted table: asked for every row, it must not cost a call of a calendar.
package struct ZoneTable: Sendable, Equatable {
  /// From when on an offset holds.
  package struct Change: Sendable, Equatable {
    /// Seconds since 1970; `Int64.min` for the first.
    package var start: Int64
    /// Seconds east of UTC.
    package var offset: Int64
    /// Daylight-saving time, as the source says.
    package var isDaylight: Bool

    package init(start: Int64, offset: Int64, isDaylight: Bool) {
      self.start = start
      self.offset = offset
      self.isDaylight = isDaylight
    }
  }

  /// The Gregorian calendar repeats after 400 years, weekdays included.
  static let cycleSeconds: Int64 = 146_097 * 86_400

  /// In order of time; never empty, and the first holds from ever.
  package let changes: [Change]
  /// From here on the table repeats with the calendar: it holds one whole cycle after this. nil: the last change holds for good.
  private let cycleStart: Int64?

  /// - Precondition: `changes` is in order of time and its first holds from ever.
  package init(_ changes: [Change], cycleStart: Int64? = nil) {
    precondition(changes.first?.start == .min, "a zone has an offset before its first change")
    self.changes = changes
    self.cycleStart = cycleStart
  }

  package init(fixed offset: Int64) { self.init([Change(start: .min, offset: offset, isDaylight: false)]) }

  /// What holds at an instant, seconds since 1970.
  package func change(at instant: Int64) -> Change {
    let instant = withinTable(instant)
    var low = 0
    var high = changes.count
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if changes[middle].start <= instant { low = middle } else { high = middle }
    }
    return changes[low]
  }

  private func withinTable(_ instant: Int64) -> Int64 {
    guard let cycleStart, instant >= cycleStart + ZoneTable.cycleSeconds else { return instant }
    // By remainders: the way from a start before 1970 to the last instant is longer than 64 bits hold.
    let cycle = ZoneTable.cycleSeconds
    let phase = instant.floored(by: cycle).remainder - cycleStart.floored(by: cycle).remainder
    return cycleStart + (phase < 0 ? phase + cycle : phase)
  }
}
