import FlowCore
import GRDB
import StudyLedger
import StudyModel

/// Creates and validates the tables of a database. Each call runs inside the caller's transaction, so that two
/// processes may do it at once.
struct SQLiteSchema {
  /// Version of flowrun's own tables. Databases of newer versions are rejected.
  static let version = 3
  private static let versionSetting = "schema_version"
  static let identitySetting = "database_id"
  /// Of every table that is not promised to anybody.
  static let ownPrefix = "flowrun_"
  static let ownTables = ["participant", "slice", "object_processed", "flowrun_setting", "flowrun_settled", AuditTable.name]

  let session: SQLSession
  let path: String

  // MARK: flowrun's own tables

  /// Returns what was changed, in words for the audit trail.
  @discardableResult
  func prepare() throws -> [String] {
    var changes = try prepareTables()
    try session.execute(SQLiteSchema.unansweredIndex)
    try SettledTable(session: session).prepare()
    try identify()
    if try AuditTable(session: session).prepare(), changes.isEmpty { changes.append("began the audit trail") }
    return changes
  }

  private func prepareTables() throws -> [String] {
    guard try !isPrepared() else { return try migrate() }
    try session.execute(SQLiteSchema.participantTable)
    try session.execute(SQLiteSchema.sliceTable)
    try session.execute(SQLiteSchema.objectTable)
    try session.execute(SQLiteSchema.settingTable)
    try set(SQLiteSchema.versionSetting, String(SQLiteSchema.version))
    try session.execute("PRAGMA user_version = \(SQLiteSchema.version)")
    return ["made the database, schema version \(SQLiteSchema.version)"]
  }

  /// Whether flowrun's own tables exist. Throws `StopRun` for an unusable database, which must stay unchanged; hence
  /// this is called before any change, including the switch to WAL.
  func isPrepared() throws -> Bool {
    let userVersion = try Int.fetchOne(session.database, sql: "PRAGMA user_version") ?? 0
    let recorded = try tableExists("flowrun_setting") ? setting(SQLiteSchema.versionSetting).flatMap { Int($0) } : nil
    let found = max(userVersion, recorded ?? 0)
    guard found <= SQLiteSchema.version else {
      throw SQLiteFailure(path: path).stop(
        "its schema is of version \(found)", "version \(SQLiteSchema.version) at most",
        "use the flowrun that made it, or a newer one")
    }
    guard recorded == nil else { return true }
    try refuseForeignTables()
    return false
  }

  /// Gives the database the random id that error entries refer to; an existing id is kept.
  private func identify() throws {
    try session.execute(
      "INSERT INTO flowrun_setting (name, value) VALUES ('\(SQLiteSchema.identitySetting)', lower(hex(randomblob(16)))) ON CONFLICT DO NOTHING")
  }

  /// Migrates tables of an older version.
  private func migrate() throws -> [String] {
    guard let recorded = try setting(SQLiteSchema.versionSetting).flatMap({ Int($0) }), recorded < SQLiteSchema.version else { return [] }
    // Version 2: the ledger records the scopes that the consent lacked.
    if recorded < 2 { try session.execute("ALTER TABLE slice ADD COLUMN lacking TEXT") }
    // Version 3: it names the objects that hold the responses.
    try session.execute("ALTER TABLE slice ADD COLUMN object TEXT")
    if try tableExists("object_processed") {
      throw SQLiteFailure(path: path).stop(
        "it has a table 'object_processed' that flowrun did not make", "the name to be free for the log of raw objects", "rename that table")
    }
    try session.execute(SQLiteSchema.objectTable)
    try session.execute(
      "UPDATE flowrun_setting SET value = ? WHERE name = ?", [String(SQLiteSchema.version), SQLiteSchema.versionSetting])
    try session.execute("PRAGMA user_version = \(SQLiteSchema.version)")
    return ["brought the database from schema version \(recorded) to \(SQLiteSchema.version)"]
  }

  /// A database of other software may be used unless it has tables of the same names.
  private func refuseForeignTables() throws {
    for table in SQLiteSchema.ownTables where try tableExists(table) {
      throw SQLiteFailure(path: path).stop(
        "it has a table '\(table)' that flowrun did not make", "a database of flowrun, or one without such a table",
        "name another path")
    }
  }

