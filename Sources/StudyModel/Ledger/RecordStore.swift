import FlowCore

/// Holds a study's tables, and the ledger: for each participant and data type, what has been requested and with what
/// result.
///
/// - **Shape.** Each row of a record table belongs to one participant and is identified among that participant's rows
///   by the table's key. The ledger has one row for each participant, data type and slice; slices of one participant
///   and data type never overlap.
/// - **Lifecycle.** Creating the value touches nothing, so that commands can read `location` or open a `reader` before
///   the store exists. `prepare()` opens or creates the store, then `prepare(tables:)` and `agree` are called; after
///   `close()` only `prepare()` may be called.
/// - **Threads.** Any method may be called from any task; none blocks a worker thread. Writes are serialised. Reads run
///   in parallel to them, each on a consistent snapshot. Several processes may share a store.
/// - **Failures.** A call throws `ProcessorError` (`database`, `disk`, `bad_data`, `internal`), or `StopRun` if the
///   store is unusable; `prepare(tables:)` and `agree` throw `Diagnostic` or `Diagnostics`. A call that throws has
///   written nothing, unless its documentation says otherwise.
/// - **Leases.** With `leases`, a change of a participant whose lease this store has taken and lost throws
///   `ProcessorError.heldElsewhere`; in `write`, only the results of that participant's slices fail.
/// - **Durability.** When a call returns, its effect survives the end of the process, however it ends. A power cut may
///   undo the latest commits, never an earlier one and not a later one, until `synchronize()` or `close()` has returned.
///   Whoever gives something up because of a commit calls `synchronize()` before.
/// - **Rules.** The types of the module StudyLedger (`AnswerPlan`, `LedgerChange`, `RowDiff`, `ReplacementPlan`) decide
///   how an answer changes ledger and rows, identically for every store. `StoreConformance` tests a store against all
///   of this.
package protocol RecordStore: Service {
  /// The store's location as the flow file names it, for messages and reports.
  var location: String { get }
  /// A path on the local disk where the store's data grow; nil if they are stored elsewhere.
  var localPath: String? { get }

  /// The leases on participants, of a store that several hosts may use at once; nil where the locks of the batch folder
  /// suffice.
  var leases: (any ParticipantLeases)? { get }
  /// Shares out the requests of a client among the hosts that use the store; nil where one host is taken to be alone.
  var requestGrants: (any RequestGrants)? { get }
  /// Builds SQL models beside the tables; nil for a store without SQL.
  var models: (any ModelDatabase)? { get }
  /// The trail of what people did; nil for a store that keeps none.
  var audit: (any AuditTrail)? { get }

  /// Creates missing tables and adds new columns. Throws `Diagnostics` if a kind or a key differs, before anything is
  /// changed.
  func prepare(tables: [TableSchema]) async throws
  /// Records a fact that must stay the same for the life of a store (`detail`, the kind of provider) the first time,
  /// and compares it from then on. Throws a `Diagnostic` on a difference.
  func agree(on name: String, value: String) async throws
  /// Makes every commit up to this call durable, those of other processes too. Calls at the same time share the work.
  ///
  /// Once it has failed it fails until the store is opened again: what could not be written may be lost.
  func synchronize() async throws
  /// Shortens all further waits for locks of other processes to a moment, because the program is being asked to stop.
  func cutWaitsShort()

  /// Ledger rows of a participant, ordered by data type and start, for all data types or those given.
  /// - Parameter instant: seconds since 1970; only rows that end later are returned. nil returns all. The cost does not
  ///   grow with the rows that ended earlier.
  func ledger(of participant: String, dataTypes: [String]?, endingAfter instant: Int64?) async throws -> [LedgerSlice]
  /// The ledger as planning needs it: like `ledger`, but neighbouring settled slices are merged into one row. A slice is
  /// settled if it is `written`, lacked no scope, and was requested with a sync no later than `latest`. The cost grows
  /// with the unsettled slices and the gaps, not with the years of settled history.
  /// - Parameter window: seconds since 1970; slices that overlap it are never merged. nil merges all settled slices.
  func outline(of participant: String, dataTypes: [String], settledBy latest: Int64, each window: Range<Int64>?) async throws -> LedgerOutline
  /// How far a participant has been collected. The cost does not grow with the years of settled history.
  func progress(of participant: String, from start: Int64) async throws -> LedgerProgress
  /// Writes ledger rows without data (`deferred`, `failed`). A `written` or `provisional` row that covers the same
  /// slice is left unchanged; rows without data inside the slice are replaced.
  func record(_ slices: [LedgerSlice]) async throws
  /// Marks slices for collection by the next run and returns how many were found. Failed slices become `deferred`.
  /// Slices with rows keep them and become `provisional` with no latest sync: a provisional slice is requested again
  /// when the participant's latest sync differs from the recorded one.
  func recollect(_ slices: [SliceKey]) async throws -> Int

  /// Compares a slice's rows with the table, without writing.
  func compare(_ batch: RecordBatch, of participant: String, in table: TableSchema, slice: SliceKey?) async throws -> RecordComparison
  /// Writes rows and ledger row in one transaction. Several slices may share a commit; each is atomic by itself.
  /// Results are in the order of `writes`. If the transaction fails as a whole, every result is that failure.
  func write(_ writes: [SliceWrite]) async throws -> [Result<SliceWriteResult, ProcessorError>]

  /// Notes that an object's responses have been made into rows (table `object_processed`), with the number of rows of the slices whose ledger
  /// rows name it. Objects that no slice names are left out. A second call replaces the first.
  func note(_ objects: [ProcessedObject]) async throws

  /// Erases a participant: ledger, rows of every table, those that models made of them, and the entry that maps the name. Deleted data cannot be
  /// recovered from the store.
  ///
  /// The ledger is deleted first: after an interruption no ledger row refers to deleted rows, and repeating the call
  /// erases the rest. The participant must not be collected meanwhile.
  func erase(participant: String) async throws -> Erasure

  /// Opens the store, looks at it and closes it again; changes and creates nothing, and waits for nobody. `prepare()` is not required, and must not
  /// have been called. Throws `StopRun` (`unavailable`) if a run could not use the store.
  /// - Parameters:
  ///   - tables: the flow's.
  ///   - participants: what a run agrees on with the store, `simulated` or `real`.
  func survey(tables: [TableSchema], participants: String) async throws -> StoreSurvey

  /// Opens the store read-only; nil if it does not exist. `prepare()` is not required, nothing is created or written,
  /// and a run may keep writing meanwhile. Throws `StopRun` (`unavailable`) if the store cannot be read.
  func reader() async throws -> (any RecordReader)?
}

