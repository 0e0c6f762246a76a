import FlowCore
import FlowSQLite
import StudyModel
import Testing

@Suite("No row belongs to nobody")
struct ParticipantIdentityTests {
  private let day = SQLiteFixture.day

  @Test("rows for a participant who is gone from the database are refused, ledger row and all")
  func gone() async throws {
    let fixture = try await SQLiteFixture()
    let slice = SQLiteFixture.slice(day, day + 600), next = SQLiteFixture.slice(day + 600, day + 1200)
    try await fixture.write(SQLiteFixture.heart([(day, 60)]), slice)
    // Another program, on a connection that does not mind.
    try fixture.execute("PRAGMA foreign_keys = OFF; DELETE FROM participant")
    await #expect(throws: ProcessorError.self) { try await fixture.write(SQLiteFixture.heart([(day + 600, 60)]), next) }
    await #expect(throws: (any Error).self) {
      var deferred = next
      deferred.state = .deferred
      deferred.fetchedAt = nil
      try await fixture.store.record([deferred])
    }
    #expect(try fixture.query("SELECT count(*) FROM fitbit_intraday_hr") == ["1"])
    #expect(try fixture.query("SELECT count(*) FROM slice") == ["1"])
  }

  @Test("a database that holds such rows from an earlier version works on for everybody else")
  func older() async throws {
    let fixture = try await SQLiteFixture()
    try fixture.execute("PRAGMA foreign_keys = OFF; INSERT INTO fitbit_intraday_hr VALUES (0, \(day), 0, 61)")
    try await fixture.write(SQLiteFixture.heart([(day, 60)]), SQLiteFixture.slice(day, day + 600))
    try await fixture.store.close()
    let store = SQLiteFixture.store(fixture.environment)
    try await store.prepare()
    try await store.prepare(tables: TableSchema.promised)
    _ = try await store.erase(participant: "P0001")
    #expect(try fixture.query("SELECT participant_id, value FROM fitbit_intraday_hr") == ["0|61"])
    #expect(try fixture.query("SELECT count(*) FROM participant") == ["0"])
  }
}
