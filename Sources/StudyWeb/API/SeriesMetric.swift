import FlowCore
import StudyModel

/// Something measured over time: a column with numbers of a table with times.
package struct SeriesMetric: Sendable, Equatable {
  /// What readers call it: `heart_rate`, `steps`, else `TABLE.COLUMN`.
  package var name: String
  package var table: TableSchema
  package var column: String
  /// The store that has the table.
  var service: String

  /// Whether a point is a date rather than a stretch of time.
  package var isDaily: Bool { table.timeColumn?.kind == .date }
  package var resolutions: [SeriesResolution] { isDaily ? [.day] : SeriesResolution.allCases }
  /// Unit or meaning; nil if nothing is known beyond the name.
  package var unit: String? { table.columns.first { $0.name == column }.flatMap { table.meaning(of: $0) } }

  /// As in the view `raw_data`, each with the columns that it may mean, the finest first: the first that a flow has is meant.
  private static let shortNames = [
    ("heart_rate", ["fitbit_intraday_hr.value", "fitbit_15min_hr.value"]),
    ("steps", ["fitbit_intraday_steps.value", "fitbit_15min_steps.value", "fitbit_daily_activity.steps"]),
  ]

  /// The metrics of a flow's tables, those with short names first.
  static func all(in tables: [FlowGraph.TableUse]) -> [SeriesMetric] {
    let columns = Set(tables.filter { $0.table.timeColumn != nil }.flatMap { use in use.table.columns.map { "\(use.table.name).\($0.name)" } })
    let shortNames = Dictionary(uniqueKeysWithValues: Self.shortNames.compactMap { short, names in names.first(where: columns.contains).map { ($0, short) } })
    let metrics = tables.flatMap { use in
      guard let time = use.table.timeColumn else { return [SeriesMetric]() }
      return use.table.columns.filter { [.integer, .real].contains($0.kind) && $0.name != time.name }.map { column in
        let name = "\(use.table.name).\(column.name)"
        return SeriesMetric(name: shortNames[name] ?? name, table: use.table, column: column.name, service: use.service)
      }
    }
    return metrics.filter { !$0.name.contains(".") } + metrics.filter { $0.name.contains(".") }
  }

  /// Store and table.
  var place: String { "\(service)/\(table.name)" }

  /// Whether a reader's name means it: the short one, or `TABLE.COLUMN`.
  func isCalled(_ name: String) -> Bool { self.name == name || "\(table.name).\(column)" == name }
}

extension StudyAccess {
  /// The times of a participant's first and last row in each table of the metrics that has any, by `SeriesMetric.place`.
  func extents(of participant: String, in metrics: [SeriesMetric]) async throws -> [String: RowExtent] {
    var extents: [String: RowExtent] = [:]
    for (service, metrics) in Dictionary(grouping: metrics, by: \.service) {
      let tables = Set(metrics.map(\.table)).sorted { $0.name < $1.name }
      guard let found = try await reading(service, { try await $0.extents(of: participant, in: tables) }) else { continue }
      for (table, extent) in zip(tables, found) { extents["\(service)/\(table.name)"] = extent }
    }
    return extents
  }
}

/// How long a point of a series is.
package enum SeriesResolution: String, Sendable, CaseIterable {
  case minute = "1m"
  case fiveMinutes = "5m"
  case hour = "1h"
  case day = "1d"

  package var seconds: Int64 {
    switch self {
    case .minute: 60
    case .fiveMinutes: 300
    case .hour: 3600
    case .day: 86_400
    }
  }
}

