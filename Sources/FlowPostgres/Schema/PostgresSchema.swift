import FlowCore
import StudyLedger
import StudyModel

/// Creates and validates the tables of a database, inside the caller's transaction. A lock of the transaction lets several hosts start at once.
struct PostgresSchema {
  /// Version of flowrun's own tables. Databases of newer versions are refused.
  static let version = 2
  static let identitySetting = "database_id"
  static let ownPrefix = "flowrun_"
  /// The tables that are made with the database, in their order.
  static let ownTables = ["participant", "slice", "object_processed", "flowrun_setting", "flowrun_settled", "flowrun_write", "flowrun_lease", "flowrun_request", "flowrun_run", "flowrun_bulletin", AuditStatements.name]
  private static let leastServer: Int64 = 130_000
  static let versionSetting = "schema_version"
  /// PostgreSQL cuts longer names off.
  private static let longestName = 63

  let transaction: PostgresTransaction
  let location: String
  private var failure: PostgresFailure { PostgresFailure(location: location) }

  /// What a server says of itself.
  struct Server: Sendable {
    var version: Int64
    var encoding: String
    var isStandby: Bool
    /// Where tables are made: the first schema of the search path that exists. nil if none does.
    var schema: String?
    var hasTimescale: Bool
    /// Whether a commit is on disk when it returns.
    var commitsSynchronously: Bool
  }

  // MARK: flowrun's own tables

  /// Serialises changes of the schema among hosts until the transaction ends.
  func lock() async throws {
    // "FLOW" in ASCII, and a number of our own.
    try await transaction.run([Statement("SELECT pg_advisory_xact_lock(1179406167, 1)")])
  }

  /// Creates flowrun's own tables unless they exist, notes that in the audit trail, and says what the server is.
  func prepare(_ environment: RuntimeEnvironment) async throws -> Server {
    let server = try await server()
    try check(server)
    try await lock()
    let found = try await existing()
    guard found.contains("flowrun_setting") else {
      if let foreign = Self.ownTables.first(where: found.contains) {
        throw failure.stop(
          "it has a table '\(foreign)' that flowrun did not make", "a schema of flowrun's own, or one without such a table",
          "create a schema and name it: ?options=-csearch_path%3Dflowrun")
      }
      try await create(in: server)
      try await AuditStatements.append(.schema(["made the tables of the database, schema version \(Self.version)"], environment), transaction)
      return server
    }
    let recorded = try await setting(Self.versionSetting).flatMap { Int($0) } ?? 0
    try Self.check(version: recorded, failure)
    // Earlier databases of version 1 lack it.
    if !found.contains("flowrun_request") { try await transaction.run([Statement(RequestStatements.table)]) }
    if recorded < Self.version { try await migrate(found) }
    // Earlier databases lack it.
    if !found.contains(AuditStatements.name) { for sql in [AuditStatements.table] + AuditStatements.comments { try await transaction.run([Statement(sql)]) } }
    if try await !transaction.run([AuditStatements.isProtected], read: { $0[0].boolean(0, 0) }) {
      for sql in AuditStatements.unprotect + AuditStatements.protection(schema: quoted(server.schema ?? "public")) { try await transaction.run([Statement(sql)]) }
    }
    if recorded < Self.version {
      try await AuditStatements.append(.schema(["brought the database from schema version \(recorded) to \(Self.version)"], environment), transaction)
    } else if !found.contains(AuditStatements.name) {
      try await AuditStatements.append(.schema(["began the audit trail"], environment), transaction)
    }
    return server
  }

  /// Throws `StopRun` for tables that a newer flowrun has made.
  static func check(version: Int, _ failure: PostgresFailure) throws {
    guard version <= Self.version else {
      throw failure.stop("its schema is of version \(version)", "version \(Self.version) at most", "use the flowrun that made it, or a newer one")
    }
  }

  /// Version 2: the ledger names the objects that hold the responses.
  private func migrate(_ found: Set<String>) async throws {
    if found.contains("object_processed") {
      throw failure.stop(
        "it has a table 'object_processed' that flowrun did not make", "the name to be free for the log of raw objects", "rename that table")
    }
    for sql in ["ALTER TABLE slice ADD COLUMN object text", ObjectStatements.table] + ObjectStatements.comments {
      try await transaction.run([Statement(sql)])
    }
    try await transaction.run([Statement("UPDATE flowrun_setting SET value = $1 WHERE name = $2", [.text(String(Self.version)), .text(Self.versionSetting)])])
  }

  /// Whether flowrun's tables exist, for readers.
  static let preparedStatement = Statement("SELECT to_regclass('slice') IS NOT NULL AND to_regclass('flowrun_setting') IS NOT NULL")

