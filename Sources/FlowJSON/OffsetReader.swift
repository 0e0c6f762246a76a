import FlowCore

/// Caches a zone's offsets: at most two lookups per UTC day in which the offset does not change.
///
/// Assumes that a zone changes at most once within a UTC day, which is true for every zone of the time zone database
/// since 1970.
struct OffsetReader {
  private static let day: Int64 = 86_400

  private let utcOffset: @Sendable (Int64) -> Int32
  /// The range in which `offset` applies.
  private var known: Range<Int64> = 0..<0
  private var offset: Int64 = 0

  init(_ utcOffset: @escaping @Sendable (Int64) -> Int32) { self.utcOffset = utcOffset }

  /// Seconds east of UTC.
  @inline(__always)
  mutating func offset(at instant: Int64) -> Int64 {
    if !known.contains(instant) { learn(instant) }
    return offset
  }

  private mutating func learn(_ instant: Int64) {
    let start = instant.flooredDivision(by: Self.day) * Self.day
    let end = start + Self.day
    let before = utcOffset(start)
    let after = utcOffset(end)
    let change = before == after ? end : firstChange(from: start, to: end, before)
    known = instant < change ? start..<change : change..<end
    offset = Int64(instant < change ? before : after)
  }

  /// The first second with another offset, by binary search.
  private func firstChange(from start: Int64, to end: Int64, _ before: Int32) -> Int64 {
    var low = start
    var high = end
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if utcOffset(middle) == before { low = middle } else { high = middle }
    }
    return high
  }
}
