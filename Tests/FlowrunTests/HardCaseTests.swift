import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("Hard cases from real data")
struct HardCaseTests {
  @Test(
    "what changes between two runs is collected as it is afterwards", .timeLimit(.minutes(5)),
    arguments: [(HardCase.revisedLower, 30), (.lateSync, 7 * 24)])
  func changes(hardCase: HardCase, hours: Int) async throws {
    let study = try await Study(participants: hardCase.number, days: 3) { $0.hardCases = [hardCase] }
    #expect(try await study.run().result.exit == 0)
    try study.collected().expectEqual(to: study.truth)
    try study.simulator.advance(by: .seconds(hours * 3600))
    let result = try await study.run().result
    #expect(result.exit == 0, "\(result.errors)")
    try study.collected().expectEqual(to: study.truth)
    try study.collected().expectContiguousLedger()
    await study.simulator.stop()
  }

  /// The wire does not say when a journey was: the new zone holds from the sync that is the last to have had the old one.
  @Test(
    "after a journey every local day is there once, the long or the short one too", .timeLimit(.minutes(5)),
    arguments: [HardCase.zoneChangeWest, .zoneChangeEast])
  func journey(hardCase: HardCase) async throws {
    let study = try await Study(participants: hardCase.number, days: 3) { $0.hardCases = [hardCase] }
    #expect(try await study.run().result.exit == 0)
    let offsets = """
      SELECT instant || ' ' || utc_offset FROM fitbit_intraday_steps
      JOIN participant USING (participant_id) WHERE name = '\(study.simulator.population.participants[hardCase.number - 1].name)' ORDER BY 1
      """
    let before = try study.collected().strings(offsets)
    try study.simulator.advance(by: .seconds(40 * 3600))
    let result = try await study.run().result
    #expect(result.exit == 0, "\(result.errors)")
    let after = try study.collected().strings(offsets)
    #expect(after.count > before.count)
    #expect(Array(after.prefix(before.count)) == before, "what was asked again keeps the offset of its own time")
    var days: [String] = []
    var samples: [String] = []
    let participant = study.simulator.population.participants[hardCase.number - 1]
    study.truth.forEachRow(of: participant) { row in
      switch row {
      case .dailyActivity(let day): days.append("\(day.date) \(day.steps ?? -1) \(day.sedentaryMinutes ?? -1) \(day.restingHeartRate ?? -1)")
      case .heartRate(let sample): samples.append("\(sample.instant) \(sample.value)")
      case .heartRateSummary, .steps: break
      }
    }
    let mine = "JOIN participant USING (participant_id) WHERE name = '\(participant.name)' ORDER BY 1"
    let collected = try study.collected()
    #expect(
      try collected.strings(
        "SELECT date || ' ' || steps || ' ' || sedentary_minutes || ' ' || coalesce(resting_heart_rate, -1) FROM fitbit_daily_activity \(mine)")
        == days)
    #expect(try collected.strings("SELECT instant || ' ' || value FROM fitbit_intraday_hr \(mine)") == samples)
    try collected.expectContiguousLedger()
    await study.simulator.stop()
  }

  @Test("rows that the provider deleted stay, and are counted as vanished", .timeLimit(.minutes(5)))
  func deleted() async throws {
    let hardCase = HardCase.deletedLater
    let study = try await Study(participants: hardCase.number, days: 3) { $0.hardCases = [hardCase] }
    #expect(try await study.run().result.exit == 0)
    try study.simulator.advance(by: .seconds(20 * 3600))
    #expect(try await study.run().result.exit == 0)
    let participant = study.simulator.population.participants[hardCase.number - 1]
    let gone = try #require(study.truth.vanished(of: participant))
    let minutes: Int? = try study.collected().value(
      """
      SELECT count(*) FROM fitbit_intraday_steps JOIN participant USING (participant_id)
      WHERE name = '\(participant.name)' AND instant >= \(gone.lowerBound) AND instant < \(gone.upperBound)
      """)
    #expect(minutes == gone.count / 60)
    let vanished: Int? = try study.collected().value("SELECT sum(vanished) FROM slice WHERE data_type = 'intraday-steps'")
    #expect(vanished == gone.count / 60)
    await study.simulator.stop()
  }
}
