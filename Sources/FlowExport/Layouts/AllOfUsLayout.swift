import FlowCore
import FlowParquet
import StudyModel

extension ExportLayout {
  /// The wearables tables of the All of Us Research Program (all-of-us/curation, resource_files/schemas/wearables/fitbit, 2024-03).
  ///
  /// `person_id` is a number there; here it is the participant's name, because a study's numbers are no one else's. A DATETIME is a text on
  /// the participant's clock, and NUMERIC a whole number.
  package static let allOfUs = ExportLayout(name: "all-of-us", summary: "the Fitbit tables of the All of Us Research Program") { _ in
    [AllOfUs.activity, AllOfUs.zones, AllOfUs.heart, AllOfUs.steps, AllOfUs.sleep, AllOfUs.levels, AllOfUs.devices]
  }
}

/// The tables of All of Us. `zone_name` and `level` are Fitbit's names for both providers, elevation is in metres.
private enum AllOfUs {
  /// A sample, or a mean of samples.
  struct Sample {
    var instant: Int64
    var offset: Int64?
    var value: Int64?
  }

  static let noSource = "it names the site that contributed the data to All of Us"

  static let activity: ExportTable = {
    typealias Column = LayoutColumn<DayActivity>
    func minutes(_ name: String) -> Column { .real(name, from: [StudyTables.activity.column(name)]) { $0.number(name).map(Double.init) } }
    func whole(_ name: String) -> Column { .integer(name, from: [StudyTables.activity.column(name)]) { $0.number(name) } }
    return ExportTable(
      "activity_summary", from: [.leading(StudyTables.activity)], rows: DayActivity.all,
      columns: [
        .date("date", from: StudyTables.activity.columns("date")) { $0.date }, minutes("activity_calories"), minutes("calories_bmr"), minutes("calories_out"),
        .real("elevation", from: StudyTables.activity.columns("elevation")) { $0.elevation }, minutes("fairly_active_minutes"), whole("floors"),
        minutes("lightly_active_minutes"), minutes("marginal_calories"), minutes("sedentary_minutes"), whole("steps"), minutes("very_active_minutes"),
        .participant("person_id"), .nothing("src_id", .text, noSource),
      ])
  }()

  static let zones: ExportTable = {
    let table = StudyTables.zones
    typealias Row = (date: CivilDate?, name: String?, minimum: Int64?, maximum: Int64?, minutes: Int64?, calories: Double?)
    return ExportTable(
      "heart_rate_summary", from: [.leading(table)],
      rows: { rows -> [Row] in
        let stored = rows.rows(of: table)
        let date = stored["date"], name = stored["zone"], minimum = stored["min"], maximum = stored["max"]
        let minutes = stored["minutes"], calories = stored["calories_out"]
        return stored.indices.map { row in
          // A zone that the person has set keeps the name that it was given.
          let zone = name.text(row).map { HeartRateZone($0)?.fitbitName ?? $0 }
          return (date.date(row), zone, minimum.integer(row), maximum.integer(row), minutes.integer(row), calories.real(row))
        }
      },
      columns: [
        .participant("person_id"), .date("date", from: table.columns("date")) { $0.date }, .text("zone_name", from: table.columns("zone")) { $0.name },
        .integer("min_heart_rate", from: table.columns("min")) { $0.minimum }, .integer("max_heart_rate", from: table.columns("max")) { $0.maximum },
        .integer("minute_in_zone", from: table.columns("minutes")) { $0.minutes }, .real("calorie_count", from: table.columns("calories_out")) { $0.calories },
        .nothing("src_id", .text, noSource),
      ])
  }()

  /// One row a minute, as the table's name says: the rounded mean of the minute's samples.
  static let heart = ExportTable(
    "heart_rate_minute_level", from: [.leading(StudyTables.heart)], rows: { minutes(samples($0, of: StudyTables.heart)) },
    columns: [
      .text("datetime", from: StudyTables.heart.columns("utc_offset")) { LocalTime.dateTime($0.instant, $0.offset) },
      .integer("heart_rate_value", from: StudyTables.heart.columns("value")) { $0.value }, .participant("person_id"), .nothing("src_id", .text, noSource),
    ])

