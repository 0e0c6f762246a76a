import FlowCore
import FlowParquet
import StudyModel

extension ExportLayout {
  /// The Fitbit exports of MyDataHelps (support.mydatahelps.org, Fitbit daily and intraday data export formats; Sage-Bionetworks/recover,
  /// table_columns.yaml).
  ///
  /// `ParticipantIdentifier` is the participant's name. Times are in ISO 8601 on the participant's clock, with its offset. A list within a row
  /// is JSON, and a Boolean `true` or `false`, both as text.
  package static let myDataHelps = ExportLayout(name: "mydatahelps", summary: "the Fitbit exports of MyDataHelps") { _ in
    [
      MyDataHelps.daily, MyDataHelps.intraday, MyDataHelps.sleep, MyDataHelps.activities, MyDataHelps.devices, MyDataHelps.restingHeartRates,
    ]
  }
}

enum MyDataHelps {
  static let noIdentifier = "MyDataHelps makes it up"
  private static let noDetail = "flows do not collect it"

  /// The columns with which every table begins.
  static func identifiers<Row>() -> [LayoutColumn<Row>] {
    [.participant("ParticipantIdentifier"), .nothing("ParticipantID", .text, noIdentifier)]
  }

  // MARK: Sleep

  static let sleep: ExportTable = {
    typealias Column = LayoutColumn<SleepNight>
    func minutes(_ name: String, _ measure: SleepNight.Measure) -> Column {
      .integer(name, from: [StudyTables.sleep.column(measure.rawValue)]) { $0.minutes[measure] }
    }
    func level(_ name: String) -> Column {
      .integer("SleepLevel\(name)", from: StudyTables.stages.columns("stage")) { $0.minutes(in: name.lowercased()) }
    }
    let times: [Column] = [
      .text("LogId", from: StudyTables.sleep.columns("log_id")) { $0.logID },
      .text("StartDate", from: StudyTables.sleep.columns("instant")) { LocalTime.withOffset($0.start, $0.offset) },
      // On the clock of the night's beginning, as Fitbit writes it in a night in which clocks change.
      .text("EndDate", from: StudyTables.sleep.columns("end_instant")) { LocalTime.withOffset($0.end, $0.offset) },
      .integer("Duration", from: StudyTables.sleep.columns("end_instant")) { $0.milliseconds },
      .nothing("Efficiency", .integer64, noDetail), .nothing("InfoCode", .integer64, noDetail),
      .text("IsMainSleep", from: StudyTables.sleep.columns("is_main_sleep")) { $0.isMain.map { $0 ? "true" : "false" } },
    ]
    let measures = [
      minutes("MinutesAfterWakeup", .afterWakeup), minutes("MinutesAsleep", .asleep), minutes("MinutesAwake", .awake),
      minutes("MinutesToFallAsleep", .toFallAsleep), minutes("TimeInBed", .inBed), .text("Type", from: StudyTables.sleep.columns("type")) { $0.type },
    ]
    let levels = ["Awake", "Asleep", "Deep", "Light", "Rem", "Restless", "Wake"].map(level)
    let details = Column.text("SleepLogDetails", from: StudyTables.stages.columns("stage")) { MyDataHelps.stretches(of: $0) }
    return ExportTable(
      "FitbitSleepLogs", from: [.leading(StudyTables.sleep), .beside(StudyTables.stages, reachDays: 1)], rows: SleepNight.all,
      columns: identifiers() + times + measures + levels + [details])
  }()

  /// A JSON list of the night's stretches; nil without.
  private static func stretches(of night: SleepNight) -> String? {
    guard !night.stages.isEmpty else { return nil }
    let entries = night.stages.map { stage in
      let members: [(String, String?)] = [
        ("Type", "SleepLevel"), ("StartDate", LocalTime.withOffset(stage.start, stage.offset)),
        ("EndDate", stage.seconds.flatMap { LocalTime.withOffset(stage.start + $0, stage.offset) }), ("Value", stage.level),
      ]
      return "{" + members.map { "\(JSONText.quoted($0)):\($1.map { JSONText.quoted($0) } ?? "null")" }.joined(separator: ",") + "}"
    }
    return "[" + entries.joined(separator: ",") + "]"
  }