/// A series as it was asked for, checked.
package struct SeriesRequest: Sendable {
  /// The most points of one answer.
  package static let longest: Int64 = 5_000

  package var metric: SeriesMetric
  package var resolution: SeriesResolution
  /// Half-open, seconds since 1970.
  package var window: Range<Int64>

  /// - Parameters:
  ///   - from: RFC 3339, or a date for its UTC midnight; nil: as far back from `until` as one answer reaches.
  ///   - until: the same; nil: behind the last row.
  ///   - extent: of the participant's rows.
  /// - Throws: a `WebProblem` (400) that says what would fit.
  package init(
    _ metric: SeriesMetric, resolution: SeriesResolution, from: String?, until: String?, extent: RowExtent?
  ) throws(WebProblem) {
    guard metric.resolutions.contains(resolution) else {
      throw .badRequest("resolution is \(resolution.rawValue), but '\(metric.name)' has one value a day; expected 1d")
    }
    let rows = extent?.seconds ?? 0...0
    let end = try until.map { text throws(WebProblem) in try Self.instant(text, "until") } ?? rows.upperBound + 1
    let reach = (end - 1).flooredDivision(by: resolution.seconds) - (Self.longest - 1)
    let start = try from.map { text throws(WebProblem) in try Self.instant(text, "from") } ?? min(end, max(rows.lowerBound, reach * resolution.seconds))
    guard start <= end else {
      throw .badRequest("until (\(Instant(seconds: end).text)) is before from (\(Instant(seconds: start).text)); expected a half-open window [from, until)")
    }
    self.metric = metric
    self.resolution = resolution
    window = start..<end
    let count = Self.buckets(window, resolution)
    guard count <= Self.longest else {
      let fitting = metric.resolutions.first { Self.buckets(window, $0) <= Self.longest }
      let days = Self.longest * resolution.seconds / 86_400
      throw .badRequest(
        "[from, until) has \(count) points of \(resolution.rawValue), more than \(Self.longest); "
          + (fitting.map { "ask for resolution=\($0.rawValue), or for" } ?? "ask for") + " at most \(days) days")
    }
  }

  package var query: SeriesQuery {
    guard metric.isDaily else { return SeriesQuery(metric.table, column: metric.column, window: .instants(window), bucket: .seconds(resolution.seconds)) }
    // The dates whose UTC midnight lies in the window.
    func date(_ instant: Int64) -> CivilDate { CivilDate(daysSince1970: (instant + 86_399).flooredDivision(by: 86_400)) }
    return SeriesQuery(metric.table, column: metric.column, window: .dates(date(window.lowerBound)..<date(window.upperBound)), bucket: .date)
  }

  /// The number of buckets that a window touches.
  private static func buckets(_ window: Range<Int64>, _ resolution: SeriesResolution) -> Int64 {
    guard !window.isEmpty else { return 0 }
    return (window.upperBound - 1).flooredDivision(by: resolution.seconds) - window.lowerBound.flooredDivision(by: resolution.seconds) + 1
  }

  private static func instant(_ text: String, _ name: String) throws(WebProblem) -> Int64 {
    if let date = CivilDate(text: text) { return date.daysSince1970 * 86_400 }
    // A '+' of an offset that was not encoded has become a space.
    if let instant = Instant(rfc3339: text.replacing(" ", with: "+")) {
      return instant.milliseconds.flooredDivision(by: 1000) + (instant.milliseconds % 1000 == 0 ? 0 : 1)
    }
    throw .badRequest("\(name) is '\(text.prefix(100))'; expected RFC 3339 such as 2026-01-05T00:00:00Z, or a date")
  }
}

extension RowExtent {
  /// Seconds since 1970 of the first and the last row, of a date its UTC midnight; nil without time.
  package var seconds: ClosedRange<Int64>? {
    switch self {
    case .timeless: nil
    case .instants(let instants): instants
    case .dates(let dates): dates.lowerBound.daysSince1970 * 86_400...dates.upperBound.daysSince1970 * 86_400
    }
  }
}

/// A point of a series as the API writes it.
struct SeriesRow: Encodable {
  /// Where the bucket begins: RFC 3339, of a daily table the date.
  var time: String
  var mean: Double
  var min: Double
  var max: Double
  var count: Int64

  static let columns = ["time", "mean", "min", "max", "count"]

  init(_ point: SeriesPoint, isDaily: Bool) {
    time = isDaily ? CivilDate(daysSince1970: point.start.flooredDivision(by: 86_400)).text : Instant(seconds: point.start).text
    mean = point.mean
    min = point.min
    max = point.max
    count = point.count
  }

  /// RFC 4180.
  static func csv(_ rows: [SeriesRow]) -> String {
    let lines = rows.map { row in
      ([row.time] + [row.mean, row.min, row.max].map(Self.text) + [String(row.count)]).joined(separator: ",")
    }
    return ([columns.joined(separator: ",")] + lines).joined(separator: "\r\n") + "\r\n"
  }

  /// As JSON has it: `87`, not `87.0`.
  private static func text(_ number: Double) -> String {
    let text = number.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
