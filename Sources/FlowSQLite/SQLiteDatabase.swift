import FlowCore
import Foundation
import GRDB
import StudyLedger
import StudyModel

/// The tables and the ledger in one SQLite file with a write-ahead log, one writer and several parallel readers.
///
/// Every call blocks a lane, never a worker thread. Several processes may share the file and even create it at the same
/// time.
package final class SQLiteDatabase: RecordStore {
  private struct State {
    var connections: SQLiteConnections?
    /// Number of running and waiting reads, by reader.
    var readsOfReader = [Int](repeating: 0, count: SQLiteConnections.readerCount)
    /// Tables known to exist, as declared by the flow.
    var tables: [String: TableSchema] = [:]

    /// The least busy reader, so that no read waits behind a slow one while another reader is idle.
    mutating func takeReader() -> Int {
      let reader = readsOfReader.indices.min { readsOfReader[$0] < readsOfReader[$1] } ?? 0
      readsOfReader[reader] += 1
      return reader
    }
  }

  /// The path as the flow file names it.
  let path: String
  let absolutePath: String
  let agreements: [NamedValue<String>]
  let environment: RuntimeEnvironment
  let faultPoint: StoreFaultPoint
  let writerLane: any Lane
  private let readerLanes: [any Lane]
  let limits: SQLiteLimits
  /// Changed on the writer's lane; read before a comparison begins. At the start of each transaction it learns whether others have written.
  let recentWrites = Locked(RecentWrites())
  private let texts = SQLTexts()
  let waitingWrites = Locked(WaitingWrites())
  private let wait: BusyWait
  private let log: WriteAheadLog
  private let barrier: LogBarrier
  private let state = Locked(State())
  var failure: SQLiteFailure { SQLiteFailure(path: path) }

  /// `faultPoint` is called at every SQLite boundary; a test can make the n-th call throw.
  package init(
    values: PropertyValues, environment: RuntimeEnvironment, faultPoint: @escaping StoreFaultPoint = { _ in },
    limits: SQLiteLimits = SQLiteLimits()
  ) {
    path = values[DatabaseDeclaration.path]
    absolutePath = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    agreements = values.optional(DatabaseDeclaration.agree) ?? []
    self.environment = environment
    self.faultPoint = faultPoint
    self.limits = limits
    wait = BusyWait(limits)
    log = WriteAheadLog(wait: wait, limits: limits)
    barrier = LogBarrier(fileSystem: environment.fileSystem, lane: environment.lane("database log"))
    writerLane = environment.lane("database writer")
    readerLanes = (0..<SQLiteConnections.readerCount).map { environment.lane("database reader \($0)") }
  }

  package var location: String { path }
  package var localPath: String? { path }
  package var models: (any ModelDatabase)? { self }

  // MARK: Service

  package func prepare() async throws {
    let deadline = environment.time.monotonic + .seconds(limits.busySeconds)
    while try await !open(until: deadline) {
      await environment.time.sleep(for: .milliseconds(20))
    }
    try await create()
    // Error entries name the database's id. What a run that was killed has committed becomes durable too.
    try await synchronize()
  }

  /// Opens the connections; false if another connection was opening the file at the same time.
  private func open(until deadline: Duration) async throws -> Bool {
    try await writerLane.run { [self] in
      do {
        try faultPoint(.open)
        try prepareFile()
        let connections = try SQLiteConnections(path: absolutePath, wait: wait, log: log) { [path] database in
          _ = try SQLiteSchema(session: SQLSession(database: database, faultPoint: { _ in }), path: path).isPrepared()
        }
        try barrier.open(connections.write { try logPath($0) })
        state.withLock { $0.connections = connections }
        recentWrites.withLock { $0.forgetOthers() }
        return true
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && !wait.isCutShort && environment.time.monotonic < deadline {
        return false
      } catch {
        throw failure.opening(error)
      }
    }
  }

  private func prepareFile() throws {
    let fileSystem = environment.fileSystem
    try fileSystem.makeFolderDurably(folder)
    if try !fileExists() {
      // Health data: readable by its owner only. SQLite gives its -wal and -shm files the same mode.
      fileSystem.close(try fileSystem.open(absolutePath, .readWrite(mode: 0o600)))
    }
  }

  private var folder: String {
    let folder = String(absolutePath[..<(absolutePath.lastIndex(of: "/") ?? absolutePath.startIndex)])
    return folder.isEmpty ? "/" : folder
  }

  /// Throws `StopRun` if the file cannot be a database where it is.
  func fileExists() throws -> Bool {
    let fileSystem = environment.fileSystem
    guard try !fileSystem.isNetworkFileSystem(folder) else {
      throw failure.stop(
        "it is on a network file system, where SQLite's write-ahead log does not work", "a file on a local disk",
        "put it on a local disk and copy it when the run has ended")
    }
    guard let status = try fileSystem.status(absolutePath) else { return false }
    guard !status.isFolder else { throw failure.stop("there is a folder of that name", "a file", "name a file in it") }
    return true
  }

  /// The log lies beside the file that a link leads to.
  private func logPath(_ database: Database) throws -> String {
    guard try environment.fileSystem.isSymbolicLink(absolutePath) else { return absolutePath + "-wal" }
    let file: String? = try Row.fetchOne(database, sql: "PRAGMA database_list")?["file"]
    return (file ?? absolutePath) + "-wal"
  }

  private func create() async throws {
    try await writerLane.run { [self] in
      do {
        try write { session in
          try session.transaction {
            let schema = SQLiteSchema(session: session, path: path)
            let changes = try schema.prepare()
            if !changes.isEmpty { try AuditTable(session: session).append(.schema(changes, environment)) }
            let problems = try agreements.compactMap { agreement in
              try problem { try schema.agree(on: agreement.name, value: agreement.value) }
            }
            guard problems.isEmpty else { throw Diagnostics(problems) }
          }
          // From here on what a savepoint may undo stays in memory: at most the pages of one transaction. SQLite would write each of them
          // to a temporary file first, more than goes into the database. An index over a long ledger, though, is sorted in files.
          try session.execute("PRAGMA temp_store = MEMORY")
        }
      } catch {
        throw failure.opening(error)
      }
    }
  }

  private func problem(_ body: () throws -> Void) throws -> Diagnostic? {
    do {
      try body()
      return nil
    } catch let problem as Diagnostic {
      return problem
    }
  }

  package func synchronize() async throws {
    _ = try connections()
    do { try await barrier.pass() } catch { throw failure.translate(error) }
  }

  /// Shortens all further waits for locks of other processes to a moment, because the program is being asked to stop.
  package func cutWaitsShort() { wait.cutShort() }

  /// Moves the write-ahead log into the file, so that the file alone can be copied. If another process still uses the
  /// database, the log remains, which is not an error. Every commit is durable in either case.
  package func close() async throws {
    try await writerLane.run { [self] in
      guard let connections = state.withLock({ state in
        defer { state.connections = nil }
        return state.connections
      }) else { return }
      defer { barrier.close() }
      do {
        try connections.write { database in
          try faultPoint(.checkpoint)
          // Another process is writing (SQLite does not wait when a read statement needs to write) or reading; the last
          // one to close does this.
          try unlessBusy { try database.execute(sql: "PRAGMA optimize") }
          try unlessBusy { _ = try wait.atMost(milliseconds: 1000) { try database.checkpoint(.truncate) } }
        }
        try barrier.passNow()
        try connections.close()
      } catch {
        throw failure.translate(error)
      }
    }
  }

  private func unlessBusy(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
      return
    }
  }

  // MARK: Tables

  package func prepare(tables: [TableSchema]) async throws {
    try await onWriter { [self] session in
      try session.transaction {
        let schema = SQLiteSchema(session: session, path: path), before = try schema.columnNames(of: tables)
        let problems = try tables.flatMap { try schema.prepare($0) }
        guard problems.isEmpty else { throw Diagnostics(problems) }
        let changes = AuditLine.changes(from: before, to: try schema.columnNames(of: tables))
        if !changes.isEmpty { try AuditTable(session: session).append(.schema(changes, environment)) }
        try prepareRawData(session)
      }
      state.withLock { state in
        for table in tables { state.tables[table.name] = table }
      }
    }
  }

  private func prepareRawData(_ session: SQLSession) throws {
    guard let kind = try RawDataView(session: session).prepare() else { return }
    environment.log(
      "warning: the database has an object of the name of the view raw_data that flowrun did not make; it is left as it is",
      ["database": path, "object": "\(kind) \(RawDataView.name)", "next": "rename it if you want flowrun's view (guide: The tables)"])
  }

  package func agree(on name: String, value: String) async throws {
    try await onWriter { [path] session in
      try session.transaction { try SQLiteSchema(session: session, path: path).agree(on: name, value: value) }
    }
  }

  // MARK: Ledger

  package func ledger(of participant: String, dataTypes: [String]?, endingAfter instant: Int64?) async throws -> [LedgerSlice] {
    try await onReader { session in
      guard let participantID = try session.participantID(of: participant) else { return [] }
      return try SliceLedger(session: session).rows(of: participant, participantID, dataTypes: dataTypes, endingAfter: instant)
    }
  }

  package func record(_ slices: [LedgerSlice]) async throws {
    guard !slices.isEmpty else { return }
    try await onWriter { [self] session in
      try withParticipants(slices.map(\.key.participant), session) { identifiers in
        let ledger = SliceLedger(session: session)
        for slice in slices { try ledger.record(slice, participantID: try id(of: slice.key.participant, in: identifiers)) }
      }
    }
  }

  package func outline(
    of participant: String, dataTypes: [String], settledBy latest: Int64, each window: Range<Int64>?
  ) async throws -> LedgerOutline {
    try await onReader { session in
      guard let participantID = try session.participantID(of: participant) else { return LedgerOutline() }
      return try SliceLedger(session: session).outline(of: participant, participantID, dataTypes: dataTypes, settledBy: latest, each: window)
    }
  }

  package func progress(of participant: String, from start: Int64) async throws -> LedgerProgress {
    try await onReader { session in
      guard let participantID = try session.participantID(of: participant) else { return LedgerProgress() }
      return try SliceLedger(session: session).progress(of: participant, participantID, from: start)
    }
  }

  package func recollect(_ slices: [SliceKey]) async throws -> Int {
    try await onWriter { session in
      try session.transaction { try slices.reduce(0) { try $0 + SliceLedger(session: session).recollect($1) } }
    }
  }

  package func note(_ objects: [ProcessedObject]) async throws {
    guard !objects.isEmpty else { return }
    try await onWriter { session in
      try session.transaction { for object in objects { try ObjectLog(session: session).note(object) } }
    }
  }

  // MARK: Tables and participants

  /// Key and column kinds of a table as stored in the database.
  func known(_ table: TableSchema) throws -> TableSchema {
    guard let known = state.withLock({ $0.tables[table.name] }) else {
      throw ProcessorError(.internal, "table '\(table.name)' was not prepared before it was used")
    }
    return known
  }

  /// Runs `body` in a transaction in which every participant has an id.
  ///
  /// The ids are read inside the transaction, once for each participant: another process may have erased one meanwhile. This replaces
  /// SQLite's foreign keys, which look the participant up again for each row.
  func withParticipants<Result>(
    _ names: [String], _ session: SQLSession, _ body: ([String: Int64]) throws -> Result
  ) throws -> Result {
    let tables = state.withLock { $0.tables.keys.sorted() }
    return try session.transaction {
      var identifiers: [String: Int64] = [:]
      for name in Set(names).sorted() {
        identifiers[name] = try session.participantID(of: name) ?? session.addParticipant(name, tables: tables)
      }
      return try body(identifiers)
    }
  }

  /// Throws rather than assigning a row to another participant.
  func id(of participant: String, in identifiers: [String: Int64]) throws -> Int64 {
    guard let identifier = identifiers[participant] else {
      throw ProcessorError(.internal, "participant \(participant) has no id in database '\(path)', so nothing is written for it")
    }
    return identifier
  }

  /// A participant who returns after an erasure gets a new id.
  func forget(_ participant: String) {
    recentWrites.withLock { $0.note(participant, nil, .all) }
  }

  // MARK: Reading

  package func reader() async throws -> (any RecordReader)? { try await DatabaseReader.open(path, environment: environment) }

  // MARK: Lanes

  func onWriter<Result: Sendable>(_ body: @escaping @Sendable (SQLSession) throws -> Result) async throws -> Result {
    try await writerLane.run { [self] in
      do {
        return try write(body)
      } catch {
        throw failure.translate(error)
      }
    }
  }

  func write<Result>(_ body: (SQLSession) throws -> Result) throws -> Result {
    let connections = try connections()
    let result = try connections.write { database in
      try body(
        SQLSession(database: database, faultPoint: faultPoint, texts: texts) { [recentWrites] database in
          // Another number if any other connection than this one, the only one here that writes, has committed since.
          let query = SQLStatement(
            try database.cachedStatement(sql: "PRAGMA data_version"), connection: database.sqliteConnection, faultPoint: { _ in })
          guard let version = try query.integer() else { return }
          recentWrites.withLock { $0.noteOthers(version) }
        })
    }
    log.checkpointIfDue(connections, faultPoint: faultPoint)
    return result
  }

  func onReader<Result: Sendable>(_ body: @escaping @Sendable (SQLSession) throws -> Result) async throws -> Result {
    let reader = state.withLock { $0.takeReader() }
    defer { state.withLock { $0.readsOfReader[reader] -= 1 } }
    return try await readerLanes[reader].run { [self] in
      do {
        return try connections().read(reader) { database in
          let session = SQLSession(database: database, faultPoint: faultPoint, texts: texts)
          return try session.snapshot { try body(session) }
        }
      } catch {
        throw failure.translate(error)
      }
    }
  }

  private func connections() throws -> SQLiteConnections {
    guard let connections = state.withLock({ $0.connections }) else {
      throw ProcessorError(.internal, "database '\(path)' was used before it was opened or after it was closed")
    }
    return connections
  }
}