/// Looks up answered slices.
package protocol AnswerLookup: Sendable {
  /// The participant's answered slices that overlap `window` (seconds since 1970), ordered by start within each data
  /// type. The cost does not grow with slices outside the window.
  func answers(of participant: String, dataTypes: [String], window: Range<Int64>) async throws -> [LedgerSlice]
}

/// Read-only access to a store. Each call sees a consistent snapshot. Close it after use.
package protocol RecordReader: AnswerLookup {
  func identity() async throws -> StoreIdentity
  /// The runs and participants in the ledger. Reads the whole ledger.
  func history() async throws -> StoreHistory
  /// The participants in the store, sorted.
  func participants() async throws -> [String]
  /// The participant's whole ledger, ordered by data type and start.
  func ledger(of participant: String) async throws -> [LedgerSlice]
  /// Everything that a coverage report needs for one participant, from one snapshot.
  func records(of participant: String, _ wanted: WantedRecords) async throws -> ParticipantRecords
  /// Columns that are NULL in every row of a table that has rows: often the flow has a wrong path.
  func emptyColumns(of tables: [TableSchema]) async throws -> [TableColumn]
  /// The objects of the raw storage whose responses have been made into the participant's rows, ordered by key.
  func processedObjects(of participant: String) async throws -> [ProcessedObject]
  /// The participant's rows of some tables, each in key order, in the order of `wanted` and all from one snapshot. A batch has the columns that the
  /// store has; none if it lacks the table, the column of its time, or the participant. The cost grows with the rows of the windows where the key begins with the time, else
  /// with the participant's rows.
  func rows(of participant: String, _ wanted: [TableRows]) async throws -> [RecordBatch]
  /// The extent of each participant's rows in a table, by participant; those without rows are left out. Read from the key's index: the cost grows with
  /// the participants, and where the key does not begin with the time, with the rows.
  func extents(in table: TableSchema) async throws -> [String: RowExtent]
  /// The extent of a participant's rows in each of some tables, in their order; nil where there are none. Read from the key's index.
  func extents(of participant: String, in tables: [TableSchema]) async throws -> [RowExtent?]
  /// The points of a participant's series, ordered by time. Empty if the store lacks the table, its time, the column, or the participant. The cost
  /// grows with the rows of the window, the answer with its buckets.
  func series(of participant: String, _ query: SeriesQuery) async throws -> [SeriesPoint]
  /// The latest instant that a tracker is known to have reached by the ledger, in seconds since 1970, by participant: the latest sync with which a
  /// slice was requested, or the end of a slice of `clocked`, whichever is later. Participants without either are left out. The cost grows with
  /// participants and data types.
  /// - Parameters:
  ///   - clocked: data types whose slices never extend past the sync that they were cut for.
  ///   - participants: whose; nil: everyone's. Unknown names are left out.
  func latestSyncs(endsOf clocked: [String], of participants: [String]?) async throws -> [String: Int64]
  /// The entries of the audit trail after a number, ordered by number, at most `limit`. Empty if the store keeps none.
  func auditEntries(after number: Int64, limit: Int) async throws -> [AuditEntry]
  /// When the answers of each participant and month were fetched last, ordered by participant and months. Reads the whole ledger.
  func latestFetches() async throws -> [FetchedMonths]
  func close() async throws
}

