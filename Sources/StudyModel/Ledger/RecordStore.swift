import FlowCore

/// Holds a study's tables and the ledger that says, for each participant and data type, which time has been asked for and what came of it.
///
/// - **Shape.** A table of records belongs to participants: each row is one participant's, identified among those by the table's key. The
///   ledger has one row for each participant, data type and slice; slices of one participant and data type never overlap.
/// - **Life.** Making the value touches nothing, so that commands can ask `location` or a `reader` of a store that nobody has made yet.
///   `prepare()` opens or creates it, `prepare(tables:)` and `agree` follow, `close()` ends it; after that only `prepare()` may be called.
/// - **Threads.** Any method may be called from any task; none blocks a worker. Writes go one after the other, reads run beside them and
///   see one moment each. Several processes may share a store.
/// - **Failures.** A call throws `ProcessorError` (`database`, `disk`, `bad_data`, `internal`), or `StopRun` where the store cannot be used
///   at all; `prepare(tables:)` and `agree` throw `Diagnostic` or `Diagnostics`. A call that throws has written nothing, unless it says otherwise.
///   Whatever returns has been made durable.
/// - **Rules.** What an answer does to ledger and rows is decided by the values of the module StudyLedger (`AnswerPlan`, `LedgerChange`,
///   `RowDiff`, `ReplacementPlan`), the same for every store. `StoreConformance` holds a store to all of this.
package protocol RecordStore: Service {
  /// The store as the flow file names it, for messages and reports.
  var location: String { get }
  /// A path on this machine's disks that the store's data grow under; nil: they lie elsewhere.
  var localPath: String? { get }

  /// Creates what is missing of the tables and adds new columns. Throws `Diagnostics` where a kind or a key differs, before anything is changed.
  func prepare(tables: [TableSchema]) async throws
  /// A fact that a store must always agree on (`detail`, the kind of provider): recorded the first time, compared ever after.
  /// Throws a `Diagnostic` on a difference.
  func agree(on name: String, value: String) async throws
  /// From now on nothing waits longer than a moment for a lock that another process holds: somebody wants the program to end.
  func cutWaitsShort()

  /// Ledger rows of a participant, ordered by data type and start; all of them, or those of the data types given.
  /// - Parameter instant: seconds since 1970; only rows that end later. nil: from the beginning. The cost does not grow with what ended before.
  func ledger(of participant: String, dataTypes: [String]?, endingAfter instant: Int64?) async throws -> [LedgerSlice]
  /// The ledger of data types as planning needs it: as `ledger`, but neighbouring slices that are settled are one row, `written`, which has of
  /// its members only the key and the latest of their syncs. Settled is what is `written`, lacked no scope, and was asked with a sync not later
  /// than `latest`. Nothing is kept of a settled slice: years behind it cost a walk over their keys.
  func outline(of participant: String, dataTypes: [String], settledBy latest: Int64) async throws -> [LedgerSlice]
  /// How far a participant is collected. The cost grows with what lies after `start`, not with what lies before.
  func progress(of participant: String, from start: Int64) async throws -> LedgerProgress
  /// Writes ledger rows that carry no data (`deferred`, `failed`). A row that is `written` or `provisional` and covers the same
  /// slice is left as it is; rows without data inside the slice are replaced.
  func record(_ slices: [LedgerSlice]) async throws
  /// Has slices asked again by the next run; how many were there to be marked. Those that failed become `deferred`. Those that have rows keep
  /// them and become `provisional` as of no sync: provisional is what is asked again once the latest sync is another one than the answer's.
  func recollect(_ slices: [SliceKey]) async throws -> Int

  /// Compares a slice's rows with the table. Reads only.
  func compare(_ batch: RecordBatch, of participant: String, in table: TableSchema, slice: SliceKey?) async throws -> RecordComparison
  /// Rows and ledger row in one transaction; several slices may share a commit, each atomic for itself. Results in the same order.
  /// A failure of the transaction as a whole is the result of each.
  func write(_ writes: [SliceWrite]) async throws -> [Result<SliceWriteResult, ProcessorError>]

  /// Erases a participant: ledger, rows of every table, and what stands for its name. What is deleted cannot be restored from the store.
  ///
  /// The ledger goes first: broken off at any moment, nothing is ever left that claims rows which are gone, and repeating it erases the rest.
  /// Nobody may collect the participant meanwhile.
  func erase(participant: String) async throws -> Erasure

  /// Opens the store for those who only look; nil: there is none yet. `prepare()` need not have been called, nothing is made or written,
  /// and a run may go on writing meanwhile. Throws `StopRun` (`unavailable`) for one that cannot be read.
  func reader() async throws -> (any RecordReader)?
}

