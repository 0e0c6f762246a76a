import FlowCore
import GRDB
import StudyLedger
import StudyModel

/// Deletes rows that a replacing answer no longer contains, according to its plan.
struct RowReplacement {
  let session: SQLSession
  let table: TableSchema
  let participantID: Int64
  let plan: ReplacementPlan

  /// Returns the number of deleted rows.
  func deleteMissing() throws -> Int {
    var deleted = 0
    for condition in plan.conditions {
      deleted += try delete(try keys(where: tests(condition), condition.map(\.value.databaseValue)))
    }
    if let undated = plan.undated { deleted += try delete(try keys(of: undated)) }
    return deleted
  }

  /// The number of rows of the slice; nil if no condition identifies them.
  func count() throws -> Int? {
    let condition = plan.sliceCondition
    guard !condition.isEmpty else { return nil }
    let sql = "SELECT count(*) FROM \(quoted(table.name)) WHERE participant_id = ?" + tests(condition)
    return try session.rows(sql, arguments(condition.map(\.value.databaseValue))).first.map { $0[0] }
  }

  private func keys(of undated: ReplacementPlan.Undated) throws -> [[DatabaseValue]] {
    let isUndated = plan.sliceCondition.map { " AND \(quoted($0.column)) IS NULL" }.joined()
    let interval = undated.intervals.map(quoted).joined(separator: ",")
    let end = "max(\(quoted(undated.time))\(undated.duration.map { " + coalesce(\(quoted($0)), 0)" } ?? ""))"
    let test = """
      \(isUndated) AND (\(interval)) IN (
        SELECT \(interval) FROM \(quoted(table.name)) WHERE participant_id = ?1\(isUndated) GROUP BY \(interval) HAVING \(end) > ?2 AND \(end) <= ?3)
      """
    return try keys(where: test, [undated.window.lowerBound.databaseValue, undated.window.upperBound.databaseValue])
  }

  /// The keys of the participant's rows that satisfy `test`.
  private func keys(where test: String, _ values: [DatabaseValue]) throws -> [[DatabaseValue]] {
    let sql = "SELECT \(table.key.map(quoted).joined(separator: ",")) FROM \(quoted(table.name)) WHERE participant_id = ?1" + test
    return try session.rows(sql, arguments(values)).map { Array($0.databaseValues) }
  }

  private func delete(_ keys: [[DatabaseValue]]) throws -> Int {
    let test = table.key.map { " AND \(quoted($0)) = ?" }.joined()
    let sql = "DELETE FROM \(quoted(table.name)) WHERE participant_id = ?" + test
    let missing = keys.filter { plan.deletes(key: $0.map(RecordValue.init)) }
    for key in missing { try session.execute(sql, arguments(key)) }
    return missing.count
  }

  private func tests(_ condition: ReplacementPlan.Condition) -> String { condition.map { " AND \(quoted($0.column)) = ?" }.joined() }

  private func arguments(_ values: [DatabaseValue]) -> StatementArguments {
    StatementArguments([participantID.databaseValue] + values)
  }
}
