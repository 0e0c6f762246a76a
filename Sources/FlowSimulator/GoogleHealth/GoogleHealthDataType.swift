/// A data type of the Google Health API: its record type, scope and supported actions.
struct GoogleHealthDataType: Sendable, Equatable {
  enum Action: String, Sendable, CaseIterable {
    case list, reconcile, rollUp, dailyRollUp
  }

  /// The kind of record, which determines the time members of filters.
  enum Record: Sendable {
    case interval, sample, daily, sleep, exercise
  }

  /// As in paths: `heart-rate`.
  let name: String
  let record: Record
  let scope: GoogleHealthScope
  /// The actions that the simulator supports; the provider supports more for some types.
  let actions: [Action]
  /// The maximum range of a rollup, in days.
  let rollupDays: Int
  /// The maximum page size; also the default if it is less than the usual default.
  let largestPage: Int

  /// As in filters: `heart_rate`.
  var filterName: String { name.replacing("-", with: "_") }

  /// As in points: `heartRate`.
  var member: String {
    let words = name.split(separator: "-")
    return words.dropFirst().reduce(into: String(words[0])) { $0 += $1.prefix(1).uppercased() + $1.dropFirst() }
  }

  static func named(_ name: some StringProtocol) -> GoogleHealthDataType? { all.first { $0.name == name } }

  /// The supported actions by type, according to the provider's table of data types.
  static let all: [GoogleHealthDataType] =
    [
      type("steps", .interval, .activityAndFitness, Action.allCases),
      type("heart-rate", .sample, .healthMetricsAndMeasurements, [.list, .reconcile, .rollUp], rollupDays: 14),
      type("distance", .interval, .activityAndFitness, [.rollUp, .dailyRollUp]),
      type("floors", .interval, .activityAndFitness, [.dailyRollUp]),
      type("altitude", .interval, .activityAndFitness, [.dailyRollUp]),
      type("total-calories", .interval, .activityAndFitness, [.dailyRollUp], rollupDays: 14),
      type("active-energy-burned", .interval, .activityAndFitness, [.dailyRollUp]),
      type("active-minutes", .interval, .activityAndFitness, [.dailyRollUp], rollupDays: 14),
      type("sedentary-period", .interval, .activityAndFitness, [.dailyRollUp]),
      type("time-in-heart-rate-zone", .interval, .activityAndFitness, [.dailyRollUp]),
      type("calories-in-heart-rate-zone", .interval, .activityAndFitness, [.dailyRollUp], rollupDays: 14),
      type("basal-energy-burned", .interval, .activityAndFitness, [.list, .reconcile]),
      type("daily-resting-heart-rate", .daily, .healthMetricsAndMeasurements, [.list, .reconcile]),
      type("daily-heart-rate-zones", .daily, .healthMetricsAndMeasurements, [.list, .reconcile]),
      type("sleep", .sleep, .sleep, [.list, .reconcile], largestPage: 25),
      type("exercise", .exercise, .activityAndFitness, [.list, .reconcile], largestPage: 25),
      type("weight", .sample, .healthMetricsAndMeasurements, [.list, .reconcile]),
      type("body-fat", .sample, .healthMetricsAndMeasurements, [.list, .reconcile]),
      type("heart-rate-variability", .sample, .healthMetricsAndMeasurements, [.list, .reconcile]),
      type("vo2-max", .sample, .activityAndFitness, [.list, .reconcile]),
      type("run-vo2-max", .sample, .activityAndFitness, [.list, .reconcile]),
      type("daily-vo2-max", .daily, .activityAndFitness, [.list, .reconcile]),
      type("daily-heart-rate-variability", .daily, .healthMetricsAndMeasurements, [.list, .reconcile]),
      type("daily-oxygen-saturation", .daily, .healthMetricsAndMeasurements, [.list, .reconcile]),
      type("daily-respiratory-rate", .daily, .healthMetricsAndMeasurements, [.list, .reconcile]),
      type("daily-sleep-temperature-derivations", .daily, .healthMetricsAndMeasurements, [.list, .reconcile]),
    ]

  private static func type(
    _ name: String, _ record: Record, _ scope: GoogleHealthScope, _ actions: [Action], rollupDays: Int = 90,
    largestPage: Int = 10_000
  ) -> GoogleHealthDataType {
    GoogleHealthDataType(
      name: name, record: record, scope: scope, actions: actions, rollupDays: rollupDays, largestPage: largestPage)
  }
}
