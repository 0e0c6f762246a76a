import FlowCore
import GRDB

/// Deletes what an answer that replaces its rows as a whole has no more: revised intervals of another cut would add up.
struct RowReplacement {
  let session: SQLSession
  let table: TableSchema
  let participantID: Int64
  let batch: RecordBatch
  let replacement: SliceReplacement

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
    return deleted
  }

  /// Columns and the values that they have together.
  private typealias Condition = [(column: String, value: DatabaseValue)]

  private var conditions: [Condition] {
    let values = replacement.values.sorted { $0.key < $1.key }.map { (column: $0.key, value: $0.value.databaseValue) }
    let intervals = Set((0..<batch.count).map { row in replacement.intervals.map { batch[$0]?.databaseValue(row) ?? .null } })
    let named: [Condition] = intervals.map { interval in zip(replacement.intervals, interval).map { (column: $0, value: $1) } }
    return (values.isEmpty ? [] : [values]) + (replacement.intervals.isEmpty ? [] : named)
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
