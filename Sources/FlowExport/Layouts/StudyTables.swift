import FlowCore
import StudyModel

/// The tables of the shipped flows from which layouts are made, with the columns that they need. A database may lack any of them.
///
/// Tables whose key in the database is a log's id are given with their date first, so that they are divided by it.
enum StudyTables {
  static let activity = TableSchema.promised[0]
  static let zones = TableSchema.promised[1]
  static let heart = TableSchema.promised[2]
  static let steps = TableSchema.promised[3]

  static let sleep = TableSchema(
    name: "fitbit_sleep_log",
    columns: [
      .init("date", .date), .init("log_id", .text), .init("instant", .instant), .init("utc_offset", .offset), .init("end_instant", .instant), .init("type", .text),
    ] + ["is_main_sleep", "minutes_asleep", "minutes_awake", "minutes_to_fall_asleep", "minutes_after_wakeup", "minutes_in_bed"].map { .init($0, .integer) },
    key: ["date", "log_id"])
  /// Divided by the day to which the night belongs.
  static let stages = TableSchema(
    name: "fitbit_sleep_stage",
    columns: [
      .init("date", .date), .init("log_id", .text), .init("instant", .instant), .init("utc_offset", .offset), .init("stage", .text), .init("seconds", .integer),
      .init("end_instant", .instant),
    ], key: ["date", "log_id"])
  static let activities = TableSchema(
    name: "fitbit_activity",
    columns: [
      .init("date", .date), .init("log_id", .text), .init("instant", .instant), .init("utc_offset", .offset), .init("end_instant", .instant),
      .init("seconds", .integer), .init("active_seconds", .real), .init("type", .text), .init("log_type", .text), .init("calories", .integer), .init("steps", .integer),
      .init("average_heart_rate", .integer), .init("modified", .instant),
    ], key: ["date", "log_id"])
  static let weight = TableSchema(
    name: "fitbit_weight",
    columns: [.init("date", .date), .init("instant", .instant), .init("log_id", .text), .init("weight", .real), .init("bmi", .real), .init("fat", .real)],
    key: ["date", "log_id"])
  static let bodyFat = TableSchema(
    name: "fitbit_body_fat", columns: [.init("date", .date), .init("instant", .instant), .init("log_id", .text), .init("fat", .real)], key: ["date", "log_id"])
  static let fitness = daily("fitbit_vo2max", [.init("low", .real), .init("high", .real), .init("value", .text)])
  static let variability = daily("fitbit_daily_hrv", [.init("rmssd", .real), .init("deep_rmssd", .real)])
  static let oxygen = daily("fitbit_daily_oxygen_saturation", [.init("average", .real), .init("lower", .real), .init("upper", .real)])
  static let breathing = daily("fitbit_daily_breathing_rate", [.init("breaths_per_minute", .real)])
  static let temperature = daily("fitbit_daily_skin_temperature", [.init("nightly_relative", .real)])
  static let nightVariability = TableSchema(
    name: "fitbit_hrv",
    columns: [.init("instant", .instant), .init("utc_offset", .offset)] + ["rmssd", "coverage", "hf", "lf"].map { .init($0, .real) }, key: ["instant"])

  private static func daily(_ name: String, _ columns: [TableSchema.Column]) -> TableSchema {
    TableSchema(name: name, columns: [.init("date", .date)] + columns, key: ["date"])
  }
}

extension TableSchema {
  /// A column of this table, qualified.
  func column(_ name: String) -> TableColumn { TableColumn(table: self.name, column: name) }
  func columns(_ names: String...) -> [TableColumn] { names.map { column($0) } }
}
