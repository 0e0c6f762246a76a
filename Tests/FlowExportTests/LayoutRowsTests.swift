import FlowCore
import FlowParquet
import StudyLedger
import StudyModel
import Testing

@testable import FlowExport

@Suite("Rows of the layouts, worked out by hand")
struct LayoutRowsTests {
  typealias Bench = ExportBench
  /// On which of the two wires the data came: they name zones, stages and ends of stages differently.
  enum Wire: String, CaseIterable, Sendable { case fitbit, google }

  private static let sleepLog = TableSchema(
    name: "fitbit_sleep_log",
    columns: [
      .init("log_id", .text), .init("date", .date), .init("instant", .instant), .init("utc_offset", .offset), .init("end_instant", .instant), .init("type", .text),
    ] + ["is_main_sleep", "minutes_asleep", "minutes_awake", "minutes_to_fall_asleep", "minutes_after_wakeup", "minutes_in_bed"].map { .init($0, .integer) },
    key: ["log_id"])
  private static let stage = TableSchema(
    name: "fitbit_sleep_stage",
    columns: [
      .init("log_id", .text), .init("instant", .instant), .init("utc_offset", .offset), .init("stage", .text), .init("seconds", .integer), .init("end_instant", .instant),
      .init("date", .date),
    ], key: ["log_id", "instant"])
  private static let weight = TableSchema(
    name: "fitbit_weight",
    columns: [.init("log_id", .text), .init("date", .date), .init("instant", .instant), .init("weight", .real), .init("bmi", .real), .init("fat", .real)], key: ["log_id"])
  private static let hrv = TableSchema(name: "fitbit_daily_hrv", columns: [.init("date", .date), .init("rmssd", .real), .init("deep_rmssd", .real)], key: ["date"])
  private static let fitness = TableSchema(
    name: "fitbit_vo2max", columns: [.init("date", .date), .init("low", .real), .init("high", .real), .init("value", .text)], key: ["date"])

  /// One person in Chicago (UTC-6) on 2026-01-31, whose last minute of the day is in February in UTC.
  private static func bench(_ wire: Wire) async throws -> Bench {
    let bench = try await Bench(more: [sleepLog, stage, weight, hrv, fitness])
    let day = Bench.day, midnight = day + 21_600, isGoogle = wire == .google
    func write(_ rows: [[RecordValue]], _ table: TableSchema) async throws { try await bench.write(rows, in: table, of: "P0001") }
    try await write([[.text("2026-01-31")] + [500, 1500, 2000, 300, 4321].map { .integer($0) } + [.real(3.5), .real(12)] + [4, 10, 20, 30, 1380, 58].map { .integer($0) }], Bench.activity)
    let names = isGoogle ? ["LIGHT", "MODERATE", "VIGOROUS", "PEAK"] : ["Out of Range", "Fat Burn", "Cardio", "Peak"]
    let zones: [(Int64, Int64, Int64, Double)] = [(30, 90, 1300, 1500.5), (90, 120, 100, 300), (121, 150, 10, 50), (151, 220, 0, 0)]
    try await write(
      zip(names, zones).map { name, zone in [.text("2026-01-31"), .text(name), .integer(zone.0), .integer(zone.1), .integer(zone.2), .real(zone.3)] }
        + [[.text("2026-01-31"), .text("Own Zone"), .integer(70), .integer(80), .null, .null]], Bench.zones)
    func samples(_ values: [(Int64, Int64?)]) -> [[RecordValue]] { values.map { [.integer(midnight + $0.0), .integer(-21_600), $0.1.map { .integer($0) } ?? .null] } }
    try await write(samples([(0, 60), (10, 63), (60, 125), (86_399, 90), (86_400, 95)]), Bench.heart)
    try await write(samples([(0, 10), (60, 0)]), Bench.steps)
    let log = RecordValue.text("L1"), night = day + 14_400
    try await write(
      [[log, .text("2026-01-31"), .integer(night), .integer(-21_600), .integer(night + 28_800), .text(isGoogle ? "STAGES" : "stages")] + [1, 400, 80, 5, 6, 480].map { .integer($0) }], sleepLog)
    let stages: [(Int64, String, Int64)] = [(0, "light", 3600), (3600, "wake", 90), (3690, "rem", 1230)]
    try await write(
      stages.map { start, name, seconds in
        [
          log, .integer(night + start), .integer(-21_600), .text(isGoogle ? (name == "wake" ? "AWAKE" : name.uppercased()) : name), isGoogle ? .null : .integer(seconds),
          isGoogle ? .integer(night + start + seconds) : .null, .text("2026-01-31"),
        ]
      }, stage)
    try await write([[.text("w2"), .text("2026-01-31"), .integer(day + 60_000), .real(70.5), .real(22.1), .real(20)], [.text("w1"), .text("2026-01-31"), .integer(day + 70_000), .real(71), .null, .null]], weight)
    try await write([[.text("2026-01-30"), .real(33.5), .null]], hrv)
    try await write([[.text("2026-01-31"), .real(41), .real(45), .null]], fitness)
    return bench
  }