extension RecordReader {
  /// The participant's rows in key order; empty if the store does not have the table.
  package func rows(of participant: String, in table: TableSchema, within window: RowWindow = .everything) async throws -> RecordBatch {
    try await rows(of: participant, [TableRows(table, window)])[0]
  }
}

extension RecordReader {
  package func auditEntries(after number: Int64, limit: Int) async throws -> [AuditEntry] { [] }
}

extension RecordStore {
  package var audit: (any AuditTrail)? { nil }
  package var leases: (any ParticipantLeases)? { nil }
  package var requestGrants: (any RequestGrants)? { nil }
  package var models: (any ModelDatabase)? { nil }

  package func ledger(of participant: String, dataTypes: [String]?) async throws -> [LedgerSlice] {
    try await ledger(of: participant, dataTypes: dataTypes, endingAfter: nil)
  }

  /// Opens the store for reading and closes it afterwards; nil if it does not exist.
  package func reading<Result: Sendable>(_ body: (any RecordReader) async throws -> Result) async throws -> Result? {
    guard let reader = try await reader() else { return nil }
    return try await withClosing {
      try await body(reader)
    } close: {
      try await reader.close()
    }
  }

  /// Opens the store for one change outside a run and closes it afterwards.
  package func opened<Result: Sendable>(_ body: (Self) async throws -> Result) async throws -> Result {
    try await prepare()
    return try await withClosing {
      try await body(self)
    } close: {
      try await close()
    }
  }
}

/// Identifies a store.
package struct StoreIdentity: Sendable, Equatable {
  /// Random, generated when the store is created. nil if an earlier version made the store and nothing has been written
  /// since.
  package var id: String?
  /// Whether the store holds simulated participants.
  package var isSimulated: Bool

  package init(id: String?, isSimulated: Bool) {
    self.id = id
    self.isSimulated = isSimulated
  }
}

package struct StoreHistory: Sendable, Equatable {
  /// Every run named in the ledger.
  package var runs: Set<String>
  package var participants: Set<String>

  package init(runs: Set<String>, participants: Set<String>) {
    self.runs = runs
    self.participants = participants
  }
}

/// The amount of data erased for a participant.
package struct Erasure: Sendable, Equatable {
  /// Number of rows by record table; tables without rows are omitted.
  package var rows: [String: Int] = [:]
  /// Number of ledger rows.
  package var slices = 0

  package init() {}
}

/// What to read for a participant besides the ledger. Tables and columns that the store lacks are omitted.
package struct WantedRecords: Sendable {
  /// Tables with instants: the minutes that have rows.
  package var minutes: [TableColumn] = []
  /// Tables of intervals: the minutes they cover; `seconds` is the column with the length.
  package var intervals: [(column: TableColumn, seconds: String)] = []
  /// Tables with dates: the dates that have rows.
  package var dates: [TableColumn] = []
  /// Columns of tables with dates, with the table's date column: their sums by date.
  package var totals: [(column: TableColumn, date: String)] = []

  package init() {}
}

package struct ParticipantRecords: Sendable {
  /// Ordered by data type and start.
  package var ledger: [LedgerSlice] = []
  /// By table: minutes that have a row or lie in an interval, as ordered ranges of seconds since 1970 without overlap.
  package var minutes: [String: [Range<Int64>]] = [:]
  /// By table.
  package var dates: [String: Set<CivilDate>] = [:]
  /// Known sums, by date.
  package var totals: [TableColumn: [CivilDate: Double]] = [:]

  package init() {}
}
