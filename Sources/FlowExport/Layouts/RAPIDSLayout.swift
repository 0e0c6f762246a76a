import FlowCore
import FlowParquet
import StudyModel

extension ExportLayout {
  /// The Fitbit streams of RAPIDS (carissalow/rapids, src/data/streams/rapids_columns.yaml and docs, mandatory Fitbit format).
  ///
  /// `DEVICE_ID` is the participant's name. `TIMESTAMP` is in milliseconds; of what belongs to a day it is 0, which RAPIDS fills in from
  /// `LOCAL_DATE_TIME` and the zone of its own configuration.
  package static let rapids = ExportLayout(name: "rapids", summary: "the Fitbit streams of RAPIDS") { _ in
    [
      RAPIDS.heartSummary, RAPIDS.heart, RAPIDS.stepsSummary, RAPIDS.steps, RAPIDS.sleepSummary, RAPIDS.sleep, RAPIDS.calories,
    ]
  }
}

private enum RAPIDS {
  struct Day {
    var date: CivilDate
    var restingHeartRate: Int64?
    var zones: DayZones
  }

  struct Sample {
    var instant: Int64
    var offset: Int64?
    var value: Int64?
    var zone: HeartRateZone?
  }

  static let heartSummary: ExportTable = {
    func calories(_ zone: HeartRateZone) -> LayoutColumn<Day> {
      .real("HEARTRATE_DAILY_CALORIES\(name(zone).uppercased())", from: StudyTables.zones.columns("calories_out")) { $0.zones[$0.date, zone]?.calories }
    }
    return ExportTable(
      "FITBIT_HEARTRATE_SUMMARY", from: [.leading(StudyTables.activity), .leading(StudyTables.zones)],
      rows: { rows in
        let zones = DayZones(rows), resting = Dictionary(DayActivity.all(rows).map { ($0.date, $0.number("resting_heart_rate")) }) { first, _ in first }
        return Set(resting.keys).union(zones.dates).sorted().map { Day(date: $0, restingHeartRate: resting[$0] ?? nil, zones: zones) }
      },
      columns: daily(\.date) + [
        .integer("HEARTRATE_DAILY_RESTINGHR", from: StudyTables.activity.columns("resting_heart_rate")) { $0.restingHeartRate },
      ] + HeartRateZone.allCases.map(calories))
  }()

  static let heart = ExportTable(
    "FITBIT_HEARTRATE_INTRADAY", from: [.leading(StudyTables.heart), .beside(StudyTables.zones, reachDays: 1)],
    rows: { rows in
      let zones = DayZones(rows)
      return samples(rows, of: StudyTables.heart) { sample in
        guard let value = sample.value, let offset = sample.offset else { return nil }
        return zones.zone(of: value, on: LocalTime.date(sample.instant, offset))
      }
    },
    columns: timed({ $0.instant }, { $0.offset }) + [
      .integer("HEARTRATE", from: StudyTables.heart.columns("value")) { $0.value },
      .text("HEARTRATE_ZONE", from: StudyTables.zones.columns("zone")) { $0.zone.map(name) },
    ])

  static let stepsSummary = ExportTable(
    "FITBIT_STEPS_SUMMARY", from: [.leading(StudyTables.activity)], rows: DayActivity.all,
    columns: daily(\.date) + [.integer("STEPS", from: StudyTables.activity.columns("steps")) { $0.number("steps") }])

  static let steps = ExportTable(
    "FITBIT_STEPS_INTRADAY", from: [.leading(StudyTables.steps)], rows: { samples($0, of: StudyTables.steps) { _ in nil } },
    columns: timed({ $0.instant }, { $0.offset }) + [.integer("STEPS", from: StudyTables.steps.columns("value")) { $0.value }])

