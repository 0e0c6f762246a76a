import FlowSimulator
import GRDB
import StudyModel
import Testing

/// The contents of a database, compared with the simulator's data.
struct Collected {
  private let queue: DatabaseQueue

  init(_ path: String) throws {
    var configuration = Configuration()
    configuration.readonly = true
    // The last connection of a server or a run that ends at this moment has the file for itself.
    configuration.busyMode = .timeout(30)
    queue = try DatabaseQueue(path: path, configuration: configuration)
  }

  func value<Value: DatabaseValueConvertible>(_ sql: String) throws -> Value? {
    try queue.read { try Value.fetchOne($0, sql: sql) }
  }

  func strings(_ sql: String) throws -> [String] { try queue.read { try String.fetchAll($0, sql: sql) } }

  /// Row for row: nothing missing, nothing more, nothing different.
  func expectEqual(to truth: Truth, sourceLocation: SourceLocation = #_sourceLocation) throws {
    for participant in truth.population.participants {
      var expected: [String: [String]] = [:]
      truth.forEachRow(of: participant) { row in expected[row.table, default: []].append(Self.text(row)) }
      for (table, columns) in Self.columns {
        let actual = try strings(
          "SELECT \(columns) FROM \(table) JOIN participant USING (participant_id) WHERE name = '\(participant.name)' ORDER BY 1")
        let wanted = (expected[table] ?? []).sorted()
        if actual.sorted() != wanted {
          let missing = Set(wanted).subtracting(actual)
          let extra = Set(actual).subtracting(wanted)
          Issue.record(
            "\(participant.name) \(table): missing \(missing.sorted().prefix(3)), not true \(extra.sorted().prefix(3))",
            sourceLocation: sourceLocation)
        }
      }
    }
  }

  /// Every slice of the ledger begins where the one before it ended.
  func expectContiguousLedger(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let holes: Int? = try value(
      """
      SELECT count(*) FROM (SELECT start_instant, lag(end_instant) OVER (PARTITION BY participant_id, data_type ORDER BY start_instant) AS before
      FROM slice) WHERE before IS NOT NULL AND before <> start_instant
      """)
    #expect(holes == 0, sourceLocation: sourceLocation)
  }

  private static let columns = [
    "fitbit_daily_activity": concatenated([
      "date", "activity_calories", "calories_bmr", "calories_out", "marginal_calories", "steps", "distance", "elevation", "floors",
      "very_active_minutes", "fairly_active_minutes", "lightly_active_minutes", "sedentary_minutes", "resting_heart_rate",
    ]),
    "fitbit_hr_summary": concatenated(["date", "zone", "min", "max", "minutes", "calories_out"]),
    "fitbit_intraday_hr": concatenated(["instant", "utc_offset", "value"]),
    "fitbit_intraday_steps": concatenated(["instant", "utc_offset", "value"]),
  ]

  private static func concatenated(_ columns: [String]) -> String {
    columns.map { "coalesce(\($0), '-')" }.joined(separator: " || ' ' || ")
  }

  private static func text(_ row: TruthRow) -> String {
    func text(_ values: [(any LosslessStringConvertible)?]) -> String {
      values.map { $0.map { String(describing: $0) } ?? "-" }.joined(separator: " ")
    }
    switch row {
    case .dailyActivity(let row):
      return text([
        row.date, row.activityCalories, row.caloriesBMR, row.caloriesOut, row.marginalCalories, row.steps, row.distance,
        row.elevation, row.floors, row.veryActiveMinutes, row.fairlyActiveMinutes, row.lightlyActiveMinutes,
        row.sedentaryMinutes, row.restingHeartRate,
      ])
    case .heartRateSummary(let row): return text([row.date, row.zone, row.min, row.max, row.minutes, row.caloriesOut])
    case .heartRate(let row), .steps(let row): return text([row.instant, row.utcOffset, row.value])
    }
  }
}
