import FlowCore

/// The minutes that rows cover, collected in order of time.
package struct CoveredMinutes: Sendable {
  /// Seconds since 1970, on whole minutes; in order, none touches another.
  package private(set) var ranges: [Range<Int64>] = []

  package init() {}

  /// Adds a row that begins no earlier than those before it.
  /// - Parameter seconds: its length. No sleep stage exceeds a day; without a length a row counts for its minute.
  package mutating func add(_ instant: Int64, seconds: Int64 = 1) {
    let start = instant.flooredDivision(by: 60) * 60
    let end = (instant + min(max(seconds, 1), 86_400) + 59).flooredDivision(by: 60) * 60
    guard let last = ranges.last, start <= last.upperBound else { return ranges.append(start..<end) }
    if end > last.upperBound { ranges[ranges.count - 1] = last.lowerBound..<end }
  }
}
