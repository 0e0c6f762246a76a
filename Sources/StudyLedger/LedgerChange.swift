import FlowCore
import StudyModel

/// Rows removed from and added to the ledger of one participant and data type. Removals are applied first, so that no
/// two rows ever overlap.
package struct LedgerChange: Sendable, Equatable {
  package private(set) var removed: [SliceKey] = []
  /// The remnants of removed rows. A remnant of an answered row still carries the count of the whole row: recount it in
  /// its window where possible.
  package private(set) var remainders: [LedgerSlice] = []
  package private(set) var added: [LedgerSlice] = []

  /// Clears `window`: rows inside it are removed, rows that extend beyond it keep the part outside.
  package init(room window: Range<Int64>, among rows: [LedgerSlice]) { makeRoom(for: window, among: rows) }

  /// Records a slice that has no data, except where data is already present.
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

extension LedgerSlice {
  /// Marks the slice for collection by the next run; see `RecordStore.recollect`.
  package mutating func recollect() {
    cause = nil
    guard state.isAnswered else { return state = .deferred }
    state = .provisional
    latestSync = nil
  }
}

extension LedgerProgress {
  /// Adds the next row of a data type, in order of time. Returns whether a later row could extend the progress.
  @discardableResult
  package mutating func add(_ dataType: String, _ window: Range<Int64>, isAnswered: Bool, from start: Int64) -> Bool {
    let covered = reached[dataType, default: start]
    let goesOn = window.lowerBound <= covered
    reached[dataType] = isAnswered && goesOn ? max(covered, window.upperBound) : covered
    return goesOn && (isAnswered || window.upperBound <= start)
  }
}
