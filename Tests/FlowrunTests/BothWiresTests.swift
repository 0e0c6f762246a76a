import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

/// One population, collected over both wires: where both can say a value, it is the same. What differs is named here.
@Suite("The same people over both wires")
struct BothWiresTests {
  /// A column and what its difference means.
  private static let different: [String: String] = [
    "sedentary_minutes": "Google counts time on the wrist only",
    "calories_bmr": "Google adds up intervals up to the latest sync, Fitbit names the whole day's figure",
  ]
  private static let zones = ["LIGHT": "Out of Range", "MODERATE": "Fat Burn", "VIGOROUS": "Cardio", "PEAK": "Peak"]
  private static let daily = [
    "activity_calories", "calories_bmr", "calories_out", "marginal_calories", "steps", "distance", "elevation", "floors",
    "very_active_minutes", "fairly_active_minutes", "lightly_active_minutes", "sedentary_minutes", "resting_heart_rate",
  ]

  @Test("four tables agree", .timeLimit(.minutes(5)))
  func agree() async throws {
    let fitbit = try await Study(participants: 6, days: 3)
    let google = try await Study(participants: 6, days: 3, flow: "google-health")
    for study in [fitbit, google] {
      let (result, _) = try await study.run()
      #expect(result.exit == 0, "\(result.errors)")
      await study.simulator.stop()
    }
    let (left, right) = (try fitbit.collected(), try google.collected())

    #expect(try Self.rows(left, "fitbit_intraday_hr", ["instant", "utc_offset"], "value") == Self.rows(right, "fitbit_intraday_hr", ["instant", "utc_offset"], "value"))
    try expectSteps(left, right)
    try expectDays(left, right)
    try expectZones(left, right)
  }

  /// Google has no point for a minute in which the tracker was not worn; Fitbit calls it 0.
  private func expectSteps(_ left: Collected, _ right: Collected) throws {
    let fitbit = try Self.rows(left, "fitbit_intraday_steps", ["instant", "utc_offset"], "value")
    let google = try Self.rows(right, "fitbit_intraday_steps", ["instant", "utc_offset"], "value")
    #expect(google.allSatisfy { fitbit[$0.key] == $0.value })
    #expect(fitbit.filter { google[$0.key] == nil }.allSatisfy { $0.value == "0" })
    #expect(!google.isEmpty)
  }

  private func expectDays(_ left: Collected, _ right: Collected) throws {
    for column in Self.daily where Self.different[column] == nil {
      let fitbit = try Self.rows(left, "fitbit_daily_activity", ["date"], column)
      let google = try Self.rows(right, "fitbit_daily_activity", ["date"], column)
      let both = google.filter { $0.value != "-" && fitbit[$0.key, default: "-"] != "-" }
      #expect(both.allSatisfy { fitbit[$0.key] == $0.value }, "\(column): \(both.filter { fitbit[$0.key] != $0.value }.prefix(3))")
      // Google says nothing of marginal calories, and of a day without wear nothing that the tracker measures.
      #expect(both.isEmpty == (column == "marginal_calories"), "\(column)")
    }
  }

  private func expectZones(_ left: Collected, _ right: Collected) throws {
    for column in ["min", "max", "minutes", "calories_out"] {
      let fitbit = try Self.rows(left, "fitbit_hr_summary", ["date", "zone"], column)
      let google = try Self.rows(right, "fitbit_hr_summary", ["date", "zone"], column)
      let renamed = Dictionary(uniqueKeysWithValues: google.map { key, value in
        let zone = Self.zones.first { key.hasSuffix(" " + $0.key) }
        return (zone.map { key.dropLast($0.key.count) + $0.value } ?? key, value)
      })
      let both = renamed.filter { $0.value != "-" && fitbit[$0.key, default: "-"] != "-" }
      #expect(!both.isEmpty)
      #expect(both.allSatisfy { fitbit[$0.key] == $0.value }, "\(column): \(both.filter { fitbit[$0.key] != $0.value }.prefix(3))")
    }
  }

  private static func rows(_ collected: Collected, _ table: String, _ key: [String], _ column: String) throws -> [String: String] {
    let names = (["name"] + key).joined(separator: " || ' ' || ")
    let lines = try collected.strings("SELECT \(names) || char(9) || coalesce(\(column), '-') FROM \(table) JOIN participant USING (participant_id)")
    return Dictionary(uniqueKeysWithValues: lines.map { line in
      let parts = line.split(separator: "\t")
      return (String(parts[0]), String(parts[1]))
    })
  }
}
