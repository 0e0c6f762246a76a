import FlowCore

/// The rows of one slice and its ledger row.
package struct SliceWrite: Sendable {
  package var table: TableSchema
  package var participant: String
  package var batch: RecordBatch
  /// nil to write rows without a ledger row.
  package var ledger: LedgerSlice?
  /// nil to merge rows by key and keep rows that the batch lacks.
  package var replacement: SliceReplacement?
  /// The result of `compare` for the same batch. The store applies it if nothing it depends on has changed since, and
  /// compares again otherwise.
  package var finding: (any RowFinding)?

  package init(
    table: TableSchema, participant: String, batch: RecordBatch, ledger: LedgerSlice?, replacement: SliceReplacement? = nil,
    finding: (any RowFinding)? = nil
  ) {
    self.table = table
    self.participant = participant
    self.batch = batch
    self.ledger = ledger
    self.replacement = replacement
    self.finding = finding
  }
}

/// The result of comparing a batch with a table. Opaque except to the store that made it.
package protocol RowFinding: FlowFileFinding {}

/// The participant's rows that a batch replaces as a whole: rows missing from the batch are deleted. Used for
/// intervals, whose durations add up.
package struct SliceReplacement: Sendable, Equatable {
  /// The values, by column, that all rows of the slice share: such rows are deleted if the batch lacks them, unless it
  /// is unfinished. Empty to select none by value.
  package var values: [String: String]
  /// The batch is incomplete: rows that it does not name are kept.
  package var isUnfinished: Bool
  /// Columns that identify an interval: table rows that agree with a batch row in all of them are parts of that
  /// interval. Empty for none.
  package var intervals: [String]

  package init(values: [String: String], intervals: [String] = [], isUnfinished: Bool = false) {
    self.values = values
    self.isUnfinished = isUnfinished
    self.intervals = intervals
  }
}

package struct SliceWriteResult: Sendable, Equatable {
  package var inserted = 0
  package var updated = 0
  package var unchanged = 0
  /// Table rows that the answer lacks.
  package var missing = 0
  /// Rows deleted because the batch replaces them.
  package var replaced = 0
  /// Batch rows dropped because a later row has the same key.
  package var repeated = 0
  /// The ledger has a newer answer; nothing was written.
  package var isStale = false
  /// Whether the write compared the rows itself: it came without a finding, or the finding was no longer valid.
  package var wasCompared = true

  package init() {}
}

/// The result of comparing a batch with the rows of the table.
package struct RecordComparison: Sendable {
  package enum Verdict: String, Sendable {
    /// A key has different values, or the batch lacks a key of the table.
    case changed
    /// At least one key is new and none has different values.
    case distinct
    /// Every key is in the table with the same values.
    case duplicate
  }
  package var verdict: Verdict
  /// Pass it to the write of the same batch; nil if the store has to compare again.
  package var finding: (any RowFinding)?

  package init(_ verdict: Verdict, finding: (any RowFinding)? = nil) {
    self.verdict = verdict
    self.finding = finding
  }
}