  static let versionStatement = Statement("SELECT value FROM flowrun_setting WHERE name = $1", [.text(versionSetting)])

  private func server() async throws -> Server { try await transaction.run([Self.serverStatement]) { Self.server($0[0]) } }

  /// Asks the server what it is.
  static let serverStatement = Statement(
    """
    SELECT current_setting('server_version_num')::bigint, current_setting('server_encoding'), pg_is_in_recovery(), current_schema()::text,
      EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'), current_setting('synchronous_commit') <> 'off'
    """)

  static func server(_ answer: Answer) -> Server {
    Server(
      version: answer.integer(0, 0) ?? 0, encoding: answer.text(0, 1) ?? "", isStandby: answer.boolean(0, 2), schema: answer.text(0, 3),
      hasTimescale: answer.boolean(0, 4), commitsSynchronously: answer.boolean(0, 5))
  }

  private func check(_ server: Server) throws { try Self.check(server, failure) }

  /// Throws `StopRun` for a server that cannot have flowrun's tables.
  static func check(_ server: Server, _ failure: PostgresFailure) throws {
    if server.version < leastServer {
      throw failure.stop("the server is PostgreSQL \(server.version / 10_000)", "PostgreSQL 13 or newer", "use a newer server")
    }
    if server.encoding != "UTF8" {
      throw failure.stop(
        "its encoding is \(server.encoding)", "UTF8: names of participants and of zones may hold any character",
        "create one: createdb --encoding UTF8 --template template0 NAME")
    }
    if server.isStandby {
      throw failure.stop("the server is a standby, which takes no writes", "the primary", "name the primary, or add target_session_attrs=read-write to the URI")
    }
    if server.schema == nil {
      throw failure.stop(
        "no schema of the search path exists", "one in which flowrun may make tables",
        "create it (CREATE SCHEMA flowrun), or name one: ?options=-csearch_path%3Dflowrun")
    }
  }

  private func existing() async throws -> Set<String> {
    let sql = "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY ($1)"
    return try await transaction.run([Statement(sql, [.texts(Self.ownTables)])]) { answers in
      Set((0..<answers[0].count).compactMap { answers[0].text($0, 0) })
    }
  }

  private func create(in server: Server) async throws {
    for sql in Self.statements(schema: server.schema ?? "public") + Self.firstSettings { try await transaction.run([Statement(sql)]) }
  }

  /// The version of the tables, and the random id that error entries name the database by.
  static let firstSettings = [
    "INSERT INTO flowrun_setting (name, value) VALUES ('\(versionSetting)', '\(version)')",
    "INSERT INTO flowrun_setting (name, value) VALUES ('\(identitySetting)', replace(gen_random_uuid()::text, '-', ''))",
  ]

  /// What makes flowrun's own tables, in order: also what an administrator would run.
  static func statements(schema: String) -> [String] {
    [
      """
      CREATE TABLE participant (
        participant_id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        name text COLLATE "C" NOT NULL UNIQUE
      )
      """,
      """
      CREATE TABLE slice (
        participant_id integer NOT NULL,
        data_type text COLLATE "C" NOT NULL,
        start_instant timestamptz NOT NULL,
        end_instant timestamptz NOT NULL CHECK (end_instant > start_instant),
        state text NOT NULL CHECK (state IN ('written', 'provisional', 'deferred', 'failed')),
        "rows" integer NOT NULL,
        fetched_at timestamptz,
        run text NOT NULL,
        flowfile text,
        sha256 text,
        vanished integer NOT NULL,
        latest_sync timestamptz,
        cause text,
        provider text,
        flow_sha256 text,
        zone text,
        lacking text,
        object text,
        PRIMARY KEY (participant_id, data_type, start_instant)
      )
      """,
      ObjectStatements.table,
      "CREATE TABLE flowrun_setting (name text COLLATE \"C\" PRIMARY KEY, value text NOT NULL)",
      // Counts the transactions that wrote something of a participant: a comparison made before another host wrote is void.
      "CREATE TABLE flowrun_write (participant_id integer PRIMARY KEY, version bigint NOT NULL) WITH (fillfactor = 50)",
      LeaseStatements.table, RequestStatements.table, SettledTriggers.table,
      // Few rows, spread over the participant's whole history.
      "CREATE INDEX flowrun_unsettled ON slice (participant_id, data_type, start_instant) WHERE \(LedgerStatements.unsettled)",
      "CREATE INDEX flowrun_latest_sync ON slice (participant_id, data_type, latest_sync) WHERE latest_sync IS NOT NULL",
    ] + RunStatements.tables + [AuditStatements.table] + AuditStatements.protection(schema: quoted(schema)) + SettledTriggers(schema: quoted(schema)).functions + [SettledTriggers.trigger] + comments
  }

