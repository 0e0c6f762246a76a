import FlowCore
import GRDB
import GRDBSQLite
import StudyModel

/// Puts the values of a column together by time: queries of `DatabaseReader`, inside one transaction.
extension RecordsReader {
  func series(of participant: String, _ query: SeriesQuery) throws -> [SeriesPoint] {
    let columns = Set(try columns(of: query.table).map(\.name))
    guard let id = try session.participantID(of: participant), let time = query.table.timeColumn, columns.contains(time.name), columns.contains(query.column)
    else { return [] }
    let name = quoted(time.name), value = quoted(query.column)
    let bucket: String
    switch query.bucket {
    // The remainder has the sign of the dividend: before 1970 it is brought above zero.
    case .seconds(let seconds): bucket = "\(name) - (\(name) % \(seconds) + \(seconds)) % \(seconds)"
    case .date: bucket = name
    }
    let window = query.window == .everything ? "" : " AND \(name) >= ?2 AND \(name) < ?3"
    let statement = try session.statement(
      """
      SELECT \(bucket) AS bucket, avg(\(value)), min(\(value)), max(\(value)), count(\(value)) FROM \(quoted(query.table.name))
      WHERE participant_id = ?1\(window) AND \(value) IS NOT NULL GROUP BY bucket ORDER BY bucket
      """)
    statement.bind(id, at: 1)
    statement.bind(query.window, at: 2)
    var points: [SeriesPoint] = []
    try statement.scan { row in
      let start: Int64
      switch query.bucket {
      case .seconds: start = sqlite3_column_int64(row, 0)
      case .date:
        guard let date = SQLRow(row).text(0).flatMap({ CivilDate(text: $0) }) else { return true }
        start = date.daysSince1970 * 86_400
      }
      points.append(
        SeriesPoint(
          start: start, mean: sqlite3_column_double(row, 1), min: sqlite3_column_double(row, 2), max: sqlite3_column_double(row, 3),
          count: sqlite3_column_int64(row, 4)))
      return true
    }
    return points
  }

  func extents(of participant: String, in tables: [TableSchema]) throws -> [RowExtent?] {
    guard let id = try session.participantID(of: participant) else { return tables.map { _ in nil } }
    return try tables.map { table in
      let columns = try columns(of: table), name = quoted(table.name), isTheirs = "WHERE participant_id = ?1"
      guard !columns.isEmpty else { return nil }
      guard let time = table.timeColumn else {
        return try session.rows("SELECT 1 FROM \(name) \(isTheirs) LIMIT 1", [id]).isEmpty ? nil : .timeless
      }
      guard columns.contains(where: { $0.name == time.name }) else { return nil }
      let row = try session.rows(
        "SELECT (SELECT min(\(quoted(time.name))) FROM \(name) \(isTheirs)), (SELECT max(\(quoted(time.name))) FROM \(name) \(isTheirs))", [id]
      ).first
      guard let row else { return nil }
      if time.kind == .date {
        let first: String? = row[0], last: String? = row[1]
        guard let first = first.flatMap({ CivilDate(text: $0) }), let last = last.flatMap({ CivilDate(text: $0) }) else { return nil }
        return .dates(first...last)
      }
      let first: Int64? = row[0], last: Int64? = row[1]
      guard let first, let last else { return nil }
      return .instants(first...last)
    }
  }
}
