import FlowSQLite
import GRDB
import StudyModel
import Testing

@Suite("The audit trail in a database file")
struct AuditTableTests {
  private static func entries(_ fixture: SQLiteFixture) async throws -> [AuditEntry] {
    try await fixture.store.reading { try await $0.auditEntries(after: 0, limit: 100) } ?? []
  }

  @Test(
    "the database itself refuses to change, remove, replace or renumber an entry",
    arguments: [
      "UPDATE flowrun_audit SET user_name = 'bob'", "DELETE FROM flowrun_audit WHERE number = 1", "DELETE FROM flowrun_audit",
      "INSERT OR REPLACE INTO flowrun_audit SELECT * FROM flowrun_audit WHERE number = 1",
      "INSERT INTO flowrun_audit SELECT number + 10, act, phase, time, user_name, host, command, parameters, reason, flow, flow_sha256, run, result, exit, previous, sha256 FROM flowrun_audit WHERE number = 1",
    ])
  func refuses(sql: String) async throws {
    let fixture = try await SQLiteFixture()
    let before = try await Self.entries(fixture)
    let error = #expect(throws: DatabaseError.self) { try fixture.execute(sql) }
    #expect(error?.message?.contains("flowrun_audit is append-only") == true, "\(String(describing: error))")
    #expect(try await Self.entries(fixture) == before && !before.isEmpty)
  }

  @Test("a database of an earlier version gets its trail when it is opened; a reader finds none before")
  func earlierVersion() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.store.close()
    try fixture.execute("DROP TABLE flowrun_audit")
    #expect(try await Self.entries(fixture).isEmpty)
    try await fixture.store.prepare()
    #expect(try await Self.entries(fixture).map(\.line.parameters) == [["began the audit trail"]])
    #expect(throws: DatabaseError.self) { try fixture.execute("DELETE FROM flowrun_audit") }
  }

  @Test("protection that somebody has taken away is put back when the database is opened")
  func protectedAgain() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.store.close()
    try fixture.execute("DROP TRIGGER flowrun_audit_delete")
    try await fixture.store.prepare()
    #expect(throws: DatabaseError.self) { try fixture.execute("DELETE FROM flowrun_audit") }
  }
}
