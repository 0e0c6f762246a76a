import FlowCore
import StudyModel

/// What an answer may write, given the ledger rows for its time: it supersedes older answers and yields to newer ones.
package struct AnswerPlan: Sendable {
  /// A stretch of the answer's time that no newer answer covers.
  package struct Part: Sendable {
    /// The answer's ledger row for this stretch; the store fills in its counts.
    package var slice: LedgerSlice
    /// How the older ledger rows change when the part takes its place among them.
    package let room: LedgerChange
    /// Rows that older answers for slices inside this part produced: the number of rows an empty answer lacks when its
    /// dates are unknown.
    package let earlierRows: Int
  }

  /// Ordered by time; empty if the answer is stale.
  package let parts: [Part]
  /// No newer answer cuts into this one.
  package let isWhole: Bool
  package var isStale: Bool { parts.isEmpty }

  /// - Parameters:
  ///   - known: the ledger's rows that overlap the answer's time.
  ///   - isDivisible: whether its rows can be separated by time; otherwise it is written whole or not at all.
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
  package func cut(to window: Range<Int64>) -> LedgerSlice {
    var part = self
    part.key.start = window.lowerBound
    part.key.end = window.upperBound
    return part
  }
}
