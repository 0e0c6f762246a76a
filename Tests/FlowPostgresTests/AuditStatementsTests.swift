import FlowCore
import FlowPostgres
import FlowTesting
import StudyModel
import Testing

@Suite("The audit trail in PostgreSQL")
struct AuditStatementsTests {
  @Test(
    "the database itself refuses to change or remove an entry",
    arguments: ["UPDATE flowrun_audit SET user_name = 'bob'", "DELETE FROM flowrun_audit", "TRUNCATE flowrun_audit"])
  func refuses(sql: String) async throws {
    let fixture = try await PostgresFixture()
    let store = PostgresFixture.store(fixture.uri)
    try await store.opened { try await $0.prepare(tables: TableSchema.promised) }
    await #expect(throws: (any Error).self) { try await fixture.server.execute(sql, in: fixture.uri) }
    #expect(try await fixture.query("SELECT count(*) > 0, min(user_name) FROM flowrun_audit") == ["t|"])
  }

  @Test("a database of an earlier version gets its trail, and its protection, when it is opened")
  func earlierVersion() async throws {
    let fixture = try await PostgresFixture()
    let store = PostgresFixture.store(fixture.uri)
    try await store.opened { _ in }
    try await fixture.server.execute("DROP TABLE flowrun_audit", in: fixture.uri)
    #expect(try await store.reading { try await $0.auditEntries(after: 0, limit: 9) } == [])
    try await store.opened { _ in }
    #expect(try await store.reading { try await $0.auditEntries(after: 0, limit: 9).map(\.line.parameters) } == [["began the audit trail"]])
    await #expect(throws: (any Error).self) { try await fixture.server.execute("TRUNCATE flowrun_audit", in: fixture.uri) }
  }
}
