import FlowCore
import FlowDrawing
import FlowRuntime
import StudyModel

/// Bars by day of a participant: steps, minutes in heart-rate zones, sleep. Of the tables that the flow has.
struct DailyCharts {
  private static let days: Int64 = 30
  /// Not activity, and most of a day.
  private static let rest: Set<String> = ["Out of Range", "out_of_range", "OUT_OF_RANGE", "LIGHT"]

  /// Zones by effort and stages by depth, from the bottom of a bar up.
  private static let order = ["fat burn", "moderate", "cardio", "vigorous", "peak", "deep", "light", "rem", "asleep", "restless", "awake", "wake"]

  private static func rank(_ series: String) -> Int { order.firstIndex(of: series.lowercased()) ?? order.count }

  /// A part of a day's bar.
  private struct Part {
    var date: String
    var series: String
    var value: Double
  }

  private let id: String
  private let request: PageRequest

  init(_ id: String, _ request: PageRequest) {
    self.id = id
    self.request = request
  }

  func values() async throws -> [[String: Any]] {
    var charts: [[String: Any]] = []
    if let use = use("fitbit_daily_activity", has: "steps") {
      charts.append(try await chart("Daily steps", unit: "steps", use, empty: "No day has steps yet.") { Self.parts($0, "steps", named: "steps") })
    }
    if let use = use("fitbit_hr_summary", has: "minutes") {
      charts.append(try await chart("Active zones", unit: "minutes a day", use, empty: "No day has heart-rate zones yet.") { batch in
        Self.parts(batch, "minutes", by: "zone").filter { !Self.rest.contains($0.series) }
      })
    }
    if let use = use("fitbit_sleep_stage", has: "seconds") {
      charts.append(try await chart("Sleep", unit: "hours a night", use, empty: "No night has sleep yet.") { Self.parts($0, "seconds", by: "stage", scale: 1 / 3600) })
    } else if let use = use("fitbit_sleep_log", has: "minutes_asleep") {
      charts.append(try await chart("Sleep", unit: "hours a night", use, empty: "No night has sleep yet.") { batch in
        Self.parts(batch, "minutes_asleep", named: "asleep", scale: 1 / 60) + Self.parts(batch, "minutes_awake", named: "awake", scale: 1 / 60)
      })
    }
    return charts
  }

  private func use(_ table: String, has column: String) -> FlowGraph.TableUse? {
    request.study.tables.first { use in
      use.table.name == table && use.table.timeColumn != nil && [column, "date"].allSatisfy { name in use.table.columns.contains { $0.name == name } }
    }
  }

  /// The chart of the last days up to the chosen one, or to the last row.
  private func chart(
    _ name: String, unit: String, _ use: FlowGraph.TableUse, empty: String, parts: (RecordBatch) -> [Part]
  ) async throws -> [String: Any] {
    let found = try await request.study.reading(use.service) { reader -> (batch: RecordBatch, until: CivilDate)? in
      guard let extent = try await reader.extents(of: id, in: [use.table])[0]?.seconds else { return nil }
      let end = CivilDate(daysSince1970: extent.upperBound.flooredDivision(by: 86_400) + 1)
      let until = request["until"].flatMap { CivilDate(text: $0) }.map { min($0, end) } ?? end, first = until.advanced(byDays: -Self.days)
      // A night begins on the day before the one that it belongs to.
      let window: RowWindow =
        use.table.timeColumn?.kind == .date
        ? .dates(first..<until) : .instants((first.daysSince1970 - 1) * 86_400..<(until.daysSince1970 + 1) * 86_400)
      return (try await reader.rows(of: id, in: use.table, within: window), until)
    } ?? nil
    var values: [String: Any] = ["name": name, "empty": empty]
    guard let found else { return values }
    let all = Dictionary(grouping: parts(found.batch), by: \.series)
    guard let first = all.values.joined().map(\.date).min() else { return values }
    let dates = (1...Self.days).reversed().map { found.until.advanced(byDays: -$0).text }.filter { $0 >= first }
    let series = all.sorted { (Self.rank($0.key), $0.key) < (Self.rank($1.key), $1.key) }.map { name, parts in
      let sums = Dictionary(parts.map { ($0.date, $0.value) }, uniquingKeysWith: +)
      return BarChart.Series(name: name, values: dates.map { sums[$0] })
    }
    guard !dates.isEmpty else { return values }
    values["svg"] = BarChart(title: name, unit: unit, categories: dates.map { String($0.dropFirst(5)) }, series: series, width: 600, height: 240).svg.text
    return values
  }

  // MARK: Rows

  /// The known numbers of a column with their dates.
  /// - Parameters:
  ///   - column: the column that names the part of the bar; nil: all are `name`.
  ///   - scale: factor.
  private static func parts(_ batch: RecordBatch, _ value: String, named name: String = "", by column: String? = nil, scale: Double = 1) -> [Part] {
    (0..<batch.count).compactMap { row in
      guard let date = text(batch["date"], row), let number = number(batch[value], row) else { return nil }
      guard let column else { return Part(date: date, series: name, value: number * scale) }
      return text(batch[column], row).map { Part(date: date, series: $0, value: number * scale) }
    }
  }

  private static func text(_ column: RecordBatch.Column?, _ row: Int) -> String? {
    guard let column, column.isNull?[row] != true, case .text(let values) = column.values else { return nil }
    return values[row]
  }

  private static func number(_ column: RecordBatch.Column?, _ row: Int) -> Double? {
    guard let column, column.isNull?[row] != true else { return nil }
    switch column.values {
    case .integer(let values): return Double(values[row])
    case .real(let values): return values[row]
    case .text: return nil
    }
  }
}
