import FlowCore

/// A sleep log, with what layouts derive from it.
struct SleepNight: Sendable {
  /// The day on which it ended.
  var date: CivilDate
  var logID: String
  var start: Int64?
  var offset: Int64?
  var end: Int64?
  /// `stages` or `classic`.
  var type: String?
  var isMain: Bool?
  var minutes: [Measure: Int64] = [:]
  /// In the order of their times.
  var stages: [SleepStage] = []

  enum Measure: String, CaseIterable, Sendable {
    case asleep = "minutes_asleep", awake = "minutes_awake", toFallAsleep = "minutes_to_fall_asleep", afterWakeup = "minutes_after_wakeup", inBed = "minutes_in_bed"
  }

  /// Milliseconds from start to end, as Fitbit counts a duration.
  var milliseconds: Int64? { start.flatMap { start in end.map { ($0 - start) * 1000 } } }

  /// Minutes in a level, rounded; nil if the night has no stage of that level.
  func minutes(in level: String) -> Int64? {
    let seconds = stages.filter { $0.level == level }.compactMap(\.seconds)
    return seconds.isEmpty ? nil : Int64((Double(seconds.reduce(0, +)) / 60).rounded())
  }

  /// The nights of the days, ordered by date and log, each with its stages.
  static func all(_ rows: ExportRows) -> [SleepNight] {
    let stages = Dictionary(grouping: SleepStage.all(rows, of: nil), by: \.logID)
    return logs(rows).filter { rows.days.contains($0.date) }.map { night in
      var night = night
      night.stages = stages[night.logID] ?? []
      return night
    }
  }

  /// Without stages, also of the neighbouring days.
  static func logs(_ rows: ExportRows) -> [SleepNight] {
    let stored = rows.rows(of: StudyTables.sleep)
    let date = stored["date"], log = stored["log_id"], start = stored["instant"], offset = stored["utc_offset"], end = stored["end_instant"], type = stored["type"]
    let main = stored["is_main_sleep"], measures = Measure.allCases.map { ($0, stored[$0.rawValue]) }
    return stored.indices.compactMap { row in
      guard let day = date.date(row), let logID = log.text(row) else { return nil }
      var night = SleepNight(date: day, logID: logID)
      night.start = start.integer(row)
      night.offset = offset.integer(row)
      night.end = end.integer(row)
      night.type = type.text(row)?.lowercased()
      night.isMain = main.integer(row).map { $0 != 0 }
      for (measure, column) in measures { night.minutes[measure] = column.integer(row) }
      return night
    }
  }
}

/// A stretch of a night in one level.
struct SleepStage: Sendable {
  var date: CivilDate
  var logID: String
  var start: Int64
  var offset: Int64?
  /// nil if neither a length nor an end was told.
  var seconds: Int64?
  /// As Fitbit names it: `wake`, `light`, `deep`, `rem`; of a classic log `asleep`, `restless`, `awake`.
  var level: String
  /// Whose stage it is; nil if the database does not have it.
  var night: SleepNight?

  /// The stages in the order of date, log and time.
  /// - Parameter days: nil also for those of the neighbouring days.
  static func all(_ rows: ExportRows, of days: Range<CivilDate>?) -> [SleepStage] {
    let nights = Dictionary(SleepNight.logs(rows).map { ($0.logID, $0) }) { first, _ in first }
    let stored = rows.rows(of: StudyTables.stages)
    let date = stored["date"], log = stored["log_id"], start = stored["instant"], offset = stored["utc_offset"], end = stored["end_instant"]
    let seconds = stored["seconds"], level = stored["stage"]
    let stages = stored.indices.compactMap { row -> SleepStage? in
      guard let day = date.date(row), days?.contains(day) ?? true, let logID = log.text(row), let instant = start.integer(row),
        let name = level.text(row)
      else { return nil }
      let night = nights[logID]
      return SleepStage(
        date: day, logID: logID, start: instant, offset: offset.integer(row), seconds: seconds.integer(row) ?? end.integer(row).map { $0 - instant },
        level: fitbitLevel(name, of: night?.type), night: night)
    }
    // Rows come in the order of date and log.
    return stages.sorted { ($0.date, $0.logID, $0.start) < ($1.date, $1.logID, $1.start) }
  }

  /// Google's names are Fitbit's in capitals, except that a night with stages is AWAKE where Fitbit's is in `wake`.
  private static func fitbitLevel(_ name: String, of type: String?) -> String {
    let level = name.lowercased()
    return level == "awake" && type == "stages" ? "wake" : level
  }
}
