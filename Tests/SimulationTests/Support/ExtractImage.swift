import FlowSimulator
import Foundation
import GRDB
import StudyModel

/// The tables of the extract flows, or of the warehouse flows, as text, by table: each row as `participant column=value …`, columns in the order of their names.
struct ExtractImage: Equatable {
  private(set) var rows: [String: [String]] = [:]
  /// Those that are compared.
  private let compared: Set<String>

  /// The tables that the flow of either provider fills.
  static let tables: Set = [
    "fitbit_intraday_hr", "fitbit_activity", "fitbit_activity_lap", "fitbit_activity_split", "fitbit_activity_track", "fitbit_activity_position",
    "fitbit_weight", "fitbit_body_fat", "fitbit_vo2max", "fitbit_hrv", "fitbit_daily_hrv", "fitbit_sleep_log", "fitbit_sleep_stage",
  ]

  /// The tables of the warehouse flows.
  static let warehouse: Set = [
    "fitbit_15min_hr", "fitbit_15min_steps", "fitbit_15min_distance", "fitbit_hr_summary", "fitbit_sleep_log", "fitbit_sleep_stage",
  ]

  /// What a complete collection holds.
  init(_ truth: Truth, tables: Set<String> = tables) {
    compared = tables
    var rows: [String: [String]] = [:]
    func add(_ row: TableRow, _ name: String) {
      guard tables.contains(row.table) else { return }
      let columns = row.columns.sorted { $0.name < $1.name }.map { "\($0.name)=\($0.value.rounded)" }
      rows[row.table, default: []].append(([name] + columns).joined(separator: " "))
    }
    for participant in truth.population.participants {
      truth.forEachRow(of: participant) { row in
        guard tables.contains(row.table) else { return }
        switch row {
        case .heartRate(let sample):
          rows[row.table, default: []].append("\(participant.name) instant=\(sample.instant) utc_offset=\(sample.utcOffset) value=\(sample.value)")
        case .heartRateSummary(let zone):
          let calories = zone.caloriesOut.map { String(format: "%.9f", $0) } ?? "-", minutes = zone.minutes.map { "\($0)" } ?? "-"
          rows[row.table, default: []].append(
            "\(participant.name) calories_out=\(calories) date=\(zone.date) max=\(zone.max) min=\(zone.min) minutes=\(minutes) zone=\(zone.zone)")
        case .dailyActivity, .steps: break
        }
      }
      truth.forEachNightlyRow(of: participant) { add($0, participant.name) }
      truth.forEachActivityRow(of: participant) { add($0, participant.name) }
      truth.forEachBodyRow(of: participant) { add($0, participant.name) }
      if tables.contains("fitbit_15min_hr") { truth.forEachQuarterRow(of: participant) { add($0, participant.name) } }
    }
    self.rows = rows.mapValues { $0.sorted() }
  }

  /// What a database holds, in the columns that the truth knows.
  init(_ path: String, as truth: Truth, tables: Set<String> = tables) throws {
    compared = tables
    var columns: [String: [String]] = [
      "fitbit_intraday_hr": ["instant", "utc_offset", "value"], "fitbit_hr_summary": ["calories_out", "date", "max", "min", "minutes", "zone"],
    ]
    for participant in truth.population.participants {
      func add(_ row: TableRow) { columns[row.table] = row.columns.map(\.name).sorted() }
      truth.forEachNightlyRow(of: participant, add)
      truth.forEachActivityRow(of: participant, add)
      truth.forEachBodyRow(of: participant, add)
      truth.forEachQuarterRow(of: participant, add)
    }
    var configuration = Configuration()
    configuration.readonly = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    rows = try queue.read { database in
      var rows: [String: [String]] = [:]
      let names = try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'").filter(tables.contains)
      for name in names {
        let values = (columns[name] ?? []).map { " || ' \($0)=' || CASE typeof(\"\($0)\") WHEN 'real' THEN printf('%.9f', \"\($0)\") ELSE coalesce(\"\($0)\", '-') END" }.joined()
        let found = try String.fetchAll(database, sql: "SELECT name\(values) FROM \"\(name)\" JOIN participant USING (participant_id) ORDER BY 1")
        if !found.isEmpty { rows[name] = found.sorted() }
      }
      return rows
    }
  }

  /// The first differences, for a message; empty: none.
  func differences(from truth: ExtractImage) -> [String] {
    compared.sorted().flatMap { table -> [String] in
      let own = rows[table] ?? [], others = truth.rows[table] ?? []
      guard own != others else { return [] }
      let extra = Set(own).subtracting(others).sorted(), missing = Set(others).subtracting(own).sorted()
      return ["\(table): \(own.count) rows for \(others.count); too much \(extra.prefix(2)), missing \(missing.prefix(2))"]
    }
  }
}

extension TableRow.Value {
  /// As the query prints it: SQLite's own text of a number has fewer digits.
  fileprivate var rounded: String { if case .real(let value) = self { String(format: "%.9f", value) } else { description } }
}