  private static let comments: [String] = [
    "COMMENT ON TABLE participant IS 'Participants by the names of their files'",
    RequestStatements.comment,
  ] + ObjectStatements.comments + AuditStatements.comments + [
    "COMMENT ON TABLE slice IS 'The ledger: what was asked for each participant, data type and time slice, and with what result'",
    "COMMENT ON COLUMN slice.start_instant IS 'Half-open: the slice is [start_instant, end_instant)'",
    "COMMENT ON COLUMN slice.state IS 'written, provisional (asked again), deferred (asked by the next run), failed'",
    "COMMENT ON COLUMN slice.\"rows\" IS 'Rows of the slice that the table has'",
    "COMMENT ON COLUMN slice.sha256 IS 'SHA-256 of the response, hexadecimal'",
    "COMMENT ON COLUMN slice.vanished IS 'Rows of an earlier answer that the latest one lacks; they are kept'",
    "COMMENT ON COLUMN slice.latest_sync IS 'The latest sync of the participant''s tracker when the slice was asked'",
  ]

  // MARK: Settings

  func setting(_ name: String) async throws -> String? {
    try await transaction.run([Statement("SELECT value FROM flowrun_setting WHERE name = $1", [.text(name)])]) { answers in
      answers[0].count > 0 ? answers[0].text(0, 0) : nil
    }
  }

  func set(_ name: String, _ value: String) async throws {
    try await transaction.run([Statement("INSERT INTO flowrun_setting (name, value) VALUES ($1, $2)", [.text(name), .text(value)])])
  }

  /// Records a fact, or compares it with the recorded one. Returns the problem if they differ.
  func agree(on name: String, value: String) async throws -> Diagnostic? {
    let setting = "agreed." + name
    guard let recorded = try await self.setting(setting) else {
      try await set(setting, value)
      return nil
    }
    return Self.disagreement(on: name, recorded: recorded, value: value, location)
  }

  /// nil if nothing differs.
  static func disagreement(on name: String, recorded: String, value: String, _ location: String) -> Diagnostic? {
    guard recorded != value else { return nil }
    return Diagnostic(
      .storedSetting, subject: "database '\(location)'", found: "it was collected with \(name) '\(recorded)', this flow has '\(value)'",
      expected: "\(name) '\(recorded)'", hint: "keep \(name) as it was, or name another database")
  }

  // MARK: Tables of records

  /// Creates a table or adds missing columns. Returns the problems that prevent this.
  func prepare(_ table: TableSchema, _ server: Server) async throws -> [Diagnostic] {
    let problems = table.declarationProblems(in: location, reservedPrefixes: ["pg_", Self.ownPrefix], reservedNames: Self.ownTables) + nameProblems(table)
    guard problems.isEmpty else { return problems }
    if let other = try await kindOfRelation(table.name), !["r", "p"].contains(other) {
      return [problem(table, "the database has another object of that name", "the name to be free")]
    }
    let stored = try await StoredColumn.all(of: table.name, transaction)
    guard stored.isEmpty else { return try await extend(table, stored) }
    let definition = PostgresTable(table)
    try await transaction.run([Statement(definition.createStatement(isHypertable: server.hasTimescale))])
    if server.hasTimescale, definition.isPartitioned { try await transaction.run([Statement(definition.hypertableStatement)]) }
    for column in table.columns { try await transaction.run([Statement(Self.kindStatement(table, column))]) }
    for comment in definition.comments { try await transaction.run([Statement(comment)]) }
    try await prepareView(of: table, columns: ["participant_id"] + table.columns.map(\.name))
    return []
  }

  private func nameProblems(_ table: TableSchema) -> [Diagnostic] {
    // The longest name that is made from it: a month's partition.
    guard table.name.utf8.count + "_2026_01".utf8.count > Self.longestName else { return [] }
    return [problem(table, "its name has \(table.name.utf8.count) bytes", "at most \(Self.longestName - "_2026_01".utf8.count), so that its partitions can be named after it")]
  }

