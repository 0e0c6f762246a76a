import FlowCore
import StudyModel

/// The statements on the table `flowrun_audit`: the trail of what people did. Triggers refuse to change or remove an entry.
enum AuditStatements {
  static let name = "flowrun_audit"

  static let table = """
    CREATE TABLE flowrun_audit (
      number bigint PRIMARY KEY,
      act bigint NOT NULL,
      phase text NOT NULL CHECK (phase IN ('begun', 'ended', 'done')),
      "time" timestamptz NOT NULL,
      user_name text NOT NULL,
      host text NOT NULL,
      command text NOT NULL,
      parameters text NOT NULL,
      reason text,
      flow text,
      flow_sha256 text,
      run text,
      result text,
      "exit" integer,
      previous text NOT NULL,
      sha256 text NOT NULL
    )
    """

  /// What protects the table, for one without it.
  /// - Parameter schema: quoted.
  static func protection(schema: String) -> [String] {
    [
      """
      CREATE OR REPLACE FUNCTION \(schema).flowrun_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'flowrun_audit is append-only: an entry is never changed or removed';
      END $$
      """,
      "CREATE TRIGGER flowrun_audit_keep BEFORE UPDATE OR DELETE ON flowrun_audit FOR EACH ROW EXECUTE FUNCTION \(schema).flowrun_audit_refuse()",
      "CREATE TRIGGER flowrun_audit_keep_all BEFORE TRUNCATE ON flowrun_audit FOR EACH STATEMENT EXECUTE FUNCTION \(schema).flowrun_audit_refuse()",
    ]
  }

  static let unprotect = ["flowrun_audit_keep", "flowrun_audit_keep_all"].map { "DROP TRIGGER IF EXISTS \($0) ON flowrun_audit" }

  static let isProtected = Statement(
    "SELECT count(*) = 2 FROM pg_trigger WHERE tgrelid = to_regclass('flowrun_audit') AND tgname IN ('flowrun_audit_keep', 'flowrun_audit_keep_all') AND tgenabled <> 'D'")

  static let comments = [
    "COMMENT ON TABLE flowrun_audit IS 'What people did, each entry with the hash of the one before; flowrun audit verify'",
    "COMMENT ON COLUMN flowrun_audit.act IS 'The number of the entry with which the act began'",
  ]

  /// Appending is serialised until the transaction ends. "FLOW" in ASCII, and a number of our own.
  private static let lock = Statement("SELECT pg_advisory_xact_lock(1179406167, 2)")

  /// Adds an entry, inside the caller's transaction. One that is there already, because a commit's answer was lost, is not added again.
  @discardableResult
  static func append(_ line: AuditLine, _ transaction: PostgresTransaction) async throws -> AuditEntry {
    try await transaction.run([lock])
    let latest = try await transaction.run([latest(20)]) { answers in try entries(answers[0]) }
    if let known = latest.first(where: { $0.line == line || (line.act == nil && $0.act == $0.number && $0.line == line.with(act: $0.number)) }) { return known }
    let entry = AuditEntry(line, after: latest.first.map { ($0.number, $0.sha256) })
    try await transaction.run([insert(entry)])
    return entry
  }

  private static func insert(_ entry: AuditEntry) -> Statement {
    let line = entry.line
    return Statement(
      """
      INSERT INTO flowrun_audit
        (number, act, phase, "time", user_name, host, command, parameters, reason, flow, flow_sha256, run, result, "exit", previous, sha256)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
      """,
      [
        .integer(entry.number), .integer(entry.act), .text(line.phase.rawValue), .moment(line.time), .text(line.author.user), .text(line.author.host),
        .text(line.command), .text(line.parametersText), .text(line.reason), .text(line.flow), .text(line.flowSHA256), .text(line.run), .text(line.result),
        .integer(line.exit.map(Int64.init)), .text(entry.previous), .text(entry.sha256),
      ])
  }

  private static let columns = """
    number, act, phase, "time", user_name, host, command, parameters, reason, flow, flow_sha256, run, result, "exit", previous, sha256
    """

  private static func latest(_ limit: Int64) -> Statement {
    Statement("SELECT \(columns) FROM flowrun_audit ORDER BY number DESC LIMIT $1", [.integer(limit)])
  }

  static func after(_ number: Int64, limit: Int) -> Statement {
    Statement("SELECT \(columns) FROM flowrun_audit WHERE number > $1 ORDER BY number LIMIT $2", [.integer(number), .integer(Int64(limit))])
  }

  static let exists = Statement("SELECT to_regclass('flowrun_audit') IS NOT NULL")

  static func entries(_ answer: Answer) throws -> [AuditEntry] {
    try (0..<answer.count).map { row in
      func text(_ column: Int) -> String { answer.text(row, column) ?? "" }
      guard let phase = AuditLine.Phase(rawValue: text(2)), let time = answer.moment(row, 3) else {
        throw ProcessorError(.database, "flowrun_audit has an entry \(answer.integer(row, 0) ?? 0) that flowrun did not write: its phase is '\(text(2))'")
      }
      let line = AuditLine(
        act: answer.integer(row, 1), phase, at: time, by: AuditAuthor(user: text(4), host: text(5)), command: text(6), parameters: AuditEntry.parameters(text(7)),
        reason: answer.text(row, 8), flow: answer.text(row, 9), flowSHA256: answer.text(row, 10), run: answer.text(row, 11), result: answer.text(row, 12),
        exit: answer.integer(row, 13).map { Int32(clamping: $0) })
      return AuditEntry(number: answer.integer(row, 0) ?? 0, line: line, previous: text(14), sha256: text(15))
    }
  }
}

extension AuditLine {
  fileprivate func with(act: Int64) -> AuditLine {
    var line = self
    line.act = act
    return line
  }
}

extension PostgresDatabase: AuditTrail {
  package var audit: (any AuditTrail)? { self }

  package func append(_ line: AuditLine) async throws -> AuditHead {
    let location = location
    let head = try await transaction { transaction in
      let entry = try await AuditStatements.append(line, transaction)
      let id = try await PostgresSchema(transaction: transaction, location: location).setting(PostgresSchema.identitySetting) ?? ""
      return AuditHead(database: location, id: id, number: entry.number, sha256: entry.sha256)
    }
    try await synchronize()
    return head
  }
}
