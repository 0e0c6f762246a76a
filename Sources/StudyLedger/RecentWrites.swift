/// Remembers where rows were written lately, so that a finding that still holds can be told from one that does not.
///
/// It knows the writes of one process. What other processes do is told by the ledger.
package struct RecentWrites: Sendable {
  private struct Write: Sendable {
    var participant: String
    /// nil: every table.
    var table: String?
    var span: SliceRows.Span
  }

  /// How many writes are remembered; a finding older than that holds no more.
  private let limit: Int
  private var writes: [Write] = []
  /// The place in `writes` of the oldest.
  private var oldest = 0
  /// How many writes there have been: what a finding was made after.
  package private(set) var count = 0

  package init(limit: Int = 1024) {
    precondition(limit > 0, "at least one write is remembered")
    self.limit = limit
  }

  /// - Parameter table: nil: every table of the participant.
  package mutating func note(_ participant: String, _ table: String?, _ span: SliceRows.Span) {
    count += 1
    let write = Write(participant: participant, table: table, span: span)
    guard writes.count == limit else { return writes.append(write) }
    writes[oldest] = write
    oldest = (oldest + 1) % limit
  }

  /// Nothing was written there since `count` was `mark`.
  package func isUntouched(_ participant: String, _ table: String, _ span: SliceRows.Span, since mark: Int) -> Bool {
    let later = count - mark
    guard later <= writes.count else { return false }
    return (writes.count - later..<writes.count).allSatisfy { age in
      let write = writes[(oldest + age) % writes.count]
      return write.participant != participant || (write.table ?? table) != table || !write.span.overlaps(span)
    }
  }
}
