import FlowCore

extension TableSchema {
  /// What a column holds and in which unit, for the comments of a database; nil if nothing is known beyond its name.
  package func meaning(of column: Column) -> String? {
    switch column.kind {
    case .instant: "UTC, whole seconds"
    case .offset: "Seconds east of UTC in the zone of the participant at the instant of the row"
    case .date: "Local date of the participant"
    case .real, .integer, .text: Self.meanings["\(name).\(column.name)"] ?? Self.meanings[column.name]
    }
  }

  /// Whether flowrun guarantees the column's shape, so that the range of its values is known: it fits 32 bits.
  package func promises(_ column: Column) -> Bool {
    TableSchema.promised.contains { $0.name == name && $0.columns.contains(column) }
  }

  /// By `TABLE.COLUMN`, else by the column's name. No text has an apostrophe: they are written into SQL as they are.
  private static let meanings = [
    // Days.
    "steps": "Steps", "fitbit_daily_activity.steps": "Steps of the day", "floors": "Floors climbed", "activity_calories": "kcal", "calories_bmr": "kcal",
    "calories_out": "kcal", "marginal_calories": "kcal", "very_active_minutes": "Minutes", "fairly_active_minutes": "Minutes",
    "lightly_active_minutes": "Minutes", "sedentary_minutes": "Minutes", "resting_heart_rate": "Beats a minute", "distance": "km", "elevation": "m",
    "fitbit_hr_summary.min": "Lower bound of the zone, beats a minute", "fitbit_hr_summary.max": "Upper bound of the zone, beats a minute",
    "fitbit_hr_summary.minutes": "Minutes in the zone", "fitbit_hr_summary.zone": "Name of the zone, as the provider calls it",
    // Samples and intervals.
    "fitbit_intraday_hr.value": "Heart rate, beats a minute", "fitbit_intraday_steps.value": "Steps in the minute that begins at the instant",
    "fitbit_15min_hr.value": "Mean heart rate of the 15 minutes that begin at the instant, beats a minute",
    "fitbit_15min_steps.value": "Steps in the 15 minutes that begin at the instant",
    "fitbit_15min_distance.value": "Distance in the 15 minutes that begin at the instant, km",
    // Activities.
    "log_id": "Id of the entry at the provider", "seconds": "Duration in seconds", "active_seconds": "Seconds of them in motion",
    "calories": "kcal", "average_heart_rate": "Beats a minute", "fitbit_activity.type": "Kind of activity, as the provider calls it",
    "fitbit_activity.log_type": "How the entry came to be, as the provider calls it", "zone_minutes": "Active zone minutes",
    "has_gps": "1 if there is a track by GPS, 0 if there is none", "source": "Device or application that the entry is from",
    "fitbit_activity_lap.type": "Kind of lap, as the provider calls it", "fitbit_activity_split.type": "Kind of split, as the provider calls it",
    "fitbit_activity_track.distance": "Distance since the start, km", "heart_rate": "Beats a minute", "altitude": "m", "latitude": "Degrees north",
    "longitude": "Degrees east",
    // The body.
    "weight": "kg", "bmi": "Body mass index, kg/m²", "fat": "Body fat, per cent",
    "fitbit_vo2max.low": "Lower end of the range of VO2 max, ml/kg/min", "fitbit_vo2max.high": "Upper end of the range of VO2 max, ml/kg/min",
    "fitbit_vo2max.value": "VO2 max, as the provider writes it, ml/kg/min", "fitbit_vo2max.level": "Cardio fitness level, as the provider calls it",
    "fitbit_vo2max.estimated": "1 if the provider estimates it, 0 if it is measured",
    // Nights.
    "breaths_per_minute": "Breaths a minute", "rmssd": "Heart rate variability (RMSSD), ms",
    "deep_rmssd": "Heart rate variability (RMSSD) in deep sleep, ms", "entropy": "Entropy of the intervals between beats",
    "non_rem_heart_rate": "Heart rate in sleep other than REM, beats a minute",
    "fitbit_daily_oxygen_saturation.average": "Oxygen saturation, per cent", "fitbit_daily_oxygen_saturation.lower": "Lowest oxygen saturation, per cent",
    "fitbit_daily_oxygen_saturation.upper": "Highest oxygen saturation, per cent",
    "nightly_relative": "Skin temperature against the baseline, °C", "nightly": "Skin temperature of the night, °C",
    "baseline": "Baseline of the skin temperature, °C", "relative_deviation_30d": "Standard deviation over 30 days, °C",
    "coverage": "Share of the five minutes with data, 0 to 1", "hf": "High-frequency power, ms²", "lf": "Low-frequency power, ms²",
    "fitbit_sleep_log.type": "stages or classic", "is_main_sleep": "1 for the main sleep of the day, 0 for a nap", "minutes_asleep": "Minutes",
    "minutes_awake": "Minutes", "minutes_to_fall_asleep": "Minutes", "minutes_after_wakeup": "Minutes", "minutes_in_bed": "Minutes",
    "fitbit_sleep_stage.stage": "Stage, as the provider calls it",
  ]
}
