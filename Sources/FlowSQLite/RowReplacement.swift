import FlowCore
import GRDB
import StudyModel

/// Deletes what an answer that replaces its rows as a whole has no more: revised intervals of another cut would add up.
struct RowReplacement {
  let session: SQLSession
  let table: TableSchema
  let participantID: Int64
  let batch: RecordBatch
  let replacement: SliceReplacement
  /// Of the slice, in seconds since 1970.
  let window: Range<Int64>?

  /// Returns how many rows were deleted.
  func deleteMissing() throws -> Int {
    let kept = Set((0..<batch.count).map { row in table.key.map { batch[$0]?.databaseValue(row) ?? .null } })
    var deleted = 0
    for condition in conditions {
      for found in try rows(where: condition) where !kept.contains(found) {
        try delete(found)
        deleted += 1
      }
    }
    for found in try rowsBeforeTheirDay() where !kept.contains(found) {
      try delete(found)
      deleted += 1
    }
    return deleted
  }

  /// How many rows the slice has; nil: nothing tells which are its.
  func count() throws -> Int? {
    guard !values.isEmpty else { return nil }
    let sql = "SELECT count(*) FROM \(quoted(table.name)) WHERE participant_id = ?" + values.map { " AND \(quoted($0.column)) = ?" }.joined()
    return try session.rows(sql, arguments(values.map(\.value))).first.map { $0[0] }
  }

  /// The keys of rows that were written before the table had the columns by which they are replaced: these are NULL. An interval belongs to
  /// the slice in which it ends, as a night does to its morning.
  private func rowsBeforeTheirDay() throws -> [[DatabaseValue]] {
    guard !replacement.isUnfinished, let window, !values.isEmpty, !replacement.intervals.isEmpty, let time = table.timeColumn, time.kind == .instant
    else { return [] }
    let isOld = values.map { " AND \(quoted($0.column)) IS NULL" }.joined()
    let interval = replacement.intervals.map(quoted).joined(separator: ",")
    let lasts = table.columns.contains { $0.name == Self.duration } ? " + coalesce(\(quoted(Self.duration)), 0)" : ""
    let sql = """
      SELECT \(table.key.map(quoted).joined(separator: ",")) FROM \(quoted(table.name)) WHERE participant_id = ?\(isOld) AND (\(interval)) IN (
        SELECT \(interval) FROM \(quoted(table.name)) WHERE participant_id = ?\(isOld) GROUP BY \(interval)
        HAVING max(\(quoted(time.name))\(lasts)) > ? AND max(\(quoted(time.name))\(lasts)) <= ?)
      """
    let bounds = [participantID.databaseValue, window.lowerBound.databaseValue, window.upperBound.databaseValue]
    return try session.rows(sql, arguments(bounds)).map { Array($0.databaseValues) }
  }
  /// The column of an interval's length in seconds.
  private static let duration = "seconds"

  /// Columns and the values that they have together.
  private typealias Condition = [(column: String, value: DatabaseValue)]

  private var values: Condition { replacement.values.sorted { $0.key < $1.key }.map { (column: $0.key, value: $0.value.databaseValue) } }

  private var conditions: [Condition] {
    let intervals = Set((0..<batch.count).map { row in replacement.intervals.map { batch[$0]?.databaseValue(row) ?? .null } })
    let named: [Condition] = intervals.map { interval in zip(replacement.intervals, interval).map { (column: $0, value: $1) } }
    return (values.isEmpty || replacement.isUnfinished ? [] : [values]) + (replacement.intervals.isEmpty ? [] : named)
  }

  /// The keys of the participant's rows of that kind.
  private func rows(where condition: Condition) throws -> [[DatabaseValue]] {
    let tests = condition.map { " AND \(quoted($0.column)) = ?" }.joined()
    let sql = "SELECT \(table.key.map(quoted).joined(separator: ",")) FROM \(quoted(table.name)) WHERE participant_id = ?" + tests
    return try session.rows(sql, arguments(condition.map(\.value))).map { Array($0.databaseValues) }
  }

  private func delete(_ key: [DatabaseValue]) throws {
    let tests = table.key.map { " AND \(quoted($0)) = ?" }.joined()
    try session.execute("DELETE FROM \(quoted(table.name)) WHERE participant_id = ?" + tests, arguments(key))
  }

  private func arguments(_ values: [DatabaseValue]) -> StatementArguments {
    StatementArguments([participantID.databaseValue] + values)
  }
}

extension RecordBatch.Column {
  fileprivate func databaseValue(_ row: Int) -> DatabaseValue {
    if isNull?[row] == true { return .null }
    return switch values {
    case .integer(let values): values[row].databaseValue
    case .real(let values): values[row].databaseValue
    case .text(let values): values[row].databaseValue
    }
  }
}
