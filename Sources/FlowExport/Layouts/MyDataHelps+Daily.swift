import FlowCore
import FlowParquet
import StudyModel

extension MyDataHelps {
  /// What is known of a participant's day.
  private struct Day {
    var date: CivilDate
    var activity: DayActivity?
    var zones: DayZones
    /// The latest of the day.
    var weight: Double?
    var bmi: Double?
    var fat: Double?
    var samples: Int64?
    var minutes: Int64?
    /// By the column of the store.
    var reals: [TableColumn: Double] = [:]
    var cardioScore: String?
  }

  private typealias Night = (name: String, table: TableSchema, column: String)
  private static let nights: [Night] = [
    ("BreathingRate", StudyTables.breathing, "breaths_per_minute"), ("HrvDailyRmssd", StudyTables.variability, "rmssd"),
    ("HrvDeepRmssd", StudyTables.variability, "deep_rmssd"), ("SpO2Avg", StudyTables.oxygen, "average"), ("SpO2Max", StudyTables.oxygen, "upper"),
    ("SpO2Min", StudyTables.oxygen, "lower"),
  ]
  /// Fitbit's difference to the person's baseline. Google's temperatures are absolute, and another thing.
  private static let skin: Night = ("TempSkin", StudyTables.temperature, "nightly_relative")

  /// A row for each day of which any table knows something; km, m, kg and kcal.
  static let daily: ExportTable = {
    typealias Column = LayoutColumn<Day>
    let table = StudyTables.activity
    func whole(_ name: String, _ column: String) -> Column { .integer(name, from: [table.column(column)]) { $0.activity?.number(column) } }
    func real(_ night: Night) -> Column {
      let column = night.table.column(night.column)
      return .real(night.name, from: [column]) { $0.reals[column] }
    }
    func zone(_ zone: HeartRateZone) -> [Column] {
      let name = "HeartRateZone" + zone.columnName, from = StudyTables.zones.columns("zone")
      return [
        .real(name + "CaloriesOut", from: from) { $0.zones[$0.date, zone]?.calories }, .integer(name + "Max", from: from) { $0.zones[$0.date, zone]?.maximum },
        .integer(name + "Min", from: from) { $0.zones[$0.date, zone]?.minimum }, .integer(name + "Minutes", from: from) { $0.zones[$0.date, zone]?.minutes },
      ]
    }
    let typedIn = "flows collect the totals, which include what a person typed in", notEaten = "flows do not collect food and water"
    let body: [Column] = [
      .date("Date", from: []) { $0.date }, whole("ActivityCalories", "activity_calories"),
      .real("BodyBmi", from: StudyTables.weight.columns("bmi")) { $0.bmi },
      .real("BodyFat", from: StudyTables.bodyFat.columns("fat") + StudyTables.weight.columns("fat")) { $0.fat },
      .real("BodyWeight", from: StudyTables.weight.columns("weight")) { $0.weight }, whole("Calories", "calories_out"), whole("CaloriesBMR", "calories_bmr"),
      .real("Distance", from: table.columns("distance")) { $0.activity?.distance },
      .real("Elevation", from: table.columns("elevation")) { $0.activity?.elevation }, whole("Floors", "floors"),
      .nothing("FoodCaloriesIn", .integer64, notEaten), .integer("HeartRateIntradayCount", from: StudyTables.heart.columns("value")) { $0.samples },
    ]
    let minutes = [
      whole("MinutesFairlyActive", "fairly_active_minutes"), whole("MinutesLightlyActive", "lightly_active_minutes"), whole("MinutesSedentary", "sedentary_minutes"),
      whole("MinutesVeryActive", "very_active_minutes"), whole("RestingHeartRate", "resting_heart_rate"), whole("Steps", "steps"),
    ]
    let tracker = [
      "ActivityCalories", "Calories", "Distance", "Elevation", "Floors", "MinutesFairlyActive", "MinutesLightlyActive", "MinutesSedentary", "MinutesVeryActive", "Steps",
    ].map { Column.nothing("Tracker" + $0, ["Distance", "Elevation"].contains($0) ? .real : .integer64, typedIn) }
    let rest: [Column] = [
      .text("CardioScore", from: StudyTables.fitness.columns("value", "low")) { $0.cardioScore }, .nothing("TempCore", .real, "flows do not collect it"), real(skin),
      .nothing("TempSkinLogType", .text, "flows do not collect it"),
      .integer("HeartRateIntradayMinuteCount", from: StudyTables.heart.columns("value")) { $0.minutes },
      .nothing("ModifiedDate", .text, noIdentifier), .nothing("InsertedDate", .text, noIdentifier),
    ]
    let columns =
      identifiers() + body + HeartRateZone.allCases.flatMap(zone) + minutes + tracker + [.nothing("Water", .real, notEaten)] + nights.map(real) + rest
    let leading = [
      table, StudyTables.zones, StudyTables.weight, StudyTables.bodyFat, StudyTables.breathing, StudyTables.variability, StudyTables.oxygen, StudyTables.fitness,
      StudyTables.temperature,
    ]
    return ExportTable(
      "FitbitDailyData", from: leading.map { .leading($0) } + [.beside(StudyTables.heart, reachDays: 1)], rows: { days($0) }, columns: columns)
  }()

