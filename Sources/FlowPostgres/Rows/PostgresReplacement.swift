import FlowCore
import StudyLedger
import StudyModel

/// Deletes rows that a replacing answer no longer contains, according to its plan.
struct PostgresReplacement {
  let table: TableSchema
  let participantID: Int32
  let plan: ReplacementPlan
  let transaction: PostgresTransaction

  /// Returns the number of deleted rows.
  func deleteMissing() async throws -> Int {
    var deleted = 0
    for condition in plan.conditions { deleted += try await delete(where: tests(condition, from: 2), parameters(condition)) }
    if let undated = plan.undated { deleted += try await delete(undated) }
    return deleted
  }

  /// The number of rows of the slice; nil if no condition identifies them.
  func count() async throws -> Int? {
    let condition = plan.sliceCondition
    guard !condition.isEmpty else { return nil }
    let sql = "SELECT count(*) FROM \(quoted(table.name)) WHERE participant_id = $1" + tests(condition, from: 2)
    return try await transaction.run([Statement(sql, [.small(participantID)] + parameters(condition))]) { Int($0[0].integer(0, 0) ?? 0) }
  }

  private func delete(_ undated: ReplacementPlan.Undated) async throws -> Int {
    let isUndated = plan.sliceCondition.map { " AND \(quoted($0.column)) IS NULL" }.joined()
    let interval = undated.intervals.map(quoted).joined(separator: ", ")
    let length = undated.duration.map { " + coalesce(\(quoted($0)), 0) * interval '1 second'" } ?? ""
    let end = "max(\(quoted(undated.time))\(length))"
    let test = """
      \(isUndated) AND (\(interval)) IN (
        SELECT \(interval) FROM \(quoted(table.name)) WHERE participant_id = $1\(isUndated) GROUP BY \(interval) HAVING \(end) > $2 AND \(end) <= $3)
      """
    return try await delete(where: test, [.instant(undated.window.lowerBound), .instant(undated.window.upperBound)])
  }

  /// Reads the keys of the participant's rows that satisfy `test`, and deletes those that the answer lacks.
  private func delete(where test: String, _ parameters: [Parameter]) async throws -> Int {
    let key = table.key, plan = plan
    let sql = "SELECT \(key.map(quoted).joined(separator: ", ")) FROM \(quoted(table.name)) WHERE participant_id = $1" + test
    let missing = try await transaction.run([Statement(sql, [.small(participantID)] + parameters)]) { answers in
      (0..<answers[0].count).map { row in key.indices.map { answers[0].value(row, $0) } }.filter { plan.deletes(key: $0) }
    }
    guard !missing.isEmpty else { return 0 }
    let removal = "DELETE FROM \(quoted(table.name)) WHERE participant_id = $1" + key.indices.map { " AND \(quoted(key[$0])) = $\($0 + 2)" }.joined()
    try await transaction.run(
      missing.map { values in Statement(removal, [.small(participantID)] + zip(key, values).map { parameter($1, of: $0) }) })
    return missing.count
  }

  private func tests(_ condition: ReplacementPlan.Condition, from first: Int) -> String {
    condition.enumerated().map { " AND \(quoted($1.column)) = $\($0 + first)" }.joined()
  }

  private func parameters(_ condition: ReplacementPlan.Condition) -> [Parameter] { condition.map { parameter($0.value, of: $0.column) } }

  /// A value in the type of its column.
  private func parameter(_ value: RecordValue, of column: String) -> Parameter {
    let kind = table.columns.first { $0.name == column }?.kind
    return switch value {
    case .null: .text(nil)
    case .integer(let value): kind == .instant ? .instant(value) : .integer(value)
    case .real(let value): .double(value)
    case .text(let value): kind == .date ? .date(CivilDate(text: value)) : .text(value)
    }
  }
}
