import FlowCore
import StudyModel

/// Builds a model inside of the caller's transaction.
///
/// A table whose columns stay is emptied and filled in place: views that stand on it, grants and indexes stay, and readers are not held up. Where the
/// columns change, PostgreSQL makes neither a table nor a view anew below others: the project's own views are removed and made again with it.
struct PostgresModelBuilder {
  let transaction: PostgresTransaction
  let location: String

  init(transaction: PostgresTransaction, location: String) {
    self.transaction = transaction
    self.location = location
  }

  /// Serialises builds among hosts until the transaction ends. "FLOW" in ASCII, as for the schema, and a number of our own.
  static let lock = "SELECT pg_advisory_xact_lock(1179406167, 2)"

  func build(_ model: ModelBuild, restoring views: [ModelBuild]) async throws -> BuiltModel {
    try await transaction.run([Statement(Self.lock)])
    let columns = try await columns(of: model)
    let found = try await found(model)
    let change = try RelationChange(of: model, found: found, columns: columns, in: location)
    let built = try await carryOut(change, model, found?.relation, views)
    try await transaction.run([PostgresRelations.note(model)])
    return built
  }

  private func found(_ model: ModelBuild) async throws -> (relation: StoredRelation, columns: [RelationColumn])? {
    let statements = [PostgresRelations.statement, PostgresRelations.builtStatement, PostgresRelations.recordsStatement, PostgresRelations.columns(of: model.name)]
    return try await transaction.run(statements) { answers in
      PostgresRelations.all(answers).first { $0.name == model.name }.map { ($0, PostgresRelations.columns(answers[3])) }
    }
  }

  /// The model's columns, without its rows.
  private func columns(of model: ModelBuild) async throws -> [RelationColumn] {
    try await transaction.run([Statement("CREATE TEMP TABLE flowrun_shape ON COMMIT DROP AS SELECT * FROM (\n\(model.select)\n) AS model LIMIT 0")])
    return try await transaction.run([PostgresRelations.columns(of: "flowrun_shape", in: "pg_my_temp_schema()"), Statement("DROP TABLE pg_temp.flowrun_shape")]) {
      PostgresRelations.columns($0[0])
    }
  }

  private func carryOut(_ change: RelationChange, _ model: ModelBuild, _ found: StoredRelation?, _ views: [ModelBuild]) async throws -> BuiltModel {
    var built = BuiltModel()
    let name = quoted(model.name)
    switch change {
    case .create: try await create(model)
    case .recreate(let reason):
      try await recreate(model, found, views)
      built.rebuilt = reason
    case .renew where model.kind == .view: try await run("CREATE OR REPLACE VIEW \(name) AS\n\(model.select)")
    case .renew:
      try await run("DELETE FROM \(name)")
      try await run("INSERT INTO \(name)\n\(model.select)")
    case .add: (built.inserted, built.updated) = try await add(model, to: name)
    }
    if model.kind != .view { built.rows = try await transaction.run([Statement("SELECT count(*) FROM \(name)")]) { Int($0[0].integer(0, 0) ?? 0) } }
    return built
  }

  private func create(_ model: ModelBuild) async throws {
    try await run("CREATE \(model.kind.storage.rawValue.uppercased()) \(quoted(model.name)) AS\n\(model.select)")
  }

  private func run(_ sql: String) async throws { try await transaction.run([Statement(sql)]) }

  /// Replaces rows by their key, as dbt does. Returns how many had new keys, and how many took the place of others.
  private func add(_ model: ModelBuild, to name: String) async throws -> (inserted: Int, updated: Int) {
    try await run("CREATE TEMP TABLE flowrun_new ON COMMIT DROP AS\n\(model.selectOnTop)")
    var replaced = 0
    if !model.uniqueKey.isEmpty {
      let key = model.uniqueKey.joined(separator: ", ")
      let deletion = Statement("DELETE FROM \(name) WHERE (\(key)) IN (SELECT \(key) FROM pg_temp.flowrun_new)")
      replaced = try await transaction.run([deletion]) { $0[0].changedCount }
    }
    let columns = try await transaction.run([PostgresRelations.columns(of: model.name)]) { PostgresRelations.columns($0[0]) }.map { quoted($0.name) }.joined(separator: ", ")
    let added = try await transaction.run([Statement("INSERT INTO \(name) (\(columns)) SELECT \(columns) FROM pg_temp.flowrun_new")]) { $0[0].changedCount }
    return (max(0, added - replaced), min(added, replaced))
  }

  // MARK: Views that stand on it

  /// A relation whose definition names another one.
  private struct Dependent: Sendable {
    var schema: String
    var name: String
    var isView: Bool
    var isInOurSchema: Bool
  }

  private func recreate(_ model: ModelBuild, _ found: StoredRelation?, _ views: [ModelBuild]) async throws {
    let dependents = try await dependents(of: model.name)
    let foreign = dependents.filter { dependent in !(dependent.isView && dependent.isInOurSchema && views.contains { $0.name == dependent.name }) }
    if !foreign.isEmpty {
      let names = foreign.map { $0.isInOurSchema ? $0.name : "\($0.schema).\($0.name)" }
      throw Diagnostic(
        .relationInUse, subject: "model '\(model.name)'",
        found: "its columns have changed, and \(names.map { "'\($0)'" }.joined(separator: ", ")) in database '\(location)', not of this project, \(names.count == 1 ? "stands" : "stand") on it",
        expected: "nothing of others on it, so that it can be made anew", hint: "DROP VIEW \(names.joined(separator: ", ")), build again, and make \(names.count == 1 ? "it" : "them") again")
    }
    // Those furthest up first.
    for dependent in dependents { try await run("DROP VIEW \(quoted(dependent.name))") }
    if let found { try await run(found.removal) }
    try await create(model)
    for view in views where view.name != model.name && dependents.contains(where: { $0.name == view.name }) { try await create(view) }
  }

  /// Everything that stands on a relation, also on views of it; those furthest up first.
  private func dependents(of relation: String) async throws -> [Dependent] {
    let sql = """
      WITH RECURSIVE standing (oid, depth) AS (
        SELECT c.oid, 0 FROM pg_class AS c WHERE c.relname = $1 AND c.relnamespace = current_schema()::regnamespace
        UNION
        SELECT r.ev_class, s.depth + 1 FROM standing AS s
        JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = s.oid AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_rewrite AS r ON r.oid = d.objid AND r.ev_class <> s.oid
      )
      SELECT n.nspname::text, c.relname::text, c.relkind = 'v', c.relnamespace = current_schema()::regnamespace
      FROM (SELECT oid, max(depth) AS depth FROM standing GROUP BY oid) AS s JOIN pg_class AS c ON c.oid = s.oid JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE s.depth > 0 ORDER BY s.depth DESC, 2
      """
    return try await transaction.run([Statement(sql, [.text(relation)])]) { answers in
      (0..<answers[0].count).map { row in
        Dependent(
          schema: answers[0].text(row, 0) ?? "", name: answers[0].text(row, 1) ?? "", isView: answers[0].boolean(row, 2), isInOurSchema: answers[0].boolean(row, 3))
      }
    }
  }
}
