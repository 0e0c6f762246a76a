import FlowCore

/// A day of `fitbit_daily_activity`.
struct DayActivity: Sendable {
  var date: CivilDate
  /// km
  var distance: Double?
  /// m
  var elevation: Double?
  private var numbers: [String: Int64] = [:]

  /// A whole number by the name of its column.
  func number(_ column: String) -> Int64? { numbers[column] }

  /// In the order of dates.
  static func all(_ rows: ExportRows) -> [DayActivity] {
    let table = StudyTables.activity, stored = rows.rows(of: table)
    let date = stored["date"], distance = stored["distance"], elevation = stored["elevation"]
    let numbers = table.columns.filter { $0.kind == .integer }.map { ($0.name, stored[$0.name]) }
    return stored.indices.compactMap { row in
      guard let day = date.date(row) else { return nil }
      var activity = DayActivity(date: day, distance: distance.real(row), elevation: elevation.real(row))
      for (name, column) in numbers { activity.numbers[name] = column.integer(row) }
      return activity
    }
  }
}
