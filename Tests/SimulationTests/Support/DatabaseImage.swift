import FlowSimulator
import GRDB
import StudyModel

/// Every row of a database as text, sorted, participants by name: what databases are compared by, with each other and
/// with the truth.
struct DatabaseImage: Equatable {
  var rows: [String: [String]] = [:]

  /// - Parameter leavingOut: columns of the ledger that tell of the run and not of the data.
  init(_ path: String, leavingOut: Set<String>) throws {
    var configuration = Configuration()
    configuration.readonly = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.read { database in
      let names = try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
      let own = names.filter { $0 != "participant" && !$0.hasPrefix("flowrun") && !$0.hasPrefix("sqlite") }
      for name in own {
        let all = try String.fetchAll(database, sql: "SELECT name FROM pragma_table_info(?)", arguments: [name])
        // What models are built into follows from the others.
        guard all.contains("participant_id") else { continue }
        let columns = all.filter { $0 != "participant_id" && !leavingOut.contains($0) }
        let line = (["name"] + columns).map { "coalesce(\"\($0)\", '-')" }.joined(separator: " || ' ' || ")
        rows[name] = try String.fetchAll(
          database, sql: "SELECT \(line) FROM \"\(name)\" JOIN participant USING (participant_id) ORDER BY 1")
      }
    }
  }

  /// What a complete collection holds in its tables of data.
  init(_ truth: Truth) {
    for table in Self.dataTables { rows[table] = [] }
    for participant in truth.population.participants {
      truth.forEachRow(of: participant) { row in
        rows[row.table, default: []].append("\(participant.name) \(Self.text(row))")
      }
    }
    rows = rows.mapValues { $0.sorted() }
  }

  /// A copy of a database on which a statement was executed.
  static func execute(_ statement: String, on path: String, copiedTo copy: String) throws {
    let queue = try DatabaseQueue(path: copy)
    try DatabaseQueue(path: path).backup(to: queue)
    try queue.write { try $0.execute(sql: statement) }
  }

  /// Without the ledger.
  var data: DatabaseImage {
    var data = self
    data.rows = rows.filter { Self.dataTables.contains($0.key) }
    return data
  }

  /// All data, of nights too.
  var withoutLedger: DatabaseImage {
    var data = self
    data.rows["slice"] = nil
    return data
  }

  /// The first differences, for a message; empty: none.
  func differences(from other: DatabaseImage) -> [String] {
    Set(rows.keys).union(other.rows.keys).sorted().flatMap { table -> [String] in
      let own = rows[table] ?? [], others = other.rows[table] ?? []
      guard own != others else { return [] }
      let extra = Set(own).subtracting(others).sorted(), missing = Set(others).subtracting(own).sorted()
      let details = "too much \(extra.prefix(2)), missing \(missing.prefix(2))"
      return ["\(table): \(own.count) rows for \(others.count); \(details)"]
    }
  }

  /// The first rows of the data that the truth does not have.
  func untrueRows(_ truth: DatabaseImage) -> [String] {
    rows.sorted { $0.key < $1.key }.flatMap { table, rows in
      Set(rows).subtracting(truth.rows[table] ?? []).sorted().prefix(3).map { "\(table): \($0)" }
    }
  }

  static let dataTables: Set = [
    "fitbit_daily_activity", "fitbit_hr_summary", "fitbit_intraday_hr", "fitbit_intraday_steps",
  ]

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
