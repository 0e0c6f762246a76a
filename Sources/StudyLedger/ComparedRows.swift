import FlowCore
import StudyModel

/// A batch compared with a table for one slice, and what the comparison rests on.
package struct ComparedRows: RowFinding {
  package let order: RowOrder
  package let diff: RowDiff
  private let participant: String
  private let table: String
  private let columns: [String]
  private let rowCount: Int
  private let slice: SliceKey
  /// The rows of the table that were walked.
  private let span: SliceRows.Span
  /// The ledger's rows that overlapped the slice.
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

  /// Whether the comparison is of this write, and nothing has been written since that could make another one come out differently.
  /// - Parameter known: the ledger's rows that overlap the slice now: they differ where another process has written.
  package func holds(for write: SliceWrite, over known: [LedgerSlice], _ writes: RecentWrites) -> Bool {
    write.participant == participant && write.table.name == table && write.ledger?.key == slice && write.replacement == nil
      && write.batch.count == rowCount && write.batch.columns.map(\.name) == columns && known == ledger
      && writes.isUntouched(participant, table, span, since: mark)
  }

  package var sizeBytes: Int { diff.sizeBytes }
}
