import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("The nightly flows on the simulated providers")
struct NightlyFlowTests {
  @Test(
    "sleeps, their stages and what is measured are collected row for row; a second run asks little and changes nothing",
    .timeLimit(.minutes(5)), arguments: ["fitbit-nightly", "google-health-nightly"])
  func wholeTruth(_ flow: String) async throws {
    let study = try await Study(participants: 6, days: 3, flow: flow)
    let (first, _) = try await study.run()
    #expect(first.exit == 0, "\(first.errors)\n\(first.output)")
    try Self.expectNights(study, isGoogle: flow.hasPrefix("google"))
    try study.collected().expectContiguousLedger()
    let requests = study.simulator.statistics.totalRequests
    let (second, again) = try await study.run()
    #expect(second.exit == 0, "\(second.errors)")
    #expect(study.simulator.statistics.totalRequests - requests <= 4 * 6)
    for rows in try #require(again["rows"] as? [String: [String: Int]]).values { #expect(rows["inserted"] == 0 && rows["updated"] == 0) }

    // The sync moves forward: unfinished nights are requested again and complete.
    try study.simulator.advance(by: .seconds(30 * 3600))
    #expect(try await study.run().result.exit == 0)
    try Self.expectNights(study, isGoogle: flow.hasPrefix("google"))
    await study.simulator.stop()
  }

  private static func expectNights(_ study: Study, isGoogle: Bool) throws {
    let collected = try study.collected()
    let truth = study.truth
    var sleeps: [String] = []
    var stages: [String] = []
    var measured: [String] = []
    for participant in truth.population.participants {
      let nights = truth.nights(of: participant)
      // Fitbit returns no list for a day while it processes one of its sleeps.
      let pendingDates = Set(isGoogle ? [] : nights.filter(\.isPending).map(\.date))
      for night in nights where !pendingDates.contains(night.date) {
        func known(_ value: Int) -> String { night.isPending ? "-" : String(value) }
        sleeps.append(
          "\(participant.name) \(night.date) \(night.number) \(night.start) \(night.end) \(night.isMain ? 1 : 0) \(known(night.minutesAsleep)) \(known(night.minutesAwake)) \(known(night.minutesInBed))")
        if !night.isPending { stages += night.stages.map { "\(participant.name) \(night.number) \($0.start) \(word(of: $0.level, isGoogle))" } }
        if let values = night.measured {
          measured.append("\(participant.name) \(night.date) \(values.heartRateVariability) \(values.oxygenLowest) \(values.breathingRate)")
        }
      }
    }
    #expect(!sleeps.isEmpty && !stages.isEmpty && !measured.isEmpty)
    let number = isGoogle ? "replace(log_id, 'users/me/dataTypes/sleep/dataPoints/', '')" : "log_id"
    #expect(
      try collected.strings(
        """
        SELECT name || ' ' || date || ' ' || \(number) || ' ' || instant || ' ' || end_instant || ' ' || is_main_sleep || ' '
          || coalesce(minutes_asleep, '-') || ' ' || coalesce(minutes_awake, '-') || ' ' || coalesce(minutes_in_bed, '-')
        FROM fitbit_sleep_log JOIN participant USING (participant_id)
        """
      ).sorted() == sleeps.sorted())
    #expect(
      try collected.strings(
        "SELECT name || ' ' || \(number) || ' ' || instant || ' ' || stage FROM fitbit_sleep_stage JOIN participant USING (participant_id)"
      ).sorted() == stages.sorted())
    #expect(
      try collected.strings(
        """
        SELECT name || ' ' || date || ' ' || rmssd || ' ' || lower || ' ' || breaths_per_minute
        FROM fitbit_daily_hrv JOIN fitbit_daily_oxygen_saturation USING (participant_id, date)
          JOIN fitbit_daily_breathing_rate USING (participant_id, date) JOIN fitbit_daily_skin_temperature USING (participant_id, date)
          JOIN participant USING (participant_id)
        """
      ).sorted() == measured.sorted())
  }

  private static func word(of level: String, _ isGoogle: Bool) -> String {
    isGoogle ? (level == "wake" ? "AWAKE" : level.uppercased()) : level
  }
}
