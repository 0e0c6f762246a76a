import FlowCore

/// One slice's rows and its ledger row.
package struct SliceWrite: Sendable {
  package var table: TableSchema
  package var participant: String
  package var batch: RecordBatch
  /// nil: rows only, no ledger.
  package var ledger: LedgerSlice?
  /// nil: the rows are merged by their keys, and what the batch lacks stays.
  package var replacement: SliceReplacement?
  /// What `compare` found of the same batch: the store applies it if nothing that it rests on has changed since, and compares again
  /// otherwise.
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

/// What a store found when it compared a batch with a table. Only the store that made it can read it.
package protocol RowFinding: FlowFileFinding {}

/// Which of the participant's rows a batch replaces as a whole: those that it lacks are deleted. For intervals, whose durations add up.
package struct SliceReplacement: Sendable, Equatable {
  /// The rows of the slice hold all these values, by column: those that the batch lacks are deleted, unless it is unfinished. Empty: none by value.
  package var values: [String: String]
  /// The batch lacks what it will have: what it does not name stays.
  package var isUnfinished: Bool
  /// Rows that agree with a row of the batch in these columns: parts of an interval that the batch has. Empty: none.
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
  /// Rows of the table that the answer lacks.
  package var missing = 0
  /// Rows deleted because the batch replaces them.
  package var replaced = 0
  /// Rows of the batch left out because a later row of it has the same key.
  package var repeated = 0
  /// The ledger knows a later answer: nothing was written.
  package var isStale = false
  /// The rows were compared with the table for this write: no finding came with it, or it did not hold any more.
  package var wasCompared = true

  package init() {}
}

/// How a batch stands to the rows that the table has.
package struct RecordComparison: Sendable {
  package enum Verdict: String, Sendable {
    /// A key's values differ, or a key of the table is missing in the batch.
    case changed
    /// At least one key is new and none differs.
    case distinct
    /// Every key is there with the same values.
    case duplicate
  }
  package var verdict: Verdict
  /// For the write of the same batch; nil: the store compares again.
  package var finding: (any RowFinding)?

  package init(_ verdict: Verdict, finding: (any RowFinding)? = nil) {
    self.verdict = verdict
    self.finding = finding
  }
}
