import FlowCore
import StudyModel

/// The answered time without rows that the provider has lost: local days without a row whose total is above 0, and
/// minutes the tracker had already discarded when it synced. A day with total 0 was not worn, however late it was
/// synced.
struct LostTime {
  /// Ordered, without overlap.
  private let ranges: [Range<Int64>]

  init(_ request: CoverageRequest, present: [Range<Int64>]) {
    let empty = request.dayTotals.filter { !present.touch($0.start..<$0.end) }
    let byTotal = empty.filter { ($0.total ?? 0) > 0 && request.isAnswered($0.start..<$0.end) }.map { $0.start..<$0.end }
    // A single row proves that the tracker synced in between, so that no loss can be inferred.
    let expiredOnDevice = request.expiredOnDevice.compactMap(\.wholeMinutes).filter { !present.touch($0) }
    let unworn = empty.filter { $0.total == 0 }.map { $0.start..<$0.end }
    ranges = (byTotal + expiredOnDevice.flatMap { $0.without(unworn) }).sorted { $0.lowerBound < $1.lowerBound }.joined()
  }

  /// Cuts a range at the bounds of lost time.
  func cut(_ range: Range<Int64>) -> [(Range<Int64>, isLost: Bool)] {
    var parts: [(Range<Int64>, isLost: Bool)] = []
    var from = range.lowerBound
    for lost in ranges where lost.overlaps(range) {
      if from < lost.lowerBound { parts.append((from..<lost.lowerBound, false)) }
      let end = min(lost.upperBound, range.upperBound)
      parts.append((max(from, lost.lowerBound)..<end, true))
      from = end
    }
    if from < range.upperBound { parts.append((from..<range.upperBound, false)) }
    return parts
  }
}

extension CoverageRequest {
  /// Whether the provider has answered the whole range; only then does a total contradict an empty answer.
  fileprivate func isAnswered(_ range: Range<Int64>) -> Bool {
    var reached = range.lowerBound
    for row in ledger where row.state.isAnswered && row.key.start <= reached { reached = max(reached, row.key.end) }
    return reached >= range.upperBound
  }
}

extension [Range<Int64>] {
  /// Whether one of the ranges, ordered and without overlap, overlaps `other`.
  fileprivate func touch(_ other: Range<Int64>) -> Bool {
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = low + (high - low) / 2
      if self[middle].upperBound <= other.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low < endIndex && self[low].overlaps(other)
  }

  /// Merges overlapping ranges.
  fileprivate func joined() -> [Range<Int64>] {
    reduce(into: []) { joined, range in
      guard let last = joined.last, range.lowerBound <= last.upperBound else {
        joined.append(range)
        return
      }
      joined[joined.count - 1] = last.lowerBound..<Swift.max(last.upperBound, range.upperBound)
    }
  }
}

extension Range<Int64> {
  /// The complete minutes within the range, because the minute of a sync arrives in part; nil if there are none.
  fileprivate var wholeMinutes: Range<Int64>? {
    let start = (lowerBound + 59).flooredDivision(by: 60) * 60
    let end = upperBound.flooredDivision(by: 60) * 60
    return start < end ? start..<end : nil
  }

  /// The range without the others, which are ordered.
  fileprivate func without(_ others: [Range<Int64>]) -> [Range<Int64>] {
    var rest: [Range<Int64>] = []
    var from = lowerBound
    for other in others where other.overlaps(self) {
      if from < other.lowerBound { rest.append(from..<other.lowerBound) }
      from = Swift.max(from, other.upperBound)
    }
    if from < upperBound { rest.append(from..<upperBound) }
    return rest
  }
}
