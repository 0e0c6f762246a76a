import FlowCore
import FlowSimulator
import Foundation
import Testing

/// The shipped models, recomputed from what the simulator knows and not from the tables. The clocks change in America in the days that are collected.
@Suite("Each shipped model gives what the simulator's truth gives", .timeLimit(.minutes(10)))
struct ModelTruthTests {
  @Test("first, and after a later sync that revises a day", arguments: [false, true])
  func recomputed(isGoogle: Bool) async throws {
    let study = try await Study.forModels(participants: 8, isGoogle: isGoogle)
    for _ in 0..<2 {
      for result in try await study.collectForModels() { #expect(result.exit == 0, "\(result.errors)") }
      let built = try await study.transform()
      #expect(built.exit == 0, "\(built.errors)\(built.output)")
      let truth = ModelTruth(study.truth, isGoogle: isGoogle)
      for (model, sql, rows) in truth.models {
        let found = try study.rows(sql).sorted()
        let missing = Set(rows).subtracting(found).sorted(), extra = Set(found).subtracting(rows).sorted()
        #expect(!rows.isEmpty && missing.isEmpty && extra.isEmpty && found.count == rows.count, "\(model): missing \(missing.prefix(3)), not true \(extra.prefix(3)), \(found.count) of \(rows.count)")
      }
      try study.simulator.advance(by: .seconds(26 * 3600))
    }
    await study.simulator.stop()
  }
}

/// The rows that the models should have, as text.
private struct ModelTruth {
  private(set) var models: [(model: String, sql: String, rows: [String])] = []

  init(_ truth: Truth, isGoogle: Bool) {
    var steps: [String] = [], zones: [String] = [], minutes: [String] = [], valid: [String] = [], days: [String] = [], sleeps: [String] = [], stages: [String] = []
    for participant in truth.population.participants {
      let name = participant.name
      var people = Days()
      truth.forEachRow(of: participant) { row in people.take(row) }
      steps += people.totals.map { "\(name)|\($0.date)|\(Self.text($0.steps))" }
      zones += people.zones.map { date, zones in "\(name)|\(date)|" + Self.zoneTexts(zones) }
      minutes += people.minutes.values.map { "\(name)|\($0.text)|\($0.offset)|\(Self.text($0.heartRate))|\(Self.text($0.steps))" }
      let byDay = Dictionary(grouping: people.minutes.values) { String($0.text.prefix(10)) }
      for (day, minutes) in byDay {
        let worn = minutes.count { $0.heartRate != nil }
        valid.append("\(name)|\(day)|\(worn)|\(worn >= 600 ? 1 : 0)")
      }
      for day in Set(byDay.keys).union(people.totals.map(\.date)) {
        let known = byDay[day], total = people.totals.first { $0.date == day }
        let counted = known.map { minutes in minutes.contains { $0.steps != nil } ? minutes.reduce(0) { $0 + ($1.steps ?? 0) } : nil } ?? nil
        days.append("\(name)|\(day)|\(Self.text(total?.steps ?? nil))|\(Self.text(total?.floors ?? nil))|\(Self.text(counted))|\(Self.text(known.map { $0.count { $0.heartRate != nil } }))")
      }
      sleeps += Self.sleeps(truth.nights(of: participant), isGoogle: isGoogle).map { "\(name)|\($0)" }
      stages += Self.answered(truth.nights(of: participant), isGoogle: isGoogle).filter { !$0.isPending && $0.hasStages }.flatMap { night in
        night.stages.enumerated().map { "\(name)|\(night.date)|\($0.offset + 1)|\($0.element.level)|\($0.element.seconds)" }
      }
    }
    models = [
      ("fct_steps", "SELECT participant, day, steps FROM fct_steps", steps),
      ("active_zones", "SELECT participant, day, out_of_range_minutes, fat_burn_minutes, cardio_minutes, peak_minutes, active_zone_minutes FROM active_zones", zones),
      ("intraday_activity", "SELECT participant, minute, utc_offset, cast(heart_rate as integer), steps FROM intraday_activity", minutes),
      ("valid_days", "SELECT participant, day, minutes, is_valid FROM valid_days", valid),
      ("daily_activity", "SELECT participant, day, steps, floors, intraday_steps, heart_rate_minutes FROM daily_activity", days),
      (
        "daily_sleep",
        "SELECT participant, day, sleeps, naps, type, minutes_in_bed, minutes_asleep, minutes_awake, minutes_deep, minutes_light, minutes_rem, minutes_awake_in_stages, score FROM daily_sleep",
        sleeps
      ),
      (
        "sleep_stages",
        "SELECT participant, day, stage_number, CASE stage WHEN 'awake' THEN 'wake' ELSE stage END, seconds FROM sleep_stages WHERE type = 'stages'",
        stages
      ),
    ]
  }