  static let participantTable = """
    CREATE TABLE participant (
      participant_id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE
    )
    """
  static let sliceTable = """
    CREATE TABLE slice (
      participant_id INTEGER NOT NULL REFERENCES participant,
      data_type TEXT NOT NULL,
      start_instant INTEGER NOT NULL,
      end_instant INTEGER NOT NULL CHECK (end_instant > start_instant),
      state TEXT NOT NULL CHECK (state IN ('written', 'provisional', 'deferred', 'failed')),
      rows INTEGER NOT NULL,
      fetched_at TEXT,
      run TEXT NOT NULL,
      flowfile TEXT,
      sha256 TEXT,
      vanished INTEGER NOT NULL,
      latest_sync INTEGER,
      cause TEXT,
      provider TEXT,
      flow_sha256 TEXT,
      zone TEXT,
      lacking TEXT,
      object TEXT,
      PRIMARY KEY (participant_id, data_type, start_instant)
    ) WITHOUT ROWID
    """
  /// Slices to be requested again or waiting for a person: few rows, spread over the participant's whole history.
  static let unansweredIndex = """
    CREATE INDEX IF NOT EXISTS flowrun_unanswered ON slice (participant_id, data_type, start_instant)
    WHERE state IN ('deferred', 'failed')
    """
  /// The objects of the raw storage whose responses have been made into rows.
  static let objectTable = """
    CREATE TABLE object_processed (
      participant_id INTEGER NOT NULL REFERENCES participant,
      object TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      rows INTEGER NOT NULL,
      run TEXT NOT NULL,
      time TEXT NOT NULL,
      PRIMARY KEY (participant_id, object)
    ) WITHOUT ROWID
    """
  static let settingTable = """
    CREATE TABLE flowrun_setting (
      name TEXT NOT NULL PRIMARY KEY,
      value TEXT NOT NULL
    ) WITHOUT ROWID
    """

  // MARK: Settings

  func setting(_ name: String) throws -> String? {
    try session.rows("SELECT value FROM flowrun_setting WHERE name = ?", [name]).first?[0]
  }
  func set(_ name: String, _ value: String) throws {
    try session.execute("INSERT INTO flowrun_setting (name, value) VALUES (?, ?)", [name, value])
  }

  /// Records a fact, or compares it with the recorded one.
  func agree(on name: String, value: String) throws {
    guard try setting(Self.agreement(name)) != nil else { return try set(Self.agreement(name), value) }
    if let problem = try disagreement(on: name, value: value) { throw problem }
  }

  /// What differs from the recorded fact; nil if nothing does, or none is recorded. Writes nothing.
  func disagreement(on name: String, value: String) throws -> Diagnostic? {
    guard let recorded = try setting(Self.agreement(name)), recorded != value else { return nil }
    return Diagnostic(
      .storedSetting, subject: "database '\(path)'", found: "it was collected with \(name) '\(recorded)', this flow has '\(value)'",
      expected: "\(name) '\(recorded)'", hint: "keep \(name) as it was, or name another database")
  }

  private static func agreement(_ name: String) -> String { "agreed." + name }

  // MARK: Tables of records

  /// Creates a table or adds missing columns. Returns the problems that prevent this.
  func prepare(_ table: TableSchema) throws -> [Diagnostic] {
    let problems = table.declarationProblems(in: path, reservedPrefixes: ["sqlite_", SQLiteSchema.ownPrefix], reservedNames: SQLiteSchema.ownTables)
    guard problems.isEmpty else { return problems }
    let taken = try nameProblems(table)
    guard taken.isEmpty else { return taken }
    guard try tableExists(table.name) else {
      try session.execute(TableDefinition(table).sql)
      for column in table.columns { try set(kindSetting(table, column), column.kind.rawValue) }
      try prepareView(of: table, isChanged: true)
      return []
    }
    return try extend(table)
  }

  private func extend(_ table: TableSchema) throws -> [Diagnostic] {
    let stored = try storedColumns(table.name)
    var problems = keyProblems(table, stored)
    var missing: [TableSchema.Column] = []
    for column in table.columns {
      guard let known = stored.first(where: { $0.name.lowercased() == column.name.lowercased() }) else {
        missing.append(column)
        continue
      }
      let kind = try setting(kindSetting(table, column))
      if known.storage != column.kind.storage || (kind ?? column.kind.rawValue) != column.kind.rawValue {
        problems.append(
          problem(
            table, "column '\(column.name)' is \(kind ?? known.storage) in the database and \(column.kind.rawValue) in the flow",
            "the kind that the database has"))
      }
    }
    guard problems.isEmpty else { return problems }
    for column in missing {
      try session.execute("ALTER TABLE \(quoted(table.name)) ADD COLUMN \(quoted(column.name)) \(column.kind.storage)")
      try set(kindSetting(table, column), column.kind.rawValue)
    }
    try prepareView(of: table, isChanged: !missing.isEmpty)
    return []
  }

