import FlowCore
import FlowSQLite
import StudyModel
import Testing

@Suite("Every row belongs to a participant")
struct ParticipantIdentityTests {
  private let day = SQLiteFixture.day

  @Test(
    "after another program deleted a participant, the next one gets an id that no row uses", arguments: ["P0001", "P0002"])
  func gone(newcomer: String) async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.write(SQLiteFixture.heart([(day, 60)]), SQLiteFixture.slice(day, day + 600))
    // On a connection that does not check foreign keys.
    try fixture.execute("PRAGMA foreign_keys = OFF; DELETE FROM participant")
    let next = SQLiteFixture.slice(day + 600, day + 1200, participant: newcomer)
    try await fixture.write(SQLiteFixture.heart([(day + 600, 61)]), next, participant: newcomer)
    var deferred = SQLiteFixture.slice(day + 1200, day + 1800, participant: newcomer)
    deferred.state = .deferred
    deferred.fetchedAt = nil
    try await fixture.store.record([deferred])
    #expect(try fixture.query("SELECT participant_id, name FROM participant") == ["2|\(newcomer)"])
    #expect(try fixture.query("SELECT participant_id, value FROM fitbit_intraday_hr ORDER BY 1") == ["1|60", "2|61"])
    #expect(try fixture.query("SELECT participant_id, count(*) FROM slice GROUP BY 1") == ["1|1", "2|2"])
  }

  @Test("a database with such rows from an earlier version keeps working for every other participant")
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
