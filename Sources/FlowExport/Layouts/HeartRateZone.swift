import FlowCore

/// The four heart rate zones that layouts name. Fitbit and Google call the same zones by different names: Google's LIGHT, MODERATE, VIGOROUS and
/// PEAK are Fitbit's Out of Range, Fat Burn, Cardio and Peak (developers.google.com/health, migration guide). Zones that a person has set have
/// no place in them.
enum HeartRateZone: Int, CaseIterable, Sendable {
  case outOfRange, fatBurn, cardio, peak

  /// As Fitbit names it.
  var fitbitName: String { ["Out of Range", "Fat Burn", "Cardio", "Peak"][rawValue] }
  /// As MyDataHelps has it in names of columns.
  var columnName: String { ["OutOfRange", "FatBurn", "Cardio", "Peak"][rawValue] }
  private var googleName: String { ["LIGHT", "MODERATE", "VIGOROUS", "PEAK"][rawValue] }

  /// - Parameter name: of either provider; nil for any other zone.
  init?(_ name: String) {
    guard let zone = Self.allCases.first(where: { $0.fitbitName.lowercased() == name.lowercased() || $0.googleName == name }) else { return nil }
    self = zone
  }
}

/// A zone as it was for one day.
struct DayZone: Sendable {
  var minimum: Int64?
  var maximum: Int64?
  var minutes: Int64?
  var calories: Double?
}

/// The zones of a participant's days.
struct DayZones: Sendable {
  private var zones: [CivilDate: [HeartRateZone: DayZone]] = [:]

  init(_ rows: ExportRows) {
    let stored = rows.rows(of: StudyTables.zones)
    let date = stored["date"], name = stored["zone"], minimum = stored["min"], maximum = stored["max"]
    let minutes = stored["minutes"], calories = stored["calories_out"]
    for row in stored.indices {
      guard let day = date.date(row), let zone = name.text(row).flatMap(HeartRateZone.init) else { continue }
      zones[day, default: [:]][zone] = DayZone(
        minimum: minimum.integer(row), maximum: maximum.integer(row), minutes: minutes.integer(row), calories: calories.real(row))
    }
  }

  var dates: some Sequence<CivilDate> { zones.keys }
  subscript(date: CivilDate, zone: HeartRateZone) -> DayZone? { zones[date]?[zone] }

  /// The first zone of the day, from the lowest, that includes a heart rate.
  func zone(of heartRate: Int64, on date: CivilDate) -> HeartRateZone? {
    guard let day = zones[date] else { return nil }
    return HeartRateZone.allCases.first { zone in
      guard let bounds = day[zone], let minimum = bounds.minimum, let maximum = bounds.maximum else { return false }
      return minimum <= heartRate && heartRate <= maximum
    }
  }
}
