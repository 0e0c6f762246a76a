import FlowCore

/// A database that holds the tables and the ledger.
///
/// Every write is one transaction, all writers go one after the other, readers run beside them. Any method may be called from any
/// task; none blocks a worker. Failures throw `ProcessorError` (`database`, `disk`) or, where nothing can be written at all, `StopRun`.
package protocol RecordStore: Service {
  /// Creates what is missing of the tables and adds new columns. Throws `Diagnostics` where a kind or a key differs.
  func prepare(tables: [TableSchema]) async throws
  /// A fact that a database must always agree on (`detail`, the kind of provider): recorded the first time, compared ever after.
  /// Throws a `Diagnostic` on a difference.
  func agree(on name: String, value: String) async throws

  /// Ledger rows of a participant, ordered by data type and start; all of them, or those of the data types given.
  /// - Parameter instant: seconds since 1970; only rows that end later. nil: from the beginning.
  func ledger(of participant: String, dataTypes: [String]?, endingAfter instant: Int64?) async throws -> [LedgerSlice]
  /// The earliest instant (seconds since 1970), from `enrolled` to `latestSync`, that is not yet `written` or `provisional` in every
  /// data type that the ledger knows of the participant; `enrolled` if it knows none.
  func earliestUncovered(participant: String, from enrolled: Int64, latestSync: Int64) async throws -> Int64
  /// Writes ledger rows that carry no data (`deferred`, `failed`). A row that is `written` or `provisional` and covers the same
  /// slice is left as it is; rows without data inside the slice are replaced.
  func record(_ slices: [LedgerSlice]) async throws
  /// Compares a slice's rows with the table. Reads only.
  func compare(_ batch: RecordBatch, of participant: String, in table: TableSchema, slice: SliceKey?) async throws -> RecordComparison
  /// Rows and ledger row in one transaction; several slices may share a commit, each atomic for itself. Results in the same order.
  func write(_ writes: [SliceWrite]) async throws -> [Result<SliceWriteResult, ProcessorError>]
}

extension RecordStore {
  package func ledger(of participant: String, dataTypes: [String]?) async throws -> [LedgerSlice] {
    try await ledger(of: participant, dataTypes: dataTypes, endingAfter: nil)
  }

  package func earliestUncovered(participant: String, from enrolled: Int64, latestSync: Int64) async throws -> Int64 {
    LedgerSlice.earliestUncovered(
      in: try await ledger(of: participant, dataTypes: nil), from: enrolled, latestSync: latestSync)
  }
}

package enum SliceState: String, Sendable {
  case written, provisional, deferred, failed
}

package struct SliceKey: Hashable, Sendable {
  package var participant: String
  package var dataType: String
  /// Seconds since 1970; half-open `[start, end)`.
  package var start: Int64
  package var end: Int64

  package init(participant: String, dataType: String, start: Int64, end: Int64) {
    self.participant = participant
    self.dataType = dataType
    self.start = start
    self.end = end
  }
}

/// A row of the ledger (table `slice`).
package struct LedgerSlice: Hashable, Sendable {
  package var key: SliceKey
  package var state: SliceState
  /// Rows of this slice now in the table.
  package var rows: Int = 0
  /// When the answer was fetched; nil if never answered.
  package var fetchedAt: Instant?
  package var run: String
  package var flowFile: String?
  /// SHA-256 (hex) of the response's bytes.
  package var sha256: String?
  /// Rows that an earlier answer had and the last one lacks; they stay.
  package var vanished: Int = 0
  /// The participant's latest sync when this slice was asked, seconds since 1970.
  package var latestSync: Int64?
  /// Why it is `deferred` or `failed`.
  package var cause: Cause?
  package var provider: String?
  package var flowSHA256: String?
  /// IANA name of the zone in which the slice was cut; a day keeps its date when the participant moves.
  package var zone: String?
  /// Scopes that the consent lacked when the slice was asked: what they feed is not in its rows.
  package var lackingScopes: [String] = []

  package init(key: SliceKey, state: SliceState, run: String) {
    self.key = key
    self.state = state
    self.run = run
  }
}

extension LedgerSlice {
  /// The earliest instant from `enrolled` to `latestSync` that is not `written` or `provisional` in every data type of `slices`, which
  /// are one participant's, ordered by start within each data type. `enrolled` if there is no data type.
  package static func earliestUncovered(in slices: [LedgerSlice], from enrolled: Int64, latestSync: Int64) -> Int64 {
    var covered: [String: Int64] = [:]
    for slice in slices {
      let end = covered[slice.key.dataType, default: enrolled]
      let hasData = slice.state == .written || slice.state == .provisional
      covered[slice.key.dataType] = hasData && slice.key.start <= end ? max(end, slice.key.end) : end
    }
    return min(covered.values.min() ?? enrolled, max(latestSync, enrolled))
  }
}

/// One slice's rows and its ledger row.
package struct SliceWrite: Sendable {
  package var table: TableSchema
  package var participant: String
  package var batch: RecordBatch
  /// nil: rows only, no ledger.
  package var ledger: LedgerSlice?
  /// nil: the rows are merged by their keys, and what the batch lacks stays.
  package var replacement: SliceReplacement?

  package init(
    table: TableSchema, participant: String, batch: RecordBatch, ledger: LedgerSlice?, replacement: SliceReplacement? = nil
  ) {
    self.table = table
    self.participant = participant
    self.batch = batch
    self.ledger = ledger
    self.replacement = replacement
  }
}

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
  package var vanished = 0
  /// Rows deleted because the batch replaces them.
  package var replaced = 0
  /// Rows of the batch left out because a later row of it has the same key.
  package var repeated = 0
  /// The ledger knows a later answer: nothing was written.
  package var isStale = false
  package init() {}
}

package enum RecordComparison: String, Sendable {
  /// A key's values differ, or a key of the table is missing in the batch.
  case changed
  /// At least one key is new and none differs.
  case distinct
  /// Every key is there with the same values.
  case duplicate
}