  private func extend(_ table: TableSchema, _ stored: [StoredColumn]) async throws -> [Diagnostic] {
    var problems: [Diagnostic] = []
    let key = stored.filter { $0.keyPosition > 0 }.sorted { $0.keyPosition < $1.keyPosition }.map(\.name)
    let expected = ["participant_id"] + table.key
    if key != expected {
      problems.append(
        problem(
          table, "its key is (\(key.joined(separator: ", "))) in the database and (\(expected.joined(separator: ", "))) in the flow",
          "the key that the database has"))
    }
    var missing: [TableSchema.Column] = []
    for column in table.columns {
      guard let known = stored.first(where: { $0.name.lowercased() == column.name.lowercased() }) else {
        missing.append(column)
        continue
      }
      let type = PostgresTable(table).type(of: column).catalogName
      let kind = try await setting(kindSetting(table, column))
      guard known.type != type || (kind ?? column.kind.rawValue) != column.kind.rawValue else { continue }
      problems.append(
        problem(
          table, "column '\(column.name)' is \(kind ?? known.type) in the database and \(column.kind.rawValue) in the flow",
          "the kind that the database has"))
    }
    guard problems.isEmpty else { return problems }
    for column in missing {
      let type = PostgresTable(table).type(of: column).declaration
      try await transaction.run([Statement("ALTER TABLE \(quoted(table.name)) ADD COLUMN \(quoted(column.name)) \(type)")])
      try await set(kindSetting(table, column), column.kind.rawValue)
    }
    try await extendView(of: table, columns: stored.map(\.name) + missing.map(\.name))
    return []
  }

  private func prepareView(of table: TableSchema, columns: [String]) async throws {
    guard let sql = PostgresTable(table).viewStatement(columns: columns) else { return }
    try await transaction.run([Statement(sql)])
  }

  /// A view keeps its columns in their order: one in the middle is made by making the view again. Where others stand on it, the new ones come last.
  private func extendView(of table: TableSchema, columns: [String]) async throws {
    let definition = PostgresTable(table), name = quoted(definition.viewName)
    guard definition.viewStatement(columns: columns) != nil else { return }
    let known = try await transaction.run([PostgresRelations.columns(of: definition.viewName)]) { PostgresRelations.columns($0[0]).map(\.name) }
    let missing = columns.filter { !known.contains($0) }
    guard !missing.isEmpty else { return }
    do {
      try await transaction.savepoint {
        try await transaction.run([Statement("DROP VIEW IF EXISTS \(name)")])
        try await prepareView(of: table, columns: columns)
      }
    } catch let error as ServerError where error.state == "2BP01" {
      let time = known.firstIndex(of: "datetime") ?? known.endIndex
      guard let sql = definition.viewStatement(columns: Array(known[..<time]), last: known[time...].dropFirst() + missing) else { return }
      try await transaction.run([Statement(sql)])
    }
  }

  /// The columns of tables, by table; none of a table that does not exist.
  func columnNames(of tables: [TableSchema]) async throws -> [String: [String]] {
    guard !tables.isEmpty else { return [:] }
    let columns = try await transaction.run(tables.map { StoredColumn.statement(of: $0.name) }) { answers in answers.map { StoredColumn.columns($0).map(\.name) } }
    return Dictionary(zip(tables.map(\.name), columns)) { first, _ in first }
  }

  private func kindOfRelation(_ name: String) async throws -> String? {
    let sql = "SELECT relkind::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = $1"
    return try await transaction.run([Statement(sql, [.text(name)])]) { $0[0].count > 0 ? $0[0].text(0, 0) : nil }
  }

  /// Remembers a column's kind, which its type alone does not tell.
  static func kindStatement(_ table: TableSchema, _ column: TableSchema.Column) -> String {
    let name = "kind.\(table.name).\(column.name)".split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    return "INSERT INTO flowrun_setting (name, value) VALUES ('\(name)', '\(column.kind.rawValue)')"
  }

  private func kindSetting(_ table: TableSchema, _ column: TableSchema.Column) -> String { "kind.\(table.name).\(column.name)" }

  private func problem(_ table: TableSchema, _ found: String, _ expected: String) -> Diagnostic {
    Diagnostic(
      .storedTable, subject: "table '\(table.name)' of database '\(location)'", found: found, expected: expected,
      hint: "change the flow back, or name another table or database")
  }
}

/// A column as the catalogue has it.
struct StoredColumn: Sendable {
  var name: String
  /// As `format_type` names it.
  var type: String
  /// Position in the primary key from 1; 0 if not part of it.
  var keyPosition: Int

  /// Empty if the table does not exist.
  static func all(of table: String, _ transaction: PostgresTransaction) async throws -> [StoredColumn] {
    try await transaction.run([statement(of: table)]) { columns($0[0]) }
  }

  static func statement(of table: String) -> Statement {
    Statement(
      """
      SELECT a.attname::text, format_type(a.atttypid, NULL), coalesce(array_position(i.indkey::int2[], a.attnum), -1) + 1
      FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
        LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
      """, [.text(table)])
  }

  static func columns(_ answer: Answer) -> [StoredColumn] {
    (0..<answer.count).map { row in
      StoredColumn(name: answer.text(row, 0) ?? "", type: answer.text(row, 1) ?? "", keyPosition: Int(answer.integer(row, 2) ?? 0))
    }
  }
}