  private func keyProblems(_ table: TableSchema, _ stored: [StoredColumn]) -> [Diagnostic] {
    let key = stored.filter { $0.keyPosition > 0 }.sorted { $0.keyPosition < $1.keyPosition }.map(\.name)
    let expected = ["participant_id"] + table.key
    guard key != expected else { return [] }
    return [
      problem(
        table, "its key is (\(key.joined(separator: ", "))) in the database and (\(expected.joined(separator: ", "))) in the flow",
        "the key that the database has")
    ]
  }

  private func problem(_ table: TableSchema, _ found: String, _ expected: String) -> Diagnostic {
    Diagnostic(
      .storedTable, subject: "table '\(table.name)' of database '\(path)'", found: found, expected: expected,
      hint: "change the flow back, or name another table or database")
  }

  private func kindSetting(_ table: TableSchema, _ column: TableSchema.Column) -> String { "kind.\(table.name).\(column.name)" }

  struct StoredColumn {
    var name: String
    var storage: String
    /// Position in the primary key from 1; 0 if not part of it.
    var keyPosition: Int
  }

  /// The columns of tables, by table; none of a table that does not exist.
  func columnNames(of tables: [TableSchema]) throws -> [String: [String]] {
    var names: [String: [String]] = [:]
    for table in tables { names[table.name] = try storedColumns(table.name).map(\.name) }
    return names
  }

  private func storedColumns(_ table: String) throws -> [StoredColumn] {
    try session.rows("SELECT name, type, pk FROM pragma_table_xinfo(?)", [table]).map {
      StoredColumn(name: $0["name"], storage: ($0["type"] as String).uppercased(), keyPosition: $0["pk"])
    }
  }

  private func tableExists(_ name: String) throws -> Bool {
    try !session.rows("SELECT 1 FROM sqlite_master WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')", [name]).isEmpty
  }

  // MARK: Views

  /// `NAME_local` for a table of instants: the same columns plus the local wall time, which is NULL if the offset is
  /// unknown.
  private func prepareView(of table: TableSchema, isChanged: Bool) throws {
    let definition = TableDefinition(table)
    guard let sql = definition.viewSQL(columns: try storedColumns(table.name).map(\.name)) else { return }
    guard try isChanged || object(named: definition.viewName) == nil else { return }
    try session.execute("DROP VIEW IF EXISTS \(quoted(definition.viewName))")
    try session.execute(sql)
  }

  // MARK: Names

  /// A named database object; tables, views and indexes share one namespace.
  private struct NamedObject {
    var name: String
    /// `table`, `view` or `index`.
    var kind: String
    var sql: String
  }

  private func object(named name: String) throws -> NamedObject? {
    try session.rows("SELECT name, type, sql FROM sqlite_master WHERE name = ? COLLATE NOCASE AND type <> 'trigger'", [name]).first.map {
      NamedObject(name: $0["name"], kind: $0["type"], sql: $0["sql"] ?? "")
    }
  }

  /// Reports names of the table or its view that another object has; such objects are left unchanged.
  private func nameProblems(_ table: TableSchema) throws -> [Diagnostic] {
    let definition = TableDefinition(table)
    var problems: [Diagnostic] = []
    if let other = try object(named: table.name), other.kind != "table" {
      problems.append(taken(table, by: other, for: "table '\(table.name)'"))
    }
    if definition.hasView, let other = try object(named: definition.viewName), !definition.isOwnView(kind: other.kind, sql: other.sql) {
      problems.append(taken(table, by: other, for: "view '\(definition.viewName)', which belongs to the table,"))
    }
    return problems
  }

  private func taken(_ table: TableSchema, by other: NamedObject, for use: String) -> Diagnostic {
    let kind = other.kind.uppercased()
    let isTable = other.kind == "table"
    let remedy =
      isTable
      ? "rename it (ALTER TABLE \(quoted(other.name)) RENAME TO …)" : "remove it if it is not needed (DROP \(kind) \(quoted(other.name)))"
    return Diagnostic(
      .storedTable, subject: "table '\(table.name)' of database '\(path)'",
      found: "the database has \(other.kind == "index" ? "an" : "a") \(other.kind) '\(other.name)' that flowrun did not make",
      expected: "the name to be free for the \(use)", hint: "\(remedy), or name another database or table")
  }
}
