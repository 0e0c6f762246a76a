import FlowCore
import GRDB
import StudyModel

/// Building models.
extension SQLiteDatabase: ModelDatabase {
  package func relations() async throws -> [StoredRelation] {
    try await onReader { session in try SQLiteRelations(session: session).all() }
  }

  /// Builds on a connection of its own, which sorts in files: the writer's keeps what is temporary in memory, and a model may sort more than fits.
  package func build(_ model: ModelBuild, restoring views: [ModelBuild]) async throws -> BuiltModel {
    try await environment.lane("database models").run { [self] in
      do {
        let queue = try DatabaseQueue(path: absolutePath, configuration: modelConfiguration)
        return try Self.closing(queue) {
          try queue.writeWithoutTransaction { database in
            let session = SQLSession(database: database, faultPoint: faultPoint)
            return try session.transaction { try SQLiteModelBuilder(session: session, location: path).build(model) }
          }
        }
      } catch {
        throw failure.translate(error)
      }
    }
  }

  private var modelConfiguration: Configuration {
    var configuration = Configuration()
    configuration.label = "flowrun.models"
    configuration.foreignKeysEnabled = false
    // Another build, or a run that writes: an hour, where a write of a run waits half a minute.
    configuration.busyMode = .timeout(Double(limits.busySeconds * 120))
    return configuration
  }

  /// The first error counts: that of the body.
  static func closing<Value>(_ queue: DatabaseQueue, _ body: () throws -> Value) throws -> Value {
    let value: Value
    do {
      value = try body()
    } catch {
      do { try queue.close() } catch _ {}
      throw error
    }
    try queue.close()
    return value
  }
}

/// The relations of a database, and as what flowrun built them (`flowrun_setting`).
struct SQLiteRelations {
  let session: SQLSession
  private static let settingPrefix = "model."

  func all() throws -> [StoredRelation] {
    let built = try self.built()
    let records = try tablesOfRecords()
    return try session.rows("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name").map { row in
      let name: String = row["name"], type: String = row["type"]
      return StoredRelation(
        name: name, kind: type == "view" ? .view : .table, builtAs: built[name], isOwn: Self.isOwn(name, records))
    }
  }

  /// The relation of a name, which SQLite compares without case, with its columns.
  func relation(named name: String) throws -> (relation: StoredRelation, columns: [RelationColumn])? {
    guard let relation = try all().first(where: { $0.name.lowercased() == name.lowercased() }) else { return nil }
    do {
      let columns = try columns(of: relation.name)
      return (relation, relation.kind == .view ? columns.map { RelationColumn(name: $0.name, type: "") } : columns)
    } catch let error as DatabaseError where relation.kind == .view && error.resultCode == .SQLITE_ERROR {
      // A view whose tables have been removed has no columns any more.
      return (relation, [])
    }
  }

  func columns(of relation: String, in schema: String = "main") throws -> [RelationColumn] {
    try session.rows("SELECT name, type FROM pragma_table_xinfo(?, ?)", [relation, schema]).map { RelationColumn(name: $0["name"], type: ($0["type"] as String).uppercased()) }
  }

  func note(_ model: ModelBuild) throws {
    try session.execute(
      "INSERT INTO flowrun_setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      [Self.settingPrefix + model.name, model.kind.rawValue])
  }

  private func built() throws -> [String: ModelKind] {
    let rows = try session.rows("SELECT name, value FROM flowrun_setting WHERE name GLOB '\(Self.settingPrefix)*'")
    return Dictionary(
      rows.compactMap { row in ModelKind(rawValue: row["value"]).map { (String((row["name"] as String).dropFirst(Self.settingPrefix.count)), $0) } }
    ) { first, _ in first }
  }

  /// A table of records has the kinds of its columns noted.
  private func tablesOfRecords() throws -> Set<String> {
    let names = try session.rows("SELECT name FROM flowrun_setting WHERE name GLOB 'kind.*'").map { $0[0] as String }
    return Set(names.compactMap { name in name.dropFirst(5).lastIndex(of: ".").map { String(name.dropFirst(5)[..<$0]) } })
  }

  private static func isOwn(_ name: String, _ records: Set<String>) -> Bool {
    SQLiteSchema.ownTables.contains(name) || name.hasPrefix(SQLiteSchema.ownPrefix) || name == RawDataView.name || records.contains(name)
      || (name.hasSuffix("_local") && records.contains(String(name.dropLast(6))))
  }
}

/// Builds a model inside of the caller's transaction. A view is a text to SQLite, so that one survives whatever happens to the relations below it.
struct SQLiteModelBuilder {
  let session: SQLSession
  let location: String
  private var relations: SQLiteRelations { SQLiteRelations(session: session) }