  private static func text(_ value: Int?) -> String { value.map(String.init) ?? "-" }

  // MARK: Days and minutes

  private struct Minute {
    var text: String
    var offset: Int
    var heartRate: Int?
    var steps: Int?
  }

  private struct Days {
    var totals: [(date: String, steps: Int?, floors: Int?)] = []
    var zones: [String: [String: Int?]] = [:]
    /// By instant.
    var minutes: [Int: Minute] = [:]

    mutating func take(_ row: TruthRow) {
      switch row {
      case .dailyActivity(let row): totals.append((row.date, row.steps, row.floors))
      case .heartRateSummary(let row): zones[row.date, default: [:]][row.zone] = .some(row.minutes)
      case .heartRate(let row): minute(row) { $0.heartRate = row.value }
      case .steps(let row): minute(row) { $0.steps = row.value }
      }
    }

    private mutating func minute(_ row: IntradayRow, _ change: (inout Minute) -> Void) {
      let local = Instant(seconds: Int64(row.instant + row.utcOffset)).text
      var minute = minutes[row.instant] ?? Minute(text: local.prefix(10) + " " + local.dropFirst(11).prefix(5), offset: row.utcOffset)
      change(&minute)
      minutes[row.instant] = minute
    }
  }

  private static func zoneTexts(_ zones: [String: Int?]) -> String {
    func minutes(_ names: String...) -> Int? { names.lazy.compactMap { zones[$0] ?? nil }.first }
    let parts = [minutes("Out of Range", "LIGHT"), minutes("Fat Burn", "MODERATE"), minutes("Cardio", "VIGOROUS"), minutes("Peak", "PEAK")]
    let isKnown = parts.dropFirst().contains { $0 != nil }
    let active = isKnown ? (parts[1] ?? 0) + 2 * ((parts[2] ?? 0) + (parts[3] ?? 0)) : nil
    return (parts + [active]).map(text).joined(separator: "|")
  }

  // MARK: Sleep

  /// Those that the provider lists. The Fitbit Web API gives no list for a day while it processes one of its sleeps.
  private static func answered(_ nights: [NightRow], isGoogle: Bool) -> [NightRow] {
    let pending = Set(isGoogle ? [] : nights.filter(\.isPending).map(\.date))
    return nights.filter { !pending.contains($0.date) }
  }

  private static func sleeps(_ nights: [NightRow], isGoogle: Bool) -> [String] {
    Dictionary(grouping: answered(nights, isGoogle: isGoogle), by: \.date).map { date, nights in
      let known = nights.filter { !$0.isPending }
      func sum(_ value: (NightRow) -> Int) -> Int? { known.isEmpty ? nil : known.reduce(0) { $0 + value($1) } }
      let type = (nights.first(where: \.isMain) ?? nights.max { !$0.hasStages && $1.hasStages }).map { $0.hasStages ? "stages" : "classic" } ?? "-"
      let staged = known.filter(\.hasStages)
      func stage(_ level: String) -> Int? {
        staged.isEmpty ? nil : staged.flatMap(\.stages).filter { $0.level == level }.reduce(0) { $0 + $1.seconds } / 60
      }
      let (bed, asleep) = (sum(\.minutesInBed), sum(\.minutesAsleep))
      let numbers = [nights.count, nights.count { !$0.isMain }].map(String.init)
      let minutes = [bed, asleep, sum(\.minutesAwake), stage("deep"), stage("light"), stage("rem"), stage("wake")]
      return ([date] + numbers + [type] + (minutes + [score(bed, asleep, deep: stage("deep"), rem: stage("rem"))]).map(text)).joined(separator: "|")
    }
  }

  private static func score(_ bed: Int?, _ asleep: Int?, deep: Int?, rem: Int?) -> Int? {
    guard let bed, let asleep, bed > 0 else { return nil }
    let points = 50 * min(1, Double(asleep) / 480) + 25 * min(1, 100 * Double(asleep) / Double(bed) / 90)
    guard let deep, let rem, asleep > 0 else { return Int((points * 100 / 75).rounded()) }
    return Int((points + 25 * min(1, Double(deep + rem) / (Double(asleep) * 0.4))).rounded())
  }
}
