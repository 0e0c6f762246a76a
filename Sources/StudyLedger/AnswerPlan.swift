import FlowCore
import StudyModel

/// What an answer may write, given what the ledger has for its time: it takes the place of older answers, and yields to newer ones.
package struct AnswerPlan: Sendable {
  /// A stretch of the answer's time that no newer answer has.
  package struct Part: Sendable {
    /// The answer's ledger row for this stretch; its counts are the store's to fill in.
    package var slice: LedgerSlice
    /// What becomes of the ledger's older rows when the part takes its place among them.
    package let room: LedgerChange
    /// Rows that older answers for slices inside the part gave: what an empty answer lacks where dates are not known.
    package let earlierRows: Int
  }

  /// In order of time; none: the answer is stale.
  package let parts: [Part]
  /// The answer is not cut by a newer one.
  package let isWhole: Bool
  package var isStale: Bool { parts.isEmpty }

  /// - Parameters:
  ///   - known: the ledger's rows that overlap the answer's time.
  ///   - isDivisible: its rows can be told apart by time; otherwise it is written as a whole or not at all.
  package init(_ answer: LedgerSlice, over known: [LedgerSlice], isDivisible: Bool) {
    let newer = known.filter { $0.isNewer(than: answer) }
    let older = known.filter { !$0.isNewer(than: answer) }
    isWhole = newer.isEmpty
    guard newer.isEmpty || isDivisible else {
      parts = []
      return
    }
    parts = answer.window.subtracting(newer.map(\.window)).map { window in
      let inside = older.filter { $0.state.isAnswered && window.contains($0.key.start) && $0.key.end <= window.upperBound }
      return Part(
        slice: answer.cut(to: window), room: LedgerChange(room: window, among: older), earlierRows: inside.reduce(0) { $0 + $1.rows })
    }
  }
}

extension LedgerSlice {
  /// Its answer was fetched after the other's. A later sync goes before the time of day: the machine's clock may have been put back.
  package func isNewer(than other: LedgerSlice) -> Bool {
    guard state.isAnswered else { return false }
    if let latestSync, let otherSync = other.latestSync, latestSync != otherSync { return latestSync > otherSync }
    guard let fetchedAt, let otherFetchedAt = other.fetchedAt else { return false }
    return fetchedAt > otherFetchedAt
  }

  package func cut(to window: Range<Int64>) -> LedgerSlice {
    var part = self
    part.key.start = window.lowerBound
    part.key.end = window.upperBound
    return part
  }
}
