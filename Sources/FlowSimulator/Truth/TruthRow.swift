/// A row of a complete collection, in the format of flowrun's tables.
package enum TruthRow: Sendable, Equatable {
  case dailyActivity(DailyActivityRow)
  case heartRateSummary(HeartRateSummaryRow)
  case heartRate(IntradayRow)
  case steps(IntradayRow)

  /// The table that the row belongs to.
  package var table: String {
    switch self {
    case .dailyActivity: "fitbit_daily_activity"
    case .heartRateSummary: "fitbit_hr_summary"
    case .heartRate: "fitbit_intraday_hr"
    case .steps: "fitbit_intraday_steps"
    }
  }
}

/// A row of `fitbit_daily_activity`. nil: not reported by the provider.
package struct DailyActivityRow: Sendable, Equatable {
  /// `yyyy-MM-dd` in the participant's zone.
  package let date: String
  package let activityCalories: Int?
  package let caloriesBMR: Int?
  package let caloriesOut: Int?
  package let marginalCalories: Int?
  package let steps: Int?
  /// Kilometres.
  package let distance: Double?
  /// Metres.
  package let elevation: Double?
  package let floors: Int?
  package let veryActiveMinutes: Int?
  package let fairlyActiveMinutes: Int?
  package let lightlyActiveMinutes: Int?
  package let sedentaryMinutes: Int?
  package let restingHeartRate: Int?
}

/// A row of `fitbit_hr_summary`.
package struct HeartRateSummaryRow: Sendable, Equatable {
  package let date: String
  package let zone: String
  package let min: Int
  package let max: Int
  package let minutes: Int?
  /// Kilocalories.
  package let caloriesOut: Double?
}

/// A row of `fitbit_intraday_hr` or `fitbit_intraday_steps`.
package struct IntradayRow: Sendable, Equatable {
  /// Seconds since 1970, UTC.
  package let instant: Int
  /// Seconds east of UTC in the participant's zone.
  package let utcOffset: Int
  package let value: Int
}