  private static func key(_ table: String, _ month: String = "2026-01") -> String { "\(table)/month=\(month)/part-0.csv" }

  @Test("All of Us", arguments: Wire.allCases)
  func allOfUs(_ wire: Wire) async throws {
    let bench = try await Self.bench(wire)
    let outcome = try await bench.export(.allOfUs)
    #expect(try bench.lines(Self.key("activity_summary")) == ["2026-01-31,500.0,1500.0,2000.0,12.0,20.0,4,30.0,300.0,1380.0,4321,10.0,P0001,"])
    #expect(try bench.lines(Self.key("heart_rate_summary")).sorted() == [
      "P0001,2026-01-31,Cardio,121,150,10,50.0,", "P0001,2026-01-31,Fat Burn,90,120,100,300.0,", "P0001,2026-01-31,Out of Range,30,90,1300,1500.5,",
      "P0001,2026-01-31,Own Zone,70,80,,,", "P0001,2026-01-31,Peak,151,220,0,0.0,",
    ])
    #expect(try bench.lines(Self.key("heart_rate_minute_level")) == ["2026-01-31T00:00:00,62,P0001,", "2026-01-31T00:01:00,125,P0001,"])
    #expect(try bench.lines(Self.key("heart_rate_minute_level", "2026-02")) == ["2026-01-31T23:59:00,90,P0001,", "2026-02-01T00:00:00,95,P0001,"])
    #expect(try bench.lines(Self.key("steps_intraday")) == ["2026-01-31T00:00:00,10,P0001,", "2026-01-31T00:01:00,0,P0001,"])
    #expect(try bench.lines(Self.key("sleep_daily_summary")) == ["P0001,2026-01-31,true,480,400,6,80,,,60,21,2,"])
    #expect(try bench.lines(Self.key("sleep_level")) == [
      "P0001,2026-01-31,true,light,2026-01-30T22:00:00,60.0,", "P0001,2026-01-31,true,wake,2026-01-30T23:00:00,1.5,", "P0001,2026-01-31,true,rem,2026-01-30T23:01:30,20.5,",
    ])
    let empty = outcome.manifest.emptyColumns
    #expect(empty.filter { $0.column == "src_id" }.count == 7 && empty.contains { $0.table == "device" && $0.column == "battery" })
    #expect(!empty.contains { $0.column == "steps" || $0.column == "person_id" && $0.table != "device" })
  }

  @Test("RAPIDS", arguments: Wire.allCases)
  func rapids(_ wire: Wire) async throws {
    let bench = try await Self.bench(wire)
    try await bench.export(.rapids)
    #expect(try bench.lines(Self.key("FITBIT_HEARTRATE_SUMMARY")) == ["0,P0001,2026-01-31 00:00:00,58,1500.5,300.0,50.0,0.0"])
    #expect(try bench.lines(Self.key("FITBIT_HEARTRATE_INTRADAY")) == [
      "1769839200000,P0001,2026-01-31 00:00:00,60,outofrange", "1769839210000,P0001,2026-01-31 00:00:10,63,outofrange",
      "1769839260000,P0001,2026-01-31 00:01:00,125,cardio",
    ])
    // The bounds of two zones meet at 90: the first one counts. There are no zones of the next day.
    #expect(try bench.lines(Self.key("FITBIT_HEARTRATE_INTRADAY", "2026-02")) == [
      "1769925599000,P0001,2026-01-31 23:59:59,90,outofrange", "1769925600000,P0001,2026-02-01 00:00:00,95,",
    ])
    #expect(try bench.lines(Self.key("FITBIT_STEPS_SUMMARY")) == ["0,P0001,2026-01-31 00:00:00,4321"])
    #expect(try bench.lines(Self.key("FITBIT_STEPS_INTRADAY")).first == "1769839200000,P0001,2026-01-31 00:00:00,10")
    #expect(try bench.lines(Self.key("FITBIT_SLEEP_SUMMARY")) == ["0,P0001,2026-01-31 00:00:00,2026-01-30 22:00:00,2026-01-31 06:00:00,,6,400,80,5,480,1,stages"])
    #expect(try bench.lines(Self.key("FITBIT_SLEEP_INTRADAY")) == [
      "1769832000000,P0001,2026-01-30 22:00:00,L1,3600,1,stages,light", "1769835600000,P0001,2026-01-30 23:00:00,L1,90,1,stages,wake",
      "1769835690000,P0001,2026-01-30 23:01:30,L1,1230,1,stages,rem",
    ])
  }

  @Test("MyDataHelps", arguments: Wire.allCases)
  func myDataHelps(_ wire: Wire) async throws {
    let bench = try await Self.bench(wire)
    let outcome = try await bench.export(.myDataHelps)
    let days = try StrictCSV.records(try #require(try bench.files()[Self.key("FitbitDailyData")])).dropFirst()
    let header = ExportLayout.myDataHelps.tables([])[0].columns.map(\.name)
    func day(_ date: String) throws -> [String: String] {
      let record = try #require(days.first { $0[2] == date })
      return Dictionary(uniqueKeysWithValues: zip(header, record)).compactMapValues { $0 }
    }
    #expect(days.map { $0[2] } == ["2026-01-30", "2026-01-31"])
    #expect(try day("2026-01-30") == [
      "ParticipantIdentifier": "P0001", "Date": "2026-01-30", "HrvDailyRmssd": "33.5", "HeartRateIntradayCount": "0", "HeartRateIntradayMinuteCount": "0",
    ])
    let expected = [
      "ActivityCalories": "500", "BodyWeight": "71.0", "BodyFat": "20.0", "Calories": "2000", "CaloriesBMR": "1500", "Distance": "3.5", "Elevation": "12.0",
      "Floors": "4", "HeartRateIntradayCount": "4", "HeartRateIntradayMinuteCount": "3", "HeartRateZoneFatBurnCaloriesOut": "300.0", "HeartRateZoneFatBurnMax": "120",
      "HeartRateZoneFatBurnMin": "90", "HeartRateZoneFatBurnMinutes": "100", "HeartRateZonePeakMinutes": "0", "MinutesVeryActive": "10", "RestingHeartRate": "58",
      "Steps": "4321", "CardioScore": "41-45",
    ]
    let found = try day("2026-01-31")
    for (column, value) in expected { #expect(found[column] == value, "\(column)") }
    #expect(found["BodyBmi"] == nil && found["TrackerSteps"] == nil && found["Water"] == nil)
    #expect(try bench.lines(Self.key("FitbitIntradayCombined")).map { $0.split(separator: ",").prefix(4).joined(separator: " ") } == [
      "P0001 heartrate 2026-01-31T00:00:00-06:00 60.0", "P0001 steps 2026-01-31T00:00:00-06:00 10.0", "P0001 heartrate 2026-01-31T00:00:10-06:00 63.0",
      "P0001 heartrate 2026-01-31T00:01:00-06:00 125.0", "P0001 steps 2026-01-31T00:01:00-06:00 0.0",
    ])
    let night = try StrictCSV.records(try #require(try bench.files()[Self.key("FitbitSleepLogs")]))[1]
    #expect(night.prefix(22) == [
      "P0001", nil, "L1", "2026-01-30T22:00:00-06:00", "2026-01-31T06:00:00-06:00", "28800000", nil, nil, "true", "6", "400", "80", "5", "480", "stages", nil, nil, nil,
      "60", "21", nil, "2",
    ])
    #expect(night[22]?.hasPrefix(#"[{"Type":"SleepLevel","StartDate":"2026-01-30T22:00:00-06:00","EndDate":"2026-01-30T23:00:00-06:00","Value":"light"},"#) == true)
    #expect(try bench.lines(Self.key("FitbitRestingHeartRates")) == ["P0001,,2026-01-31,58"])
    let empty = outcome.manifest.emptyColumns.filter { $0.table == "FitbitDailyData" }
    #expect(empty.first { $0.column == "TrackerSteps" }?.reason.contains("typed in") == true)
    #expect(empty.first { $0.column == "SpO2Avg" }?.reason.contains("'fitbit_daily_oxygen_saturation'") == true)
    #expect(!empty.contains { $0.column == "BodyBmi" || $0.column == "Steps" })
  }

  @Test("times on a clock before 1970, with odd offsets and without one")
  func localTimes() {
    #expect(LocalTime.text(-1, 0) == "1969-12-31 23:59:59")
    #expect(LocalTime.withOffset(0, 20_700) == "1970-01-01T05:45:00+05:45" && LocalTime.withOffset(0, -12_600) == "1969-12-31T20:30:00-03:30")
    #expect(LocalTime.text(0, nil) == nil && LocalTime.withOffset(nil, 0) == nil)
    #expect(LocalTime.date(Bench.day, -1) == CivilDate(year: 2026, month: 1, day: 30))
  }
}
