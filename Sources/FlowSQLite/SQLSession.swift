import GRDB
import GRDBSQLite
import StudyModel

/// One connection during one call: prepares statements and runs transactions. Valid only inside GRDB's closure, on its
/// queue.
struct SQLSession {
  let database: Database
  let faultPoint: StoreFaultPoint
  let texts: SQLTexts
  /// What every transaction begins with, once it has the write lock.
  private let began: (Database) throws -> Void

  init(
    database: Database, faultPoint: @escaping StoreFaultPoint, texts: SQLTexts = SQLTexts(),
    began: @escaping (Database) throws -> Void = { _ in }
  ) {
    self.database = database
    self.faultPoint = faultPoint
    self.texts = texts
    self.began = began
  }

  /// A prepared statement for row loops, cached with its connection.
  func statement(_ sql: String) throws -> SQLStatement {
    SQLStatement(try database.cachedStatement(sql: sql), connection: database.sqliteConnection, faultPoint: faultPoint)
  }

  /// A prepared statement for one call.
  func uncachedStatement(_ sql: String) throws -> SQLStatement {
    SQLStatement(try database.makeStatement(sql: sql), connection: database.sqliteConnection, faultPoint: faultPoint)
  }

  func execute(_ sql: String, _ arguments: StatementArguments = []) throws {
    try faultPoint(.statement)
    try database.cachedStatement(sql: sql).execute(arguments: arguments)
  }

  func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
    try faultPoint(.statement)
    return try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments)
  }

  func participantID(of participant: String) throws -> Int64? {
    // For every write: without the objects that `rows` makes.
    let statement = try statement("SELECT participant_id FROM participant WHERE name = ?")
    statement.bind(participant, at: 1)
    return try statement.integer()
  }

  /// Gives a new participant an id above every id in use, in `participant` or not: where another program has deleted a participant and
  /// left rows behind, SQLite alone would give its id, and so the rows, to the next one.
  func addParticipant(_ participant: String, tables: [String]) throws -> Int64 {
    var latest: Int64 = 0
    for table in ["participant", "slice"] + tables {
      latest = max(latest, try statement("SELECT max(participant_id) FROM \(quoted(table))").integer() ?? 0)
    }
    try execute("INSERT INTO participant (participant_id, name) VALUES (?, ?)", [latest + 1, participant])
    return latest + 1
  }

  /// Runs one write transaction. It takes the write lock at once: a transaction that reads first could fail later with
  /// SQLITE_BUSY_SNAPSHOT, which no wait resolves.
  func transaction<Result>(_ body: () throws -> Result) throws -> Result {
    try faultPoint(.begin)
    try control("BEGIN IMMEDIATE")
    let result: Result
    do {
      try began(database)
      result = try body()
      try faultPoint(.commit)
      try control("COMMIT")
    } catch {
      endUnlessEnded("ROLLBACK")
      throw error
    }
    try faultPoint(.committed)
    return result
  }

  /// Runs a part of a transaction that can fail by itself.
  func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
    try control("SAVEPOINT part")
    do {
      let result = try body()
      try control("RELEASE part")
      return result
    } catch {
      endUnlessEnded("ROLLBACK TO part")
      endUnlessEnded("RELEASE part")
      throw error
    }
  }

  /// Runs reads that all see the same state of the database.
  func snapshot<Result>(_ body: () throws -> Result) throws -> Result {
    try control("BEGIN")
    do {
      let result = try body()
      try control("COMMIT")
      return result
    } catch {
      endUnlessEnded("ROLLBACK")
      throw error
    }
  }

  /// A statement that begins or ends something. Cached, where GRDB's own would be compiled each time.
  private func control(_ sql: String) throws { while try statement(sql).step() {} }

  /// Undoes after an error. SQLite may have undone everything by itself (disk full, interrupted), and a failure here would hide the first error.
  private func endUnlessEnded(_ sql: String) {
    guard database.isInsideTransaction else { return }
    do { try control(sql) } catch _ {}
  }
}

/// A prepared statement used directly through the C interface, without an object per row or value.
struct SQLStatement {
  let pointer: OpaquePointer
  private let statement: Statement
  private let connection: OpaquePointer?
  private let faultPoint: StoreFaultPoint

  init(_ statement: Statement, connection: OpaquePointer?, faultPoint: @escaping StoreFaultPoint) {
    self.statement = statement
    self.connection = connection
    self.faultPoint = faultPoint
    pointer = statement.sqliteStatement
  }

  func bind(_ value: Int64, at index: Int32) { sqlite3_bind_int64(pointer, index, value) }

  func bind(_ value: Double, at index: Int32) { sqlite3_bind_double(pointer, index, value) }

  func bindNull(at index: Int32) { sqlite3_bind_null(pointer, index) }

  func bind(_ text: String, at index: Int32) {
    var text = text
    text.withUTF8 { bytes in
      guard let start = bytes.baseAddress, !bytes.isEmpty else {
        sqlite3_bind_text(pointer, index, "", 0, SQLStatement.copied)
        return
      }
      start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
        _ = sqlite3_bind_text(pointer, index, $0, Int32(bytes.count), SQLStatement.copied)
      }
    }
  }

  func bind(_ bytes: [UInt8], at index: Int32) {
    guard !bytes.isEmpty else {
      sqlite3_bind_zeroblob(pointer, index, 0)
      return
    }
    sqlite3_bind_blob(pointer, index, bytes, Int32(bytes.count), SQLStatement.copied)
  }

  /// Advances to the next row; false at the end. Resets the statement at the end and on failure.
  func step() throws -> Bool {
    switch sqlite3_step(pointer) {
    case SQLITE_ROW: return true
    case SQLITE_DONE:
      sqlite3_reset(pointer)
      return false
    default:
      let code = sqlite3_extended_errcode(connection)
      let message = sqlite3_errmsg(connection).map { String(cString: $0) }
      sqlite3_reset(pointer)
      throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }
  }

  /// Runs a statement that returns no rows.
  func run() throws {
    try faultPoint(.statement)
    while try step() {}
  }

  /// The first column of the first row; nil if there is no row or its value is NULL.
  func integer() throws -> Int64? {
    var value: Int64?
    try scan { row in
      value = SQLRow(row).integer(0)
      return false
    }
    return value
  }

  func bind(orNull text: String?, at index: Int32) {
    if let text { bind(text, at: index) } else { bindNull(at: index) }
  }

  func bind(orNull value: Int64?, at index: Int32) {
    if let value { bind(value, at: index) } else { bindNull(at: index) }
  }

  /// Calls `body` for each row until it returns false.
  func scan(_ body: (OpaquePointer) throws -> Bool) throws {
    try faultPoint(.statement)
    defer { sqlite3_reset(pointer) }
    while try step() {
      guard try body(pointer) else { return }
    }
  }

  /// SQLITE_TRANSIENT: SQLite copies the bytes before the call returns.
  private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}

/// The current row of a scan, read by the number of the column.
struct SQLRow {
  private let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { self.pointer = pointer }

  /// nil for NULL.
  func integer(_ column: Int32) -> Int64? {
    sqlite3_column_type(pointer, column) == SQLITE_NULL ? nil : sqlite3_column_int64(pointer, column)
  }

  /// nil for NULL.
  func text(_ column: Int32) -> String? {
    guard let start = sqlite3_column_text(pointer, column) else { return nil }
    return String(decoding: UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column))), as: UTF8.self)
  }
}
