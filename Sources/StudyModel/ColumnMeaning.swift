import FlowCore

extension TableSchema {
  /// What a column holds and in which unit, for the comments of a database; nil if nothing is known beyond its name.
  package func meaning(of column: Column) -> String? {
    switch column.kind {
    case .instant: "UTC, whole seconds"
    case .offset: "Seconds east of UTC in the zone of the participant at the instant of the row"
    case .date: "Local date of the participant"
    case .real: ["distance": "km", "elevation": "m", "calories_out": "kcal"][column.name]
    case .integer, .text: Self.units["\(name).\(column.name)"] ?? Self.units[column.name]
    }
  }

  /// Whether flowrun guarantees the column's shape, so that the range of its values is known: it fits 32 bits.
  package func promises(_ column: Column) -> Bool {
    TableSchema.promised.contains { $0.name == name && $0.columns.contains(column) }
  }

  private static let units = [
    "fitbit_intraday_hr.value": "Heart rate, beats a minute", "fitbit_intraday_steps.value": "Steps in the minute that begins at the instant",
    "steps": "Steps of the day", "floors": "Floors climbed", "activity_calories": "kcal", "calories_bmr": "kcal", "calories_out": "kcal",
    "marginal_calories": "kcal", "very_active_minutes": "Minutes", "fairly_active_minutes": "Minutes", "lightly_active_minutes": "Minutes",
    "sedentary_minutes": "Minutes", "resting_heart_rate": "Beats a minute", "fitbit_hr_summary.min": "Lower bound of the zone, beats a minute",
    "fitbit_hr_summary.max": "Upper bound of the zone, beats a minute", "fitbit_hr_summary.minutes": "Minutes in the zone",
    "fitbit_hr_summary.zone": "Name of the zone, as the provider calls it",
  ]
}
