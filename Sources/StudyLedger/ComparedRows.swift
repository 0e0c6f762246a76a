import FlowCore
import StudyModel

/// The result of comparing a batch with a table for one slice, and the state it was computed from.
package struct ComparedRows: RowFinding {
  package let order: RowOrder
  package let diff: RowDiff
  private let participant: String
  private let table: String
  private let columns: [String]
  private let rowCount: Int
  private let slice: SliceKey
  /// The rows of the table that the comparison visited.
  private let span: SliceRows.Span
  /// The ledger rows that overlapped the slice.
  private let ledger: [LedgerSlice]
  /// `RecentWrites.count` before the comparison.
  private let mark: Int

  package init(
    _ batch: RecordBatch, _ order: RowOrder, _ diff: RowDiff, of participant: String, in table: String, slice: SliceKey, span: SliceRows.Span,
    ledger: [LedgerSlice], mark: Int
  ) {
    self.order = order
    self.diff = diff
    self.participant = participant
    self.table = table
    columns = batch.columns.map(\.name)
    rowCount = batch.count
    self.slice = slice
    self.span = span
    self.ledger = ledger
    self.mark = mark
  }

  /// Whether the result applies to this write, and nothing written since could change it.
  /// - Parameters:
  ///   - known: the ledger rows that overlap the slice now.
  ///   - writes: must include every write so far, those of other connections too (`RecentWrites.noteOthers`).
  package func holds(for write: SliceWrite, over known: [LedgerSlice], _ writes: RecentWrites) -> Bool {
    write.participant == participant && write.table.name == table && write.ledger?.key == slice && write.replacement == nil
      && write.batch.count == rowCount && write.batch.columns.map(\.name) == columns && known == ledger
      && writes.isUntouched(participant, table, span, since: mark)
  }

  package var sizeBytes: Int { diff.sizeBytes }
}
