import FlowCore
import GRDB
import GRDBSQLite
import StudyModel

/// Reads whole rows: queries of `DatabaseReader`, inside one transaction.
extension RecordsReader {
  func rows(of participant: String, _ wanted: [TableRows]) throws -> [RecordBatch] {
    guard let id = try session.participantID(of: participant) else { return wanted.map { _ in RecordBatch(columns: [], count: 0) } }
    return try wanted.map { try rows(of: id, $0) }
  }

  private func rows(of participantID: Int64, _ wanted: TableRows) throws -> RecordBatch {
    let table = wanted.table, columns = try columns(of: table)
    let isOrdered = wanted.window == .everything || columns.contains { $0.name == table.timeColumn?.name }
    guard !columns.isEmpty, isOrdered else { return RecordBatch(columns: [], count: 0) }
    let key = table.key.filter { name in columns.contains { $0.name == name } }
    var sql = "SELECT \(columns.map { quoted($0.name) }.joined(separator: ",")) FROM \(quoted(table.name)) WHERE participant_id = ?1"
    if let time = table.timeColumn, wanted.window != .everything { sql += " AND \(quoted(time.name)) >= ?2 AND \(quoted(time.name)) < ?3" }
    let statement = try session.statement(sql + (key.isEmpty ? "" : " ORDER BY " + key.map(quoted).joined(separator: ",")))
    statement.bind(participantID, at: 1)
    statement.bind(wanted.window, at: 2)
    var collected = columns.map { CollectedColumn($0) }
    var count = 0
    try statement.scan { row in
      for index in collected.indices { collected[index].add(row, Int32(index)) }
      count += 1
      return true
    }
    return RecordBatch(columns: collected.map(\.column), count: count)
  }

  func extents(in table: TableSchema) throws -> [String: RowExtent] {
    let columns = try columns(of: table)
    guard !columns.isEmpty, table.timeColumn.map({ time in columns.contains { $0.name == time.name } }) ?? true else { return [:] }
    let name = quoted(table.name), isTheirs = "WHERE \(name).participant_id = participant.participant_id"
    guard let time = table.timeColumn else {
      let sql = "SELECT name FROM participant WHERE EXISTS (SELECT 1 FROM \(name) \(isTheirs))"
      return Dictionary(try session.rows(sql).map { ($0[0] as String, RowExtent.timeless) }) { first, _ in first }
    }
    // One subquery for each end, because SQLite takes only a single minimum or maximum from the index.
    let sql = """
      SELECT name, (SELECT min(\(quoted(time.name))) FROM \(name) \(isTheirs)), (SELECT max(\(quoted(time.name))) FROM \(name) \(isTheirs)) FROM participant
      """
    var extents: [String: RowExtent] = [:]
    try session.statement(sql).scan { pointer in
      let row = SQLRow(pointer)
      guard let participant = row.text(0) else { return true }
      if time.kind == .date {
        let ends = [row.text(1), row.text(2)].compactMap { $0.flatMap { CivilDate(text: $0) } }
        if ends.count == 2 { extents[participant] = .dates(ends[0]...ends[1]) }
      } else if let first = row.integer(1), let last = row.integer(2) {
        extents[participant] = .instants(first...last)
      }
      return true
    }
    return extents
  }

  func latestFetches() throws -> [FetchedMonths] {
    // Without its Z, a time sorts by its text whether or not it has a fraction.
    let sql = """
      SELECT name, strftime('%Y-%m', start_instant, 'unixepoch') AS first, strftime('%Y-%m', end_instant - 1, 'unixepoch') AS last, max(rtrim(fetched_at, 'Z'))
      FROM slice JOIN participant USING (participant_id) WHERE fetched_at IS NOT NULL GROUP BY name, first, last ORDER BY name, first, last
      """
    return try session.rows(sql).compactMap { row in
      Instant(rfc3339: (row[3] as String) + "Z").flatMap { FetchedMonths(participant: row[0], first: row[1], last: row[2], latest: $0) }
    }
  }
}

/// Collects the values of a result column without an object for each.
private struct CollectedColumn {
  private let schema: TableSchema.Column
  private var integers: [Int64] = []
  private var reals: [Double] = []
  private var texts: [String] = []
  /// Empty until the first NULL.
  private var isNull: [Bool] = []
  private var count = 0

  init(_ schema: TableSchema.Column) { self.schema = schema }

  /// Adds the value of the current row.
  mutating func add(_ row: OpaquePointer, _ index: Int32) {
    let isMissing = sqlite3_column_type(row, index) == SQLITE_NULL
    if isMissing, isNull.isEmpty { isNull = [Bool](repeating: false, count: count) }
    if isMissing || !isNull.isEmpty { isNull.append(isMissing) }
    count += 1
    switch schema.kind {
    case .integer, .instant, .offset: integers.append(sqlite3_column_int64(row, index))
    case .real: reals.append(sqlite3_column_double(row, index))
    case .text, .date: texts.append(SQLRow(row).text(index) ?? "")
    }
  }

  var column: RecordBatch.Column {
    let values: RecordBatch.Values =
      switch schema.kind {
      case .integer, .instant, .offset: .integer(integers)
      case .real: .real(reals)
      case .text, .date: .text(texts)
      }
    return RecordBatch.Column(name: schema.name, values: values, isNull: isNull.isEmpty ? nil : isNull)
  }
}

extension SQLStatement {
  /// Binds the bounds of a window to two parameters, its start and its end; none for everything.
  func bind(_ window: RowWindow, at index: Int32) {
    switch window {
    case .everything: break
    case .instants(let instants):
      bind(instants.lowerBound, at: index)
      bind(instants.upperBound, at: index + 1)
    case .dates(let dates):
      bind(dates.lowerBound.text, at: index)
      bind(dates.upperBound.text, at: index + 1)
    }
  }
}
