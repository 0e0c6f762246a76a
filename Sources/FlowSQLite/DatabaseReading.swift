import FlowCore
import GRDB
import GRDBSQLite
import StudyModel

/// A database as a command sees it that only looks: nothing is made, nothing is written, and a run may go on writing meanwhile.
///
/// Every call blocks a lane of its own, never a worker. Failures throw `StopRun` (`unavailable`) or `ProcessorError`.
package final class DatabaseReading: Sendable {
  private let queue: DatabaseQueue
  private let lane: any Lane
  private let path: String

  private init(queue: DatabaseQueue, lane: any Lane, path: String) {
    self.queue = queue
    self.lane = lane
    self.path = path
  }

  /// nil: there is no such file, or no run has made its tables yet.
  package static func open(_ path: String, environment: RuntimeEnvironment) async throws -> DatabaseReading? {
    let lane = environment.lane("database \(path)")
    let fileSystem = environment.fileSystem
    return try await lane.run {
      do {
        guard let status = try fileSystem.status(path), status.sizeBytes > 0 else { return nil }
        return try queue(path, fileSystem).map { DatabaseReading(queue: $0, lane: lane, path: path) }
      } catch {
        throw SQLiteFailure(path: path).opening(error)
      }
    }
  }

  /// Not opened read-only: without its -shm file a write-ahead log could not be read, and one that is made would be left behind. Where
  /// the folder cannot be written (a read-only mount), nobody else can write either, and the file is read as it stands.
  private static func queue(_ path: String, _ fileSystem: any FileSystem) throws -> DatabaseQueue? {
    do {
      return try prepared(path, path)
    } catch let error as DatabaseError where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode) {
      if let log = try fileSystem.status(path + "-wal"), log.sizeBytes > 0 {
        throw SQLiteFailure(path: path).stop(
          "its folder cannot be written, and a write-ahead log lies beside it", "a database whose last run has ended, or a folder that can be written",
          "copy \(path) and \(path)-wal to a folder of yours and name the copy")
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

  package func close() async throws {
    try await lane.run { [queue] in try queue.close() }
  }

  /// Everything that coverage asks of one participant, as of one moment.
  package func records(of participant: String, _ wanted: WantedRecords) async throws -> ParticipantRecords {
    try await read { try RecordsReader(session: $0).read(participant, wanted) }
  }

  /// One look at the database, as of one moment.
  func read<Result: Sendable>(_ body: @escaping @Sendable (SQLSession) throws -> Result) async throws -> Result {
    try await lane.run { [self] in
      do {
        return try queue.read { database in try body(SQLSession(database: database) { _ in }) }
      } catch {
        throw SQLiteFailure(path: path).translate(error)
      }
    }
  }
}

extension DatabaseReading {
  /// Columns without a value in any row of a table that has rows: often a path in the flow that leads nowhere.
  package func emptyColumns(of tables: [TableSchema]) async throws -> [TableColumn] {
    try await read { session in
      func isThere(_ sql: String) throws -> Bool { try !session.rows(sql + " LIMIT 1").isEmpty }
      return try tables.flatMap { table -> [TableColumn] in
        let columns = try session.rows("SELECT name FROM pragma_table_info(?)", [table.name]).map { ($0[0] as String).lowercased() }
        guard !columns.isEmpty, try isThere("SELECT 1 FROM \(quoted(table.name))") else { return [] }
        return try table.columns.filter { column in
          guard columns.contains(column.name.lowercased()) else { return false }
          return try !isThere("SELECT 1 FROM \(quoted(table.name)) WHERE \(quoted(column.name)) IS NOT NULL")
        }.map { TableColumn(table: table.name, column: $0.name) }
      }
    }
  }
}

/// What to read of a participant beside the ledger.
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

/// Reads what `DatabaseReading` is asked, inside one transaction.
private struct RecordsReader {
  let session: SQLSession

  func read(_ participant: String, _ wanted: WantedRecords) throws -> ParticipantRecords {
    var records = ParticipantRecords()
    guard let id: Int64 = try session.rows("SELECT participant_id FROM participant WHERE name = ?", [participant]).first?[0] else {
      return records
    }
    records.ledger = try SliceLedger(session: session).rows(of: participant, id, dataTypes: nil, endingAfter: nil)
    for table in wanted.minutes where try exists(table) { records.minutes[table.table] = try minutes(of: table, id) }
    for (table, seconds) in wanted.intervals where try exists(table) && exists(TableColumn(table: table.table, column: seconds)) {
      records.minutes[table.table] = try intervals(of: table, seconds: seconds, id)
    }
    for table in wanted.dates where try exists(table) {
      let sql = "SELECT DISTINCT \(quoted(table.column)) FROM \(quoted(table.table)) WHERE participant_id = ?"
      records.dates[table.table] = Set(try session.rows(sql, [id]).compactMap { CivilDate(text: $0[0] as String) })
    }
    for (column, date) in wanted.totals where try exists(column) {
      let sql = """
        SELECT \(quoted(date)), sum(\(quoted(column.column))) FROM \(quoted(column.table)) WHERE participant_id = ? GROUP BY 1
        """
      for row in try session.rows(sql, [id]) {
        guard let date = CivilDate(text: row[0] as String), let total: Double = row[1] else { continue }
        records.totals[column, default: [:]][date] = total
      }
    }
    return records
  }

  /// A table that a later flow names may not be there yet, nor a column.
  private func exists(_ column: TableColumn) throws -> Bool {
    try !session.rows("SELECT 1 FROM pragma_table_info(?) WHERE name = ? COLLATE NOCASE", [column.table, column.column]).isEmpty
  }

  /// The minutes that intervals cover at least in part.
  private func intervals(of table: TableColumn, seconds: String, _ participantID: Int64) throws -> [Range<Int64>] {
    let time = quoted(table.column)
    let statement = try session.statement(
      "SELECT \(time), coalesce(\(quoted(seconds)), 0) FROM \(quoted(table.table)) WHERE participant_id = ? ORDER BY \(time)")
    statement.bind(participantID, at: 1)
    var ranges: [Range<Int64>] = []
    try statement.scan { row in
      let instant = sqlite3_column_int64(row, 0)
      // A day is longer than any stage; what is not said lasts for its minute.
      let duration = min(max(sqlite3_column_int64(row, 1), 1), 86_400)
      let start = instant.flooredDivision(by: 60) * 60
      let end = (instant + duration + 59).flooredDivision(by: 60) * 60
      if let last = ranges.last, start <= last.upperBound {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, end)
      } else {
        ranges.append(start..<end)
      }
      return true
    }
    return ranges
  }

  /// Walks the rows in the order of their key without an object for any of them.
  private func minutes(of table: TableColumn, _ participantID: Int64) throws -> [Range<Int64>] {
    let time = quoted(table.column)
    let statement = try session.statement(
      "SELECT \(time) FROM \(quoted(table.table)) WHERE participant_id = ? ORDER BY \(time)")
    statement.bind(participantID, at: 1)
    var ranges: [Range<Int64>] = []
    try statement.scan { row in
      let minute = sqlite3_column_int64(row, 0).flooredDivision(by: 60) * 60
      if let last = ranges.last, minute <= last.upperBound {
        if minute == last.upperBound { ranges[ranges.count - 1] = last.lowerBound..<minute + 60 }
      } else {
        ranges.append(minute..<minute + 60)
      }
      return true
    }
    return ranges
  }
}