  private static func days(_ rows: ExportRows) -> [Day] {
    let zones = DayZones(rows)
    var days: [CivilDate: Day] = [:]
    func update(_ date: CivilDate?, _ change: (inout Day) -> Void) {
      guard let date, rows.days.contains(date) else { return }
      change(&days[date, default: Day(date: date, zones: zones)])
    }
    for activity in DayActivity.all(rows) { update(activity.date) { $0.activity = activity } }
    for date in zones.dates { update(date) { _ in } }
    for night in nights + [skin] { addReals(night, rows, update) }
    addBody(rows, update)
    let fitness = rows.rows(of: StudyTables.fitness), date = fitness["date"], low = fitness["low"], high = fitness["high"], value = fitness["value"]
    for row in fitness.indices { update(date.date(row)) { $0.cardioScore = value.text(row) ?? range(low.real(row), high.real(row)) } }
    count(rows, &days)
    return days.values.sorted { $0.date < $1.date }
  }

  private static func addReals(_ night: Night, _ rows: ExportRows, _ update: (CivilDate?, (inout Day) -> Void) -> Void) {
    let stored = rows.rows(of: night.table), date = stored["date"], value = stored[night.column], column = night.table.column(night.column)
    for row in stored.indices { update(date.date(row)) { $0.reals[column] = value.real(row) } }
  }

  /// The last weighing of a day counts, and the last measurement of fat; one with a weighing only if there is no other.
  private static func addBody(_ rows: ExportRows, _ update: (CivilDate?, (inout Day) -> Void) -> Void) {
    for table in [StudyTables.weight, StudyTables.bodyFat] {
      let stored = rows.rows(of: table), date = stored["date"], instant = stored["instant"], weight = stored["weight"], bmi = stored["bmi"], fat = stored["fat"]
      for row in stored.indices.sorted(by: { (instant.integer($0) ?? 0, $0) < (instant.integer($1) ?? 0, $1) }) {
        update(date.date(row)) { day in
          if table == StudyTables.weight { (day.weight, day.bmi) = (weight.real(row), bmi.real(row)) }
          day.fat = fat.real(row) ?? day.fat
        }
      }
    }
  }

  /// One number, or a range.
  private static func range(_ low: Double?, _ high: Double?) -> String? {
    func text(_ value: Double) -> String { Int64(exactly: value).map { String($0) } ?? String(value) }
    guard let low else { return nil }
    return high.map { $0 == low ? text(low) : text(low) + "-" + text($0) } ?? text(low)
  }

  /// Counts samples of heart rate, and minutes with one, by the day on the participant's clock. Without the table nothing is known.
  private static func count(_ rows: ExportRows, _ days: inout [CivilDate: Day]) {
    let stored = rows.rows(of: StudyTables.heart), instant = stored["instant"], offset = stored["utc_offset"]
    guard !stored.batch.columns.isEmpty else { return }
    var date: CivilDate?, dayNumber = Int64.min, lastMinute = Int64.min
    var counts: [CivilDate: (samples: Int64, minutes: Int64)] = [:]
    for row in stored.indices {
      guard let time = instant.integer(row), let offset = offset.integer(row) else { continue }
      let number = (time + offset).flooredDivision(by: 86_400), minute = time.flooredDivision(by: 60)
      if number != dayNumber || date == nil { (dayNumber, date) = (number, CivilDate(daysSince1970: number)) }
      guard let date else { continue }
      counts[date, default: (0, 0)].samples += 1
      if minute != lastMinute { counts[date]?.minutes += 1 }
      lastMinute = minute
    }
    for date in days.keys {
      days[date]?.samples = counts[date]?.samples ?? 0
      days[date]?.minutes = counts[date]?.minutes ?? 0
    }
  }
}
