import FlowCore
import StudyModel

/// Building models.
extension PostgresDatabase: ModelDatabase {
  package func relations() async throws -> [StoredRelation] {
    try await read([PostgresRelations.statement, PostgresRelations.builtStatement, PostgresRelations.recordsStatement]) { PostgresRelations.all($0) }
  }

  /// Builds on a connection of its own: a model may take longer than any statement of a run.
  package func build(_ model: ModelBuild, restoring views: [ModelBuild]) async throws -> BuiltModel {
    let limits = Self.modelLimits(links.limits)
    let links = PostgresLinks(address, environment, limits: limits), faultPoint = faultPoint, location = location
    links.open()
    let result: Result<BuiltModel, any Error>
    do {
      result = .success(
        try await links.lend { link in
          let attention = try await PostgresTransaction.attention(of: link)
          return try await PostgresTransaction.write(on: link, limits, faultPoint: faultPoint) { transaction in
            if !attention.isEmpty { try await link.run(attention) { _ in } }
            return try await PostgresModelBuilder(transaction: transaction, location: location).build(model, restoring: views)
          }
        })
    } catch {
      result = .failure(error)
    }
    await links.close()
    return try result.get()
  }

  /// Hours, where a run's statement has seconds. A build that lost against another transaction is not repeated often.
  private static func modelLimits(_ usual: PostgresLimits) -> PostgresLimits {
    var limits = usual
    limits.connections = 1
    limits.statementSeconds = 6 * 3600
    limits.silenceSeconds = limits.statementSeconds + 60
    limits.repetitions = 2
    return limits
  }
}

/// The relations of the first schema of the search path, and as what flowrun built them (`flowrun_setting`).
enum PostgresRelations {
  private static let settingPrefix = "model."

  static let statement = Statement(
    """
    SELECT relname::text, relkind IN ('v', 'm') FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition ORDER BY 1
    """)
  static let builtStatement = Statement("SELECT substr(name, length($1) + 1), value FROM flowrun_setting WHERE starts_with(name, $1)", [.text(settingPrefix)])
  /// A table of records has the kinds of its columns noted.
  static let recordsStatement = Statement("SELECT DISTINCT regexp_replace(substr(name, 6), '\\.[^.]*$', '') FROM flowrun_setting WHERE starts_with(name, 'kind.')")

  static func all(_ answers: [Answer]) -> [StoredRelation] {
    let built = Dictionary(
      (0..<answers[1].count).compactMap { row in answers[1].text(row, 0).flatMap { name in answers[1].text(row, 1).flatMap(ModelKind.init).map { (name, $0) } } }
    ) { first, _ in first }
    let records = Set((0..<answers[2].count).compactMap { answers[2].text($0, 0) })
    return (0..<answers[0].count).compactMap { row in
      answers[0].text(row, 0).map { name in
        StoredRelation(name: name, kind: answers[0].boolean(row, 1) ? .view : .table, builtAs: built[name], isOwn: isOwn(name, records))
      }
    }
  }

  private static func isOwn(_ name: String, _ records: Set<String>) -> Bool {
    PostgresSchema.ownTables.contains(name) || name.hasPrefix(PostgresSchema.ownPrefix) || name == PostgresRawData.name || records.contains(name)
      || (name.hasSuffix("_local") && records.contains(String(name.dropLast(6))))
  }

  /// - Parameter schema: an SQL expression for it.
  static func columns(of relation: String, in schema: String = "current_schema()::regnamespace") -> Statement {
    Statement(
      """
      SELECT a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
      WHERE c.relname = $1 AND c.relnamespace = \(schema) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
      """, [.text(relation)])
  }

  static func columns(_ answer: Answer) -> [RelationColumn] {
    (0..<answer.count).map { RelationColumn(name: answer.text($0, 0) ?? "", type: answer.text($0, 1) ?? "") }
  }

  static func note(_ model: ModelBuild) -> Statement {
    Statement(
      "INSERT INTO flowrun_setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      [.text(settingPrefix + model.name), .text(model.kind.rawValue)])
  }
}
