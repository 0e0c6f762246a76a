import FlowCore
import GRDB
import StudyModel

extension RunSummary {
  init(_ row: Row) throws {
    let text: String = row["status"]
    guard let status = Status(rawValue: text) else {
      throw Diagnostic(.storedSetting, subject: "run '\(row["run"] as String)'", found: "its status is '\(text)'", expected: "a status of this version")
    }
    self.init(
      run: row["run"], flow: row["flow"], file: row["file"], flowSHA256: row["flow_sha256"], started: row["started"], finished: row["finished"],
      status: status, exit: row["exit"])
  }
}

/// The tables of the journal.
struct JournalSchema {
  static let version = 1

  let session: SQLSession
  let path: String

  func prepare() throws {
    guard try storedVersion() != JournalSchema.version else { return }
    try session.transaction {
      // Another process may have created the tables meanwhile.
      let found = try storedVersion()
      guard found <= JournalSchema.version else {
        throw SQLiteFailure(path: path).stop(
          "its schema is of version \(found)", "version \(JournalSchema.version) at most",
          "use the flowrun that made it, or name another state folder")
      }
      guard found == 0 else { return }
      try session.execute(
        """
        CREATE TABLE run (
          number INTEGER PRIMARY KEY AUTOINCREMENT,
          run TEXT NOT NULL UNIQUE,
          flow TEXT NOT NULL,
          file TEXT NOT NULL,
          flow_sha256 TEXT NOT NULL,
          started TEXT NOT NULL,
          finished TEXT,
          status TEXT NOT NULL,
          exit INTEGER,
          report TEXT
        )
        """)
      try session.execute(
        """
        CREATE TABLE bulletin (
          run TEXT NOT NULL,
          level TEXT NOT NULL,
          processor TEXT NOT NULL,
          subject TEXT NOT NULL,
          detail TEXT NOT NULL
        )
        """)
      try session.execute("CREATE INDEX bulletin_run ON bulletin (run)")
      try session.execute("PRAGMA user_version = \(JournalSchema.version)")
    }
  }

  private func storedVersion() throws -> Int { try Int.fetchOne(session.database, sql: "PRAGMA user_version") ?? 0 }
}