  // MARK: Activities

  private struct Activity {
    var logID: String?
    var start: Int64?
    var offset: Int64?
    var end: Int64?
    var activeSeconds: Double?
    var name: String?
    var kind: String?
    var calories: Int64?
    var steps: Int64?
    var heartRate: Int64?
    var modified: Int64?
  }

  static let activities: ExportTable = {
    typealias Column = LayoutColumn<Activity>
    let table = StudyTables.activities
    let known: [Column] = [
      .text("LogId", from: table.columns("log_id")) { $0.logID }, .text("StartDate", from: table.columns("instant")) { LocalTime.withOffset($0.start, $0.offset) },
      .text("EndDate", from: table.columns("seconds", "end_instant")) { LocalTime.withOffset($0.end, $0.offset) },
      .integer("ActiveDuration", from: table.columns("active_seconds")) { $0.activeSeconds.map { Int64(($0 * 1000).rounded()) } },
      .text("ActivityName", from: table.columns("type")) { $0.name }, .nothing("ActivityTypeId", .integer64, noDetail),
      .integer("AverageHeartRate", from: table.columns("average_heart_rate")) { $0.heartRate },
      .integer("Calories", from: table.columns("calories")) { $0.calories },
      .integer("Duration", from: table.columns("seconds", "end_instant")) { row in row.start.flatMap { start in row.end.map { ($0 - start) * 1000 } } },
      .text("LastModified", from: table.columns("modified")) { LocalTime.withOffset($0.modified, 0) },
      .text("LogType", from: table.columns("log_type")) { $0.kind }, .nothing("OriginalDuration", .integer64, noDetail),
      .nothing("OriginalStartTime", .text, noDetail), .integer("Steps", from: table.columns("steps")) { $0.steps },
    ]
    let zones = HeartRateZone.allCases.flatMap { zone in
      ["Max", "Min", "Minutes"].map { Column.nothing("HeartRateZone\(zone.columnName)\($0)", .integer64, noDetail) }
    }
    let minutes = ["Sedentary", "Lightly", "Fairly", "Very"].map { Column.nothing($0 + "Minutes", .integer64, noDetail) }
    return ExportTable(
      "FitbitActivityLogs", from: [.leading(table)],
      rows: { rows in
        let stored = rows.rows(of: table), seconds = stored["seconds"], end = stored["end_instant"], start = stored["instant"]
        return stored.indices.map { row in
          let length = seconds.integer(row).flatMap { length in start.integer(row).map { $0 + length } }
          return Activity(
            logID: stored["log_id"].text(row), start: start.integer(row), offset: stored["utc_offset"].integer(row), end: end.integer(row) ?? length,
            activeSeconds: stored["active_seconds"].real(row), name: stored["type"].text(row), kind: stored["log_type"].text(row),
            calories: stored["calories"].integer(row), steps: stored["steps"].integer(row), heartRate: stored["average_heart_rate"].integer(row),
            modified: stored["modified"].integer(row))
        }
      }, columns: identifiers() + known + zones + minutes)
  }()

  // MARK: Devices and resting heart rates

  static let devices = ExportTable(
    "FitbitDevices",
    [("ParticipantIdentifier", .text), ("ParticipantID", .text), ("Date", .text), ("Device", .text), ("Battery", .text), ("Type", .text)],
    reason: "devices are looked at for the latest sync and not kept")

  static let restingHeartRates = ExportTable(
    "FitbitRestingHeartRates", from: [.leading(StudyTables.activity)], rows: { DayActivity.all($0).filter { $0.number("resting_heart_rate") != nil } },
    columns: identifiers() + [
      .date("Date", from: StudyTables.activity.columns("date")) { $0.date },
      .integer("RestingHeartRate", from: StudyTables.activity.columns("resting_heart_rate")) { $0.number("resting_heart_rate") },
    ])
}
