import FlowCore
import FlowParquet
import Testing

@testable import FlowExport

@Suite("Layouts have the columns of their dictionaries")
struct LayoutColumnsTests {
  /// As the dictionaries name them, in their order; `name:type` where the type is told.
  private static let dictionaries: [(layout: String, table: String, columns: String)] = [
    (
      "all-of-us", "activity_summary",
      "date:date activity_calories:real calories_bmr:real calories_out:real elevation:real fairly_active_minutes:real floors:integer64 lightly_active_minutes:real "
        + "marginal_calories:real sedentary_minutes:real steps:integer64 very_active_minutes:real person_id src_id:text"
    ),
    (
      "all-of-us", "heart_rate_summary",
      "person_id date:date zone_name:text min_heart_rate:integer64 max_heart_rate:integer64 minute_in_zone:integer64 calorie_count:real src_id:text"
    ),
    ("all-of-us", "heart_rate_minute_level", "datetime heart_rate_value:integer64 person_id src_id:text"),
    ("all-of-us", "steps_intraday", "datetime steps person_id src_id:text"),
    (
      "all-of-us", "sleep_daily_summary",
      "person_id sleep_date:date is_main_sleep:text minute_in_bed:integer64 minute_asleep:integer64 minute_after_wakeup:integer64 minute_awake:integer64 "
        + "minute_restless:integer64 minute_deep:integer64 minute_light:integer64 minute_rem:integer64 minute_wake:integer64 src_id:text"
    ),
    ("all-of-us", "sleep_level", "person_id sleep_date:date is_main_sleep:text level:text start_datetime duration_in_min:real src_id:text"),
    (
      "all-of-us", "device",
      "person_id device_id:text device_date:date battery:text battery_level:text device_version:text device_type:text last_sync_time src_id:text"
    ),
    (
      "mydatahelps", "FitbitDailyData",
      "ParticipantIdentifier ParticipantID Date ActivityCalories BodyBmi BodyFat BodyWeight Calories CaloriesBMR Distance Elevation Floors FoodCaloriesIn "
        + "HeartRateIntradayCount HeartRateZoneOutOfRangeCaloriesOut HeartRateZoneOutOfRangeMax HeartRateZoneOutOfRangeMin HeartRateZoneOutOfRangeMinutes "
        + "HeartRateZoneFatBurnCaloriesOut HeartRateZoneFatBurnMax HeartRateZoneFatBurnMin HeartRateZoneFatBurnMinutes HeartRateZoneCardioCaloriesOut "
        + "HeartRateZoneCardioMax HeartRateZoneCardioMin HeartRateZoneCardioMinutes HeartRateZonePeakCaloriesOut HeartRateZonePeakMax HeartRateZonePeakMin "
        + "HeartRateZonePeakMinutes MinutesFairlyActive MinutesLightlyActive MinutesSedentary MinutesVeryActive RestingHeartRate Steps TrackerActivityCalories "
        + "TrackerCalories TrackerDistance TrackerElevation TrackerFloors TrackerMinutesFairlyActive TrackerMinutesLightlyActive TrackerMinutesSedentary "
        + "TrackerMinutesVeryActive TrackerSteps Water BreathingRate HrvDailyRmssd HrvDeepRmssd SpO2Avg SpO2Max SpO2Min CardioScore TempCore TempSkin "
        + "TempSkinLogType HeartRateIntradayMinuteCount ModifiedDate InsertedDate"
    ),
    (
      "mydatahelps", "FitbitIntradayCombined",
      "ParticipantIdentifier ParticipantID Type DateTime Value Level:integer64 Mets:real RMSSD Coverage Hf Lf DeepSleepSummaryBreathRate:real "
        + "RemSleepSummaryBreathRate:real FullSleepSummaryBreathRate:real LightSleepSummaryBreathRate:real InsertedDate"
    ),
    (
      "mydatahelps", "FitbitSleepLogs",
      "ParticipantIdentifier ParticipantID LogId StartDate EndDate Duration Efficiency InfoCode IsMainSleep MinutesAfterWakeup MinutesAsleep MinutesAwake "
        + "MinutesToFallAsleep TimeInBed Type SleepLevelAwake SleepLevelAsleep SleepLevelDeep SleepLevelLight SleepLevelRem SleepLevelRestless SleepLevelWake "
        + "SleepLogDetails"
    ),
    (
      "mydatahelps", "FitbitActivityLogs",
      "ParticipantIdentifier ParticipantID LogId StartDate EndDate ActiveDuration ActivityName ActivityTypeId AverageHeartRate Calories Duration LastModified "
        + "LogType OriginalDuration OriginalStartTime Steps HeartRateZoneOutOfRangeMax HeartRateZoneOutOfRangeMin HeartRateZoneOutOfRangeMinutes "
        + "HeartRateZoneFatBurnMax HeartRateZoneFatBurnMin HeartRateZoneFatBurnMinutes HeartRateZoneCardioMax HeartRateZoneCardioMin "
        + "HeartRateZoneCardioMinutes HeartRateZonePeakMax HeartRateZonePeakMin HeartRateZonePeakMinutes SedentaryMinutes LightlyMinutes FairlyMinutes VeryMinutes"
    ),
    ("mydatahelps", "FitbitDevices", "ParticipantIdentifier ParticipantID Date Device Battery Type"),
    ("mydatahelps", "FitbitRestingHeartRates", "ParticipantIdentifier ParticipantID Date RestingHeartRate"),
    (
      "rapids", "FITBIT_HEARTRATE_SUMMARY",
      "TIMESTAMP:integer64 DEVICE_ID LOCAL_DATE_TIME:text HEARTRATE_DAILY_RESTINGHR HEARTRATE_DAILY_CALORIESOUTOFRANGE HEARTRATE_DAILY_CALORIESFATBURN "
        + "HEARTRATE_DAILY_CALORIESCARDIO HEARTRATE_DAILY_CALORIESPEAK"
    ),
    ("rapids", "FITBIT_HEARTRATE_INTRADAY", "TIMESTAMP:integer64 DEVICE_ID LOCAL_DATE_TIME:text HEARTRATE HEARTRATE_ZONE:text"),
    ("rapids", "FITBIT_STEPS_SUMMARY", "TIMESTAMP:integer64 DEVICE_ID LOCAL_DATE_TIME:text STEPS"),
    ("rapids", "FITBIT_STEPS_INTRADAY", "TIMESTAMP:integer64 DEVICE_ID LOCAL_DATE_TIME:text STEPS"),
    (
      "rapids", "FITBIT_SLEEP_SUMMARY",
      "TIMESTAMP:integer64 DEVICE_ID LOCAL_DATE_TIME:text LOCAL_START_DATE_TIME LOCAL_END_DATE_TIME EFFICIENCY MINUTES_AFTER_WAKEUP MINUTES_ASLEEP MINUTES_AWAKE "
        + "MINUTES_TO_FALL_ASLEEP MINUTES_IN_BED IS_MAIN_SLEEP TYPE"
    ),
    ("rapids", "FITBIT_SLEEP_INTRADAY", "TIMESTAMP:integer64 DEVICE_ID LOCAL_DATE_TIME:text TYPE_EPISODE_ID DURATION IS_MAIN_SLEEP TYPE LEVEL"),
    ("rapids", "FITBIT_CALORIES_INTRADAY", "TIMESTAMP:integer64 DEVICE_ID LOCAL_DATE_TIME:text LEVEL METS VALUE"),
  ]

