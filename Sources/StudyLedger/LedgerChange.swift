import FlowCore
import StudyModel

/// Rows that leave the ledger of one participant and data type, and rows that come in: removed ones first, so that none overlaps another.
package struct LedgerChange: Sendable, Equatable {
  package private(set) var removed: [SliceKey] = []
  /// What is left of removed rows. Those that are answered still count the rows of the whole: count again in their window where that is possible.
  package private(set) var remainders: [LedgerSlice] = []
  package private(set) var added: [LedgerSlice] = []

  /// Takes `window` out of the rows that overlap it: those inside it go, those that reach beyond it keep what lies outside.
  package init(room window: Range<Int64>, among rows: [LedgerSlice]) { makeRoom(for: window, among: rows) }

  /// Notes a slice that has no data, wherever no data are known.
  /// - Parameter known: the rows that overlap it.
  package init(noting slice: LedgerSlice, among known: [LedgerSlice]) {
    precondition(!slice.state.isAnswered, "an answer comes with its rows")
    let unanswered = known.filter { !$0.state.isAnswered }
    for window in slice.window.subtracting(known.filter(\.state.isAnswered).map(\.window)) {
      makeRoom(for: window, among: unanswered)
      added.append(slice.cut(to: window))
    }
  }

  private mutating func makeRoom(for window: Range<Int64>, among rows: [LedgerSlice]) {
    for row in rows where row.window.overlaps(window) {
      removed.append(row.key)
      remainders += row.window.subtracting([window]).map(row.cut(to:))
    }
  }
}

extension Range<Int64> {
  /// What is left of the range without the others, in order.
  package func subtracting(_ others: [Range<Int64>]) -> [Range<Int64>] {
    var rest: [Range<Int64>] = []
    var start = lowerBound
    for other in others.sorted(by: { $0.lowerBound < $1.lowerBound }) where other.overlaps(self) {
      if other.lowerBound > start { rest.append(start..<other.lowerBound) }
      start = Swift.max(start, other.upperBound)
    }
    if start < upperBound { rest.append(start..<upperBound) }
    return rest
  }
}

extension LedgerSlice {
  /// Marks the slice to be asked again by the next run, as `RecordStore.recollect` says.
  package mutating func recollect() {
    cause = nil
    guard state.isAnswered else { return state = .deferred }
    state = .provisional
    latestSync = nil
  }
}

extension LedgerProgress {
  /// Takes the next row of a data type, in order of time. Returns whether a later one may reach further.
  @discardableResult
  package mutating func add(_ dataType: String, _ window: Range<Int64>, isAnswered: Bool, from start: Int64) -> Bool {
    let covered = reached[dataType, default: start]
    let goesOn = window.lowerBound <= covered
    reached[dataType] = isAnswered && goesOn ? max(covered, window.upperBound) : covered
    return goesOn && (isAnswered || window.upperBound <= start)
  }
}