  init(session: SQLSession, location: String) {
    self.session = session
    self.location = location
  }

  func build(_ model: ModelBuild) throws -> BuiltModel {
    let columns = try columns(of: model)
    let found = try relations.relation(named: model.name)
    let change = try RelationChange(of: model, found: found, columns: columns, in: location)
    let built = try carryOut(change, model, found?.relation)
    try relations.note(model)
    return built
  }

  /// The model's columns, without its rows. A view's have no types that last.
  private func columns(of model: ModelBuild) throws -> [RelationColumn] {
    try session.execute("CREATE TEMP TABLE flowrun_shape AS SELECT * FROM (\n\(model.select)\n) LIMIT 0")
    defer { dropTemporary("flowrun_shape") }
    let columns = try relations.columns(of: "flowrun_shape", in: "temp")
    return model.kind == .view ? columns.map { RelationColumn(name: $0.name, type: "") } : columns
  }

  private func carryOut(_ change: RelationChange, _ model: ModelBuild, _ found: StoredRelation?) throws -> BuiltModel {
    var built = BuiltModel()
    let name = quoted(model.name)
    switch change {
    case .create: try create(model)
    case .recreate(let reason):
      if let found { try session.execute(found.removal) }
      try create(model)
      built.rebuilt = reason
    case .renew where model.kind == .view:
      if let found { try session.execute(found.removal) }
      try create(model)
    case .renew:
      try session.execute("DELETE FROM \(name)")
      try session.execute("INSERT INTO \(name)\n\(model.select)")
    case .add: (built.inserted, built.updated) = try add(model, to: name)
    }
    if model.kind != .view { built.rows = try session.statement("SELECT count(*) FROM \(name)").integer().map(Int.init) ?? 0 }
    return built
  }

  private func create(_ model: ModelBuild) throws {
    try session.execute("CREATE \(model.kind.storage.rawValue.uppercased()) \(quoted(model.name)) AS\n\(model.select)")
  }

  /// Replaces rows by their key, as dbt does. Returns how many had new keys, and how many took the place of others.
  private func add(_ model: ModelBuild, to name: String) throws -> (inserted: Int, updated: Int) {
    try session.execute("CREATE TEMP TABLE flowrun_new AS\n\(model.selectOnTop)")
    defer { dropTemporary("flowrun_new") }
    var replaced = 0
    if !model.uniqueKey.isEmpty {
      let key = model.uniqueKey.joined(separator: ", ")
      try session.execute("DELETE FROM \(name) WHERE (\(key)) IN (SELECT \(key) FROM temp.flowrun_new)")
      replaced = session.database.changesCount
    }
    let columns = try relations.columns(of: model.name).map { quoted($0.name) }.joined(separator: ", ")
    try session.execute("INSERT INTO \(name) (\(columns)) SELECT \(columns) FROM temp.flowrun_new")
    let added = session.database.changesCount
    return (max(0, added - replaced), min(added, replaced))
  }

  /// A failure ends the transaction, which takes the table with it.
  private func dropTemporary(_ table: String) {
    do { try session.execute("DROP TABLE IF EXISTS temp.\(table)") } catch _ {}
  }
}