  @Test("names and order, and types where they are told")
  func columns() throws {
    for (layout, name, columns) in Self.dictionaries {
      let tables = try #require(ExportLayout.all.first { $0.name == layout }).tables([])
      let table = try #require(tables.first { $0.name == name }, "\(layout) has no \(name)")
      let words = columns.split(separator: " ").map { $0.split(separator: ":").map(String.init) }
      #expect(table.columns.map(\.name) == words.map { $0[0] }, "\(name)")
      for (column, words) in zip(table.columns, words) where words.count == 2 { #expect("\(column.kind)" == words[1], "\(name).\(column.name)") }
    }
  }

  @Test("every table of a layout is in its dictionary")
  func tables() {
    for layout in ExportLayout.all.dropFirst() {
      #expect(layout.tables([]).map(\.name).sorted() == Self.dictionaries.filter { $0.layout == layout.name }.map(\.table).sorted())
    }
  }

  @Test("a column that stays empty has a reason, and a table without a source has no other columns")
  func reasons() {
    for layout in ExportLayout.all.dropFirst() {
      for table in layout.tables([]) {
        let reasons = table.columns.compactMap { column in if case .nothing(let reason)? = table.origins[column.name] { reason } else { nil } }
        #expect(reasons.allSatisfy { !$0.isEmpty } && (!table.sources.isEmpty || reasons.count == table.columns.count), "\(table.name)")
      }
    }
  }
}