  /// A night belongs to the day on which it ended.
  static let sleepSummary: ExportTable = {
    typealias Column = LayoutColumn<SleepNight>
    func minutes(_ name: String, _ measure: SleepNight.Measure) -> Column {
      .integer(name, from: [StudyTables.sleep.column(measure.rawValue)]) { $0.minutes[measure] }
    }
    let own: [Column] = [
      .text("LOCAL_START_DATE_TIME", from: StudyTables.sleep.columns("instant")) { LocalTime.text($0.start, $0.offset) },
      // On the clock of the night's beginning, as providers write it in a night in which clocks change.
      .text("LOCAL_END_DATE_TIME", from: StudyTables.sleep.columns("end_instant")) { LocalTime.text($0.end, $0.offset) },
      .nothing("EFFICIENCY", .integer64, "flows do not collect it, and Google does not tell it"),
      minutes("MINUTES_AFTER_WAKEUP", .afterWakeup), minutes("MINUTES_ASLEEP", .asleep), minutes("MINUTES_AWAKE", .awake),
      minutes("MINUTES_TO_FALL_ASLEEP", .toFallAsleep), minutes("MINUTES_IN_BED", .inBed), isMain { $0.isMain },
      .text("TYPE", from: StudyTables.sleep.columns("type")) { $0.type },
    ]
    return ExportTable("FITBIT_SLEEP_SUMMARY", from: [.leading(StudyTables.sleep)], rows: SleepNight.all, columns: daily(\.date) + own)
  }()

  /// An episode is a sleep log; durations are in seconds, as RAPIDS' own parser writes them.
  static let sleep: ExportTable = {
    let own: [LayoutColumn<SleepStage>] = [
      .text("TYPE_EPISODE_ID", from: StudyTables.stages.columns("log_id")) { $0.logID },
      .integer("DURATION", from: StudyTables.stages.columns("seconds", "end_instant")) { $0.seconds }, isMain { $0.night?.isMain },
      .text("TYPE", from: StudyTables.sleep.columns("type")) { $0.night?.type }, .text("LEVEL", from: StudyTables.stages.columns("stage")) { $0.level },
    ]
    return ExportTable(
      "FITBIT_SLEEP_INTRADAY", from: [.leading(StudyTables.stages), .beside(StudyTables.sleep, reachDays: 1)], rows: { SleepStage.all($0, of: $0.days) },
      columns: timed({ $0.start }, { $0.offset }) + own)
  }()

  static let calories = ExportTable(
    "FITBIT_CALORIES_INTRADAY",
    [("TIMESTAMP", .integer64), ("DEVICE_ID", .text), ("LOCAL_DATE_TIME", .text), ("LEVEL", .integer64), ("METS", .real), ("VALUE", .real)],
    reason: "flows do not collect calories by the minute")

  // MARK: Parts

  private static func name(_ zone: HeartRateZone) -> String { zone.columnName.lowercased() }

  /// The columns with which a table of days begins.
  private static func daily<Row>(_ date: @escaping @Sendable (Row) -> CivilDate) -> [LayoutColumn<Row>] {
    [.integer("TIMESTAMP", from: []) { _ in 0 }, .participant("DEVICE_ID"), .text("LOCAL_DATE_TIME", from: []) { date($0).text + " 00:00:00" }]
  }

  /// The columns with which a table of moments begins.
  private static func timed<Row>(
    _ instant: @escaping @Sendable (Row) -> Int64, _ offset: @escaping @Sendable (Row) -> Int64?
  ) -> [LayoutColumn<Row>] {
    [
      .integer("TIMESTAMP", from: []) { instant($0) * 1000 }, .participant("DEVICE_ID"),
      .text("LOCAL_DATE_TIME", from: []) { LocalTime.text(instant($0), offset($0)) },
    ]
  }

  private static func isMain<Row>(_ isMain: @escaping @Sendable (Row) -> Bool?) -> LayoutColumn<Row> {
    .integer("IS_MAIN_SLEEP", from: StudyTables.sleep.columns("is_main_sleep")) { isMain($0).map { $0 ? 1 : 0 } }
  }

  private static func samples(_ rows: ExportRows, of table: TableSchema, zone: (Sample) -> HeartRateZone?) -> [Sample] {
    let stored = rows.rows(of: table), instant = stored["instant"], offset = stored["utc_offset"], value = stored["value"]
    return stored.indices.compactMap { row in
      guard let time = instant.integer(row) else { return nil }
      var sample = Sample(instant: time, offset: offset.integer(row), value: value.integer(row))
      sample.zone = zone(sample)
      return sample
    }
  }
}