  static let steps = ExportTable(
    "steps_intraday", from: [.leading(StudyTables.steps)], rows: { samples($0, of: StudyTables.steps) },
    columns: [
      .text("datetime", from: StudyTables.steps.columns("utc_offset")) { LocalTime.dateTime($0.instant, $0.offset) },
      .integer("steps", from: StudyTables.steps.columns("value")) { $0.value }, .participant("person_id"), .nothing("src_id", .text, noSource),
    ])

  static let sleep: ExportTable = {
    typealias Column = LayoutColumn<SleepNight>
    func measure(_ name: String, _ measure: SleepNight.Measure) -> Column {
      .integer(name, from: [StudyTables.sleep.column(measure.rawValue)]) { $0.minutes[measure] }
    }
    func level(_ level: String) -> Column { .integer("minute_\(level)", from: StudyTables.stages.columns("stage")) { $0.minutes(in: level) } }
    return ExportTable(
      "sleep_daily_summary", from: [.leading(StudyTables.sleep), .beside(StudyTables.stages, reachDays: 1)], rows: SleepNight.all,
      columns: [
        .participant("person_id"), .date("sleep_date", from: StudyTables.sleep.columns("date")) { $0.date }, isMain { $0.isMain },
        measure("minute_in_bed", .inBed), measure("minute_asleep", .asleep), measure("minute_after_wakeup", .afterWakeup), measure("minute_awake", .awake),
        level("restless"), level("deep"), level("light"), level("rem"), level("wake"), .nothing("src_id", .text, noSource),
      ])
  }()

  static let levels = ExportTable(
    "sleep_level", from: [.leading(StudyTables.stages), .beside(StudyTables.sleep, reachDays: 1)], rows: { SleepStage.all($0, of: $0.days) },
    columns: [
      .participant("person_id"), .date("sleep_date", from: StudyTables.stages.columns("date")) { $0.date }, isMain { $0.night?.isMain },
      .text("level", from: StudyTables.stages.columns("stage")) { $0.level },
      .text("start_datetime", from: StudyTables.stages.columns("utc_offset")) { LocalTime.dateTime($0.start, $0.offset) },
      .real("duration_in_min", from: StudyTables.stages.columns("seconds", "end_instant")) { $0.seconds.map { Double($0) / 60 } },
      .nothing("src_id", .text, noSource),
    ])

  static let devices = ExportTable(
    "device",
    [
      ("person_id", .text), ("device_id", .text), ("device_date", .date), ("battery", .text), ("battery_level", .text), ("device_version", .text),
      ("device_type", .text), ("last_sync_time", .text), ("src_id", .text),
    ], reason: "devices are looked at for the latest sync and not kept")

  /// A STRING there, `true` or `false`.
  private static func isMain<Row>(_ isMain: @escaping @Sendable (Row) -> Bool?) -> LayoutColumn<Row> {
    .text("is_main_sleep", from: StudyTables.sleep.columns("is_main_sleep")) { isMain($0).map { $0 ? "true" : "false" } }
  }

  private static func samples(_ rows: ExportRows, of table: TableSchema) -> [Sample] {
    let stored = rows.rows(of: table), instant = stored["instant"], offset = stored["utc_offset"], value = stored["value"]
    return stored.indices.compactMap { row in instant.integer(row).map { Sample(instant: $0, offset: offset.integer(row), value: value.integer(row)) } }
  }

  /// - Parameter samples: in the order of their times.
  private static func minutes(_ samples: [Sample]) -> [Sample] {
    var minutes: [Sample] = []
    var sum: Int64 = 0, count: Int64 = 0
    for sample in samples {
      guard let value = sample.value else { continue }
      let start = sample.instant.flooredDivision(by: 60) * 60
      if minutes.last?.instant != start {
        minutes.append(Sample(instant: start, offset: sample.offset))
        (sum, count) = (0, 0)
      }
      sum += value
      count += 1
      minutes[minutes.count - 1].value = Int64((Double(sum) / Double(count)).rounded())
    }
    return minutes
  }
}
