import FlowCore
import GRDB
import GRDBSQLite
import StudyModel

/// Read-only access to the database. Every call blocks a lane of its own.
final class DatabaseReader: RecordReader {
  private let queue: DatabaseQueue
  private let lane: any Lane
  private let path: String

  private init(queue: DatabaseQueue, lane: any Lane, path: String) {
    self.queue = queue
    self.lane = lane
    self.path = path
  }

  /// nil if the file does not exist or no run has created its tables.
  static func open(_ path: String, environment: RuntimeEnvironment) async throws -> DatabaseReader? {
    let lane = environment.lane("database \(path)")
    let fileSystem = environment.fileSystem
    return try await lane.run {
      do {
        guard let status = try fileSystem.status(path), status.sizeBytes > 0 else { return nil }
        return try queue(path, fileSystem).map { DatabaseReader(queue: $0, lane: lane, path: path) }
      } catch {
        throw SQLiteFailure(path: path).opening(error)
      }
    }
  }

  /// The connection is not opened read-only, because a write-ahead log cannot be read without its -shm file, and a new
  /// one would be left behind. If the folder is not writable (a read-only mount), no other process can write either, so
  /// the file is opened as immutable.
  private static func queue(_ path: String, _ fileSystem: any FileSystem) throws -> DatabaseQueue? {
    do {
      return try prepared(path, path)
    } catch let error as DatabaseError where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode) {
      if let log = try fileSystem.status(path + "-wal"), log.sizeBytes > 0 {
        throw SQLiteFailure(path: path).stop(
          "its folder cannot be written, and there is a write-ahead log beside it", "a database without a log, or a writable folder",
          "copy \(path) and \(path)-wal to a writable folder and use the copy")
      }
      let encoded = path.split(separator: "/", omittingEmptySubsequences: false).map { PercentEncoding.encode(String($0)) }.joined(separator: "/")
      return try prepared("file:\(encoded)?immutable=1", path)
    }
  }

  private static func prepared(_ address: String, _ path: String) throws -> DatabaseQueue? {
    var configuration = Configuration()
    configuration.label = "flowrun.reading"
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA query_only = ON") }
    let queue = try DatabaseQueue(path: address, configuration: configuration)
    let (isPrepared, version) = try queue.read { database in
      (try database.tableExists("slice") && database.tableExists("participant"), try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0)
    }
    guard isPrepared else { return nil }
    guard version >= SQLiteSchema.version else {
      throw SQLiteFailure(path: path).stop(
        "its schema is of version \(version)", "version \(SQLiteSchema.version)", "run the flow once, which brings it up to date")
    }
    return queue
  }

  func close() async throws {
    try await lane.run { [queue] in try queue.close() }
  }

  /// Runs one consistent read of the database.
  private func read<Result: Sendable>(_ body: @escaping @Sendable (SQLSession) throws -> Result) async throws -> Result {
    try await lane.run { [self] in
      do {
        return try queue.read { database in try body(SQLSession(database: database, faultPoint: { _ in })) }
      } catch {
        throw SQLiteFailure(path: path).translate(error)
      }
    }
  }

  // MARK: Who and what

  func identity() async throws -> StoreIdentity {
    try await read { session in
      func setting(_ name: String) throws -> String? {
        try session.rows("SELECT value FROM flowrun_setting WHERE name = ?", [name]).first?[0]
      }
      return StoreIdentity(id: try setting(SQLiteSchema.identitySetting), isSimulated: try setting("agreed.participants") == "simulated")
    }
  }

  func history() async throws -> StoreHistory {
    try await read { session in
      StoreHistory(
        runs: Set(try session.rows("SELECT DISTINCT run FROM slice").map { $0[0] as String }),
        participants: Set(try session.rows("SELECT name FROM participant").map { $0[0] as String }))
    }
  }

  func participants() async throws -> [String] {
    try await read { session in try session.rows("SELECT name FROM participant ORDER BY name").map { $0[0] as String } }
  }

  // MARK: Ledger

  func ledger(of participant: String) async throws -> [LedgerSlice] {
    try await read { session in
      guard let id = try session.participantID(of: participant) else { return [] }
      return try SliceLedger(session: session).rows(of: participant, id, dataTypes: nil, endingAfter: nil)
    }
  }

  func answers(of participant: String, dataTypes: [String], window: Range<Int64>) async throws -> [LedgerSlice] {
    try await read { session in
      guard let id = try session.participantID(of: participant) else { return [] }
      return try Set(dataTypes).sorted().flatMap { dataType in
        let key = SliceKey(participant: participant, dataType: dataType, start: window.lowerBound, end: window.upperBound)
        return try SliceLedger(session: session).overlapping(key, participantID: id).filter(\.state.isAnswered)
      }
    }
  }

  func processedObjects(of participant: String) async throws -> [ProcessedObject] {
    try await read { try ObjectLog(session: $0).all(of: participant) }
  }

  func auditEntries(after number: Int64, limit: Int) async throws -> [AuditEntry] {
    try await read { try AuditTable(session: $0).entries(after: number, limit: limit) }
  }

  // MARK: Tables

  func records(of participant: String, _ wanted: WantedRecords) async throws -> ParticipantRecords {
    try await read { try RecordsReader(session: $0).read(participant, wanted) }
  }

  func emptyColumns(of tables: [TableSchema]) async throws -> [TableColumn] {
    try await read { try RecordsReader(session: $0).emptyColumns(of: tables) }
  }

  func rows(of participant: String, _ wanted: [TableRows]) async throws -> [RecordBatch] {
    try await read { try RecordsReader(session: $0).rows(of: participant, wanted) }
  }

  func extents(in table: TableSchema) async throws -> [String: RowExtent] {
    try await read { try RecordsReader(session: $0).extents(in: table) }
  }

  func extents(of participant: String, in tables: [TableSchema]) async throws -> [RowExtent?] {
    try await read { try RecordsReader(session: $0).extents(of: participant, in: tables) }
  }

  func series(of participant: String, _ query: SeriesQuery) async throws -> [SeriesPoint] {
    try await read { try RecordsReader(session: $0).series(of: participant, query) }
  }

  func latestSyncs(endsOf clocked: [String], of participants: [String]?) async throws -> [String: Int64] {
    try await read { try SliceLedger(session: $0).latestSyncs(endsOf: Set(clocked), of: participants.map(Set.init)) }
  }

  func latestFetches() async throws -> [FetchedMonths] {
    try await read { try RecordsReader(session: $0).latestFetches() }
  }
}
