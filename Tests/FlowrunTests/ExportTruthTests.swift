import FlowSimulator
import FlowTesting
import Foundation
import Testing

/// Layouts are compared with rows worked out here from what the simulator delivers, in another way than the export does.
@Suite("Layouts agree with the simulator's truth")
struct ExportTruthTests {
  /// What a participant's days and minutes are.
  private struct Person {
    var days: [DailyActivityRow] = []
    /// By date, from the lowest.
    var zones: [String: [HeartRateSummaryRow]] = [:]
    var heart: [IntradayRow] = []
    var steps: [IntradayRow] = []
  }

  private static func people(_ truth: Truth) -> [String: Person] {
    var people: [String: Person] = [:]
    for participant in truth.population.participants {
      var person = Person()
      truth.forEachRow(of: participant) { row in
        switch row {
        case .dailyActivity(let row): person.days.append(row)
        case .heartRateSummary(let row): person.zones[row.date, default: []].append(row)
        case .heartRate(let row): person.heart.append(row)
        case .steps(let row): person.steps.append(row)
        }
      }
      for date in person.zones.keys { person.zones[date]?.sort { $0.min < $1.min } }
      people[participant.name] = person
    }
    return people
  }

  private static func localTimes() -> ISO8601DateFormatter {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withFullDate, .withTime, .withColonSeparatorInTime, .withDashSeparatorInDate, .withSpaceBetweenDateAndTime]
    return formatter
  }

  private static func local(_ row: IntradayRow, _ formatter: ISO8601DateFormatter) -> String {
    formatter.string(from: Date(timeIntervalSince1970: TimeInterval(row.instant + row.utcOffset)))
  }

  /// The records of a table as texts, without their headers. Nothing in these tables is quoted.
  private static func records(_ table: String, _ folder: String) throws -> [String] {
    let root = URL(filePath: folder).appending(path: table)
    return try FileManager.default.contentsOfDirectory(atPath: root.path).sorted().flatMap { month in
      try String(contentsOf: root.appending(path: "\(month)/part-0.csv"), encoding: .utf8).components(separatedBy: "\r\n").dropFirst().filter { !$0.isEmpty }
    }
  }

  @Test("on both wires", .timeLimit(.minutes(5)), arguments: ["fitbit", "google-health"])
  func layouts(_ flow: String) async throws {
    let study = try await Study(participants: 4, days: 3, flow: flow)
    #expect(try await study.run().result.exit == 0)
    for layout in ["rapids", "all-of-us", "mydatahelps"] {
      #expect(try await study.flowrun(["export"], ["-o", layout, "--layout", layout, "--format", "csv"]).exit == 0)
    }
    let people = Self.people(study.truth), times = Self.localTimes()
    func found(_ layout: String, _ table: String) throws -> [String] { try Self.records(table, study.binary.folder.path(layout)).sorted() }

    let steps = people.flatMap { name, person in person.steps.map { "\($0.instant)000,\(name),\(Self.local($0, times)),\($0.value)" } }
    #expect(try found("rapids", "FITBIT_STEPS_INTRADAY") == steps.sorted())
    let zones = ["outofrange", "fatburn", "cardio", "peak"]
    let heart = people.flatMap { name, person in
      person.heart.map { row -> String in
        let day = person.zones[String(Self.local(row, times).prefix(10))] ?? []
        let zone = day.firstIndex { $0.min <= row.value && row.value <= $0.max }.map { zones[$0] } ?? ""
        return "\(row.instant)000,\(name),\(Self.local(row, times)),\(row.value),\(zone)"
      }
    }
    #expect(try found("rapids", "FITBIT_HEARTRATE_INTRADAY") == heart.sorted())
    #expect(heart.contains { !$0.hasSuffix(",") })

    let minutes = people.flatMap { name, person in person.heart.map { "\(Self.local($0, times).replacingOccurrences(of: " ", with: "T")),\($0.value),\(name)," } }
    #expect(try found("all-of-us", "heart_rate_minute_level") == minutes.sorted(), "minute data: each sample is its minute's mean")
    func real(_ value: Int?) -> String { value.map { "\(Double($0))" } ?? "" }
    let activity = people.flatMap { name, person in
      person.days.map { day -> String in
        [
          day.date, real(day.activityCalories), real(day.caloriesBMR), real(day.caloriesOut), day.elevation.map { "\($0)" } ?? "", real(day.fairlyActiveMinutes),
          day.floors.map { "\($0)" } ?? "", real(day.lightlyActiveMinutes), real(day.marginalCalories), real(day.sedentaryMinutes), day.steps.map { "\($0)" } ?? "",
          real(day.veryActiveMinutes), name, "",
        ].joined(separator: ",")
      }
    }
    #expect(try found("all-of-us", "activity_summary") == activity.sorted())

    let resting = people.flatMap { name, person in
      person.days.compactMap { day in day.restingHeartRate.map { "\(name),,\(day.date),\($0)" } }
    }
    #expect(try found("mydatahelps", "FitbitRestingHeartRates") == resting.sorted())
    // Participant, date and the two counts of samples; the columns' places are those of the dictionary.
    let counts = try found("mydatahelps", "FitbitDailyData").map { record -> String in
      let fields = record.components(separatedBy: ",")
      return [fields[0], fields[2], fields[13], fields[fields.count - 3]].joined(separator: ",")
    }
    let expected = people.flatMap { name, person in
      Set(person.days.map(\.date) + person.zones.keys).map { date -> String in
        let samples = person.heart.filter { Self.local($0, times).hasPrefix(date) }
        return "\(name),\(date),\(samples.count),\(Set(samples.map { $0.instant / 60 }).count)"
      }
    }
    #expect(counts.sorted() == expected.sorted())
    await study.simulator.stop()
  }
}
