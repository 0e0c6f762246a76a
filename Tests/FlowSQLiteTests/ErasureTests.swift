import FlowCore
import FlowSQLite
import StudyModel
import Testing

@Suite("Erasing a participant")
struct ErasureTests {
  let day = SQLiteFixture.day

  private func filled(limits: SQLiteLimits = SQLiteLimits(), faultPoint: @escaping StoreFaultPoint = { _ in }) async throws -> SQLiteFixture {
    let fixture = try await SQLiteFixture(faultPoint: faultPoint, limits: limits)
    for participant in ["P0001", "P0002"] {
      try await fixture.write(
        SQLiteFixture.heart((0..<100).map { (day + $0 * 60, 60 + $0) }), SQLiteFixture.slice(day, day + 86_400, participant: participant),
        participant: participant)
      try await fixture.write(
        SQLiteFixture.zones("2026-01-05", [("Cardio", 1, 2), ("Peak", 3, 4)]),
        SQLiteFixture.slice(day, day + 86_400, dataType: "heart-rate-zones", participant: participant), table: SQLiteFixture.zones,
        participant: participant)
    }
    return fixture
  }

  private func counts(_ fixture: SQLiteFixture, of participantID: Int) throws -> [String] {
    try ["slice", "fitbit_intraday_hr", "fitbit_hr_summary", "participant"].flatMap { table in
      try fixture.query("SELECT count(*) FROM \(table) WHERE participant_id = \(participantID)")
    }
  }

  @Test("ledger, rows of every table and the id are erased, and none of another participant", arguments: [7, 100, 50_000])
  func erases(rowsAtOnce: Int) async throws {
    var limits = SQLiteLimits()
    limits.erasedRows = rowsAtOnce
    let fixture = try await filled(limits: limits)
    let erasure = try await fixture.store.erase(participant: "P0001")
    #expect(erasure.rows == ["fitbit_intraday_hr": 100, "fitbit_hr_summary": 2])
    #expect(erasure.slices == 2)
    #expect(try fixture.query("SELECT name FROM participant") == ["P0002"])
    #expect(try counts(fixture, of: 1) == ["0", "0", "0", "0"])
    #expect(try counts(fixture, of: 2) == ["2", "100", "2", "1"])
    #expect(try await fixture.store.erase(participant: "P0001") == Erasure())
    // The participant may return, as a new one.
    try await fixture.write(SQLiteFixture.heart([(day, 60)]), SQLiteFixture.slice(day, day + 60))
    #expect(try fixture.query("SELECT count(*) FROM fitbit_intraday_hr JOIN participant USING (participant_id) WHERE name = 'P0001'") == ["1"])
  }

  @Test("interrupted at any statement, no ledger row claims rows that are erased, and repeating it erases the rest")
  func brokenOff() async throws {
    struct Broken: Error {}
    for failing in stride(from: 1, to: 60, by: 2) {
      let count = Locked<Int?>(nil)
      var limits = SQLiteLimits()
      limits.erasedRows = 60
      let fixture = try await filled(limits: limits) { _ in
        let isNow = count.withLock { count in
          count = count.map { $0 + 1 }
          return count == failing
        }
        if isNow { throw Broken() }
      }
      count.withLock { $0 = 0 }
      var isWhole = true
      do {
        _ = try await fixture.store.erase(participant: "P0001")
      } catch {
        isWhole = false
      }
      count.withLock { $0 = nil }
      let slices = try fixture.query("SELECT count(*) FROM slice WHERE participant_id = 1")
      let rows = try fixture.query("SELECT count(*) FROM fitbit_intraday_hr WHERE participant_id = 1")
      #expect(slices == ["0"] || rows == ["100"], "call \(failing)")
      _ = try await fixture.store.erase(participant: "P0001")
      #expect(try fixture.query("SELECT name FROM participant") == ["P0002"])
      #expect(try fixture.query("SELECT count(*) FROM fitbit_intraday_hr") == ["100"])
      if isWhole { return }
    }
    Issue.record("it takes more calls than were tried")
  }
}
