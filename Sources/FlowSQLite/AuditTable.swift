import FlowCore
import GRDB
import StudyModel

/// The table `flowrun_audit`: the trail of what people did. Triggers refuse to change or remove an entry, and to add one anywhere but at the end.
struct AuditTable {
  let session: SQLSession

  static let name = "flowrun_audit"

  static let table = """
    CREATE TABLE flowrun_audit (
      number INTEGER PRIMARY KEY,
      act INTEGER NOT NULL,
      phase TEXT NOT NULL CHECK (phase IN ('begun', 'ended', 'done')),
      time TEXT NOT NULL,
      user_name TEXT NOT NULL,
      host TEXT NOT NULL,
      command TEXT NOT NULL,
      parameters TEXT NOT NULL,
      reason TEXT,
      flow TEXT,
      flow_sha256 TEXT,
      run TEXT,
      result TEXT,
      exit INTEGER,
      previous TEXT NOT NULL,
      sha256 TEXT NOT NULL
    )
    """

  private static let triggers = [
    ("flowrun_audit_update", "BEFORE UPDATE ON flowrun_audit BEGIN SELECT RAISE(ABORT, 'flowrun_audit is append-only: an entry is never changed'); END"),
    ("flowrun_audit_delete", "BEFORE DELETE ON flowrun_audit BEGIN SELECT RAISE(ABORT, 'flowrun_audit is append-only: an entry is never removed'); END"),
    // `INSERT OR REPLACE` removes a row without asking a trigger.
    (
      "flowrun_audit_insert",
      "BEFORE INSERT ON flowrun_audit WHEN NEW.number <> coalesce((SELECT max(number) FROM flowrun_audit), 0) + 1 "
        + "BEGIN SELECT RAISE(ABORT, 'flowrun_audit is append-only: an entry comes after the last one'); END"
    ),
  ]

  /// Makes the table and what protects it where they are missing; true if the table was.
  func prepare() throws -> Bool {
    let isNew = try definition(of: Self.name) == nil
    if isNew { try session.execute(Self.table) }
    for (name, rest) in Self.triggers {
      let sql = "CREATE TRIGGER \(name) \(rest)", known = try definition(of: name)
      guard known != sql else { continue }
      if known != nil { try session.execute("DROP TRIGGER \(name)") }
      try session.execute(sql)
    }
    return isNew
  }

  private func definition(of name: String) throws -> String? {
    try session.rows("SELECT sql FROM sqlite_master WHERE name = ?", [name]).first?[0]
  }

  /// Adds an entry, inside the caller's transaction.
  @discardableResult
  func append(_ line: AuditLine) throws -> AuditEntry {
    let last = try session.rows("SELECT number, sha256 FROM flowrun_audit ORDER BY number DESC LIMIT 1").first.map { (number: $0[0] as Int64, sha256: $0[1] as String) }
    let entry = AuditEntry(line, after: last)
    try session.execute(
      """
      INSERT INTO flowrun_audit
        (number, act, phase, time, user_name, host, command, parameters, reason, flow, flow_sha256, run, result, exit, previous, sha256)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        entry.number, entry.act, line.phase.rawValue, line.time.text, line.author.user, line.author.host, line.command, line.parametersText, line.reason, line.flow,
        line.flowSHA256, line.run, line.result, line.exit, entry.previous, entry.sha256,
      ])
    return entry
  }

  func entries(after number: Int64, limit: Int) throws -> [AuditEntry] {
    guard try definition(of: Self.name) != nil else { return [] }
    return try session.rows("SELECT * FROM flowrun_audit WHERE number > ? ORDER BY number LIMIT ?", [number, limit]).map { row in
      let time: String = row["time"], phase: String = row["phase"]
      guard let instant = Instant(rfc3339: time), let known = AuditLine.Phase(rawValue: phase) else {
        throw ProcessorError(
          .database, "flowrun_audit has an entry \(row["number"] as Int64) that flowrun did not write: its time is '\(time)' and its phase '\(phase)'")
      }
      let line = AuditLine(
        act: row["act"], known, at: instant, by: AuditAuthor(user: row["user_name"], host: row["host"]), command: row["command"],
        parameters: AuditEntry.parameters(row["parameters"]), reason: row["reason"], flow: row["flow"], flowSHA256: row["flow_sha256"], run: row["run"],
        result: row["result"], exit: row["exit"])
      return AuditEntry(number: row["number"], line: line, previous: row["previous"], sha256: row["sha256"])
    }
  }
}

extension SQLiteDatabase: AuditTrail {
  package var audit: (any AuditTrail)? { self }

  package func append(_ line: AuditLine) async throws -> AuditHead {
    let head = try await onWriter { [path] session in
      try session.transaction {
        let entry = try AuditTable(session: session).append(line)
        let id = try SQLiteSchema(session: session, path: path).setting(SQLiteSchema.identitySetting) ?? ""
        return AuditHead(database: path, id: id, number: entry.number, sha256: entry.sha256)
      }
    }
    try await synchronize()
    return head
  }
}