/// Where answered slices can be looked up.
package protocol AnswerLookup: Sendable {
  /// The participant's answered slices that overlap `window` (seconds since 1970), ordered by start within each data type. The cost does not
  /// grow with what lies outside the window.
  func answers(of participant: String, dataTypes: [String], window: Range<Int64>) async throws -> [LedgerSlice]
}

/// A store as seen by those who only look. Each call sees one moment. Close it after use.
package protocol RecordReader: AnswerLookup {
  func identity() async throws -> StoreIdentity
  /// What the store remembers of earlier runs. Walks the whole ledger.
  func history() async throws -> StoreHistory
  /// The participants that the store knows, sorted.
  func participants() async throws -> [String]
  /// The participant's whole ledger, in order of data type and start.
  func ledger(of participant: String) async throws -> [LedgerSlice]
  /// Everything that coverage asks of one participant, as of one moment.
  func records(of participant: String, _ wanted: WantedRecords) async throws -> ParticipantRecords
  /// Columns without a value in any row of a table that has rows: often a path in the flow that leads nowhere.
  func emptyColumns(of tables: [TableSchema]) async throws -> [TableColumn]
  /// The participant's rows in the order of the table's key; without rows where the store does not have the table.
  func rows(of participant: String, in table: TableSchema) async throws -> RecordBatch
  func close() async throws
}

extension RecordStore {
  package func ledger(of participant: String, dataTypes: [String]?) async throws -> [LedgerSlice] {
    try await ledger(of: participant, dataTypes: dataTypes, endingAfter: nil)
  }

  /// Opens the store for one look; nil where there is none yet.
  package func reading<Result: Sendable>(_ body: (any RecordReader) async throws -> Result) async throws -> Result? {
    guard let reader = try await reader() else { return nil }
    return try await withClosing {
      try await body(reader)
    } close: {
      try await reader.close()
    }
  }

  /// Opens the store for one change, outside a run.
  package func opened<Result: Sendable>(_ body: (Self) async throws -> Result) async throws -> Result {
    try await prepare()
    return try await withClosing {
      try await body(self)
    } close: {
      try await close()
    }
  }
}

/// Who a store is.
package struct StoreIdentity: Sendable, Equatable {
  /// Random, made with the store. nil: made by an earlier version and not written to since.
  package var id: String?
  /// It holds simulated participants.
  package var isSimulated: Bool

  package init(id: String?, isSimulated: Bool) {
    self.id = id
    self.isSimulated = isSimulated
  }
}

package struct StoreHistory: Sendable, Equatable {
  /// Every run that the ledger names.
  package var runs: Set<String>
  package var participants: Set<String>

  package init(runs: Set<String>, participants: Set<String>) {
    self.runs = runs
    self.participants = participants
  }
}

/// What was erased of a participant.
package struct Erasure: Sendable, Equatable {
  /// Rows by table, tables of records only; none that had no row.
  package var rows: [String: Int] = [:]
  /// Rows of the ledger.
  package var slices = 0

  package init() {}
}

/// What to read of a participant beside the ledger. Tables and columns that the store does not have are left out.
package struct WantedRecords: Sendable {
  /// Tables by instant: which minutes have rows.
  package var minutes: [TableColumn] = []
  /// Tables of intervals: which minutes they cover, by the column that has the seconds.
  package var intervals: [(column: TableColumn, seconds: String)] = []
  /// Tables by date: which dates have rows.
  package var dates: [TableColumn] = []
  /// Columns of tables by date, with the table's date column: their sums by date.
  package var totals: [(column: TableColumn, date: String)] = []

  package init() {}
}

package struct ParticipantRecords: Sendable {
  /// In order of data type and start.
  package var ledger: [LedgerSlice] = []
  /// By table: minutes that have a row or lie in an interval, as ranges of seconds since 1970 in order, without overlap.
  package var minutes: [String: [Range<Int64>]] = [:]
  /// By table.
  package var dates: [String: Set<CivilDate>] = [:]
  /// Sums that are known, by date.
  package var totals: [TableColumn: [CivilDate: Double]] = [:]

  package init() {}
}
