import FlowCore
import FlowDrawing
import FlowRuntime
import StudyModel

/// A metric of a participant over a range of days: the drawing, and the rows that it is made from.
struct ParticipantSeries {
  /// Days shown if none are chosen.
  private static let usualDays: Int64 = 7
  private static let usualDailyDays: Int64 = 90
  /// Points of the server's drawing.
  private static let points: Int64 = 700
  /// Rows of one page.
  private static let rows = 600
  private static let hour: Int64 = 3600
  /// Metrics with rows that are looked at for one with values, if none is chosen: a column may be NULL in every row.
  private static let tried = 12

  private let id: String
  private let request: PageRequest

  init(_ id: String, _ request: PageRequest) {
    self.id = id
    self.request = request
  }

  func values() async throws -> [String: Any] {
    let metrics = SeriesMetric.all(in: request.study.tables)
    guard !metrics.isEmpty else { return ["no_metric": true] }
    let chosen = request["metric"].flatMap { name in metrics.first { $0.isCalled(name) } }
    let extents = try await request.study.extents(of: id, in: metrics)
    var values: [String: Any] = [:]
    do {
      let look = try await look(chosen, metrics, extents)
      let metric = look?.metric ?? chosen ?? metrics[0]
      values["metrics"] = metrics.map {
        ["name": $0.name, "label": Self.label($0) + (extents[$0.place] == nil ? " (no rows)" : ""), "chosen": $0.name == metric.name] as [String: Any]
      }
      if let name = request["metric"], chosen == nil { values["problem"] = "There is no metric '\(name.prefix(100))'; \(metric.name) is shown." }
      guard let look else {
        values["nothing"] = chosen.map { "There is no row of \(Self.label($0)) yet." } ?? "There is no row with a number of this participant yet."
        return values
      }
      values["from"] = Instant(seconds: look.window.lowerBound).dateUTC.text
      values["until"] = Instant(seconds: look.window.upperBound).dateUTC.text
      values["chart"] = chart(metric, look.window, look.resolution, look.points)
      values["rows"] = try await rows(metric, look.window, look.points)
    } catch let problem as WebProblem {
      values["metrics"] = metrics.map { ["name": $0.name, "label": Self.label($0), "chosen": $0.name == (chosen ?? metrics[0]).name] as [String: Any] }
      values.merge(["problem": problem.detail, "from": request["from"] ?? "", "until": request["until"] ?? ""]) { $1 }
    }
    return values
  }

  /// A metric with what is shown of it.
  private struct Look {
    var metric: SeriesMetric
    var window: Range<Int64>
    var resolution: SeriesResolution
    var points: [SeriesPoint]
  }

  /// The chosen metric, else the first that has values; nil if there is no row and no day was asked for. Throws a `WebProblem` about the form.
  private func look(_ chosen: SeriesMetric?, _ metrics: [SeriesMetric], _ extents: [String: RowExtent]) async throws -> Look? {
    let candidates = chosen.map { [$0] } ?? metrics.filter { extents[$0.place] != nil }
    var first: Look?
    for metric in candidates.prefix(Self.tried) {
      guard let look = try await look(at: metric, extents[metric.place]) else { continue }
      if !look.points.isEmpty { return look }
      first = first ?? look
    }
    return first
  }

  private func look(at metric: SeriesMetric, _ extent: RowExtent?) async throws -> Look? {
    guard let window = try self.window(metric, extent?.seconds) else { return nil }
    let length = window.upperBound - window.lowerBound
    let resolution = metric.resolutions.first { length / $0.seconds <= Self.points } ?? metric.resolutions.last ?? .day
    let query = try SeriesRequest(
      metric, resolution: resolution, from: Instant(seconds: window.lowerBound).text, until: Instant(seconds: window.upperBound).text, extent: extent).query
    let points = try await request.study.reading(metric.service) { try await $0.series(of: id, query) } ?? []
    return Look(metric: metric, window: window, resolution: resolution, points: points)
  }

  /// What the form says, else the days up to the last row; nil without rows and without days in the form. Throws a `WebProblem` that says what is wrong.
  private func window(_ metric: SeriesMetric, _ extent: ClosedRange<Int64>?) throws(WebProblem) -> Range<Int64>? {
    func date(_ name: String) throws(WebProblem) -> Int64? {
      guard let text = request[name] else { return nil }
      guard let date = CivilDate(text: text) else { throw .badRequest("\(name) is '\(text.prefix(40))'; expected a date such as 2026-01-05") }
      return date.daysSince1970 * 86_400
    }
    let usual = (metric.isDaily ? Self.usualDailyDays : Self.usualDays) * 86_400
    let from = try date("from"), until = try date("until")
    guard let end = until ?? extent.map({ ($0.upperBound.flooredDivision(by: 86_400) + 1) * 86_400 }) ?? from.map({ $0 + usual }) else { return nil }
    let start = from ?? max(end - usual, extent.map { $0.lowerBound.flooredDivision(by: 86_400) * 86_400 } ?? end - usual)
    guard start < end else {
      throw .badRequest("From (\(Instant(seconds: start).dateUTC.text)) is not before until (\(Instant(seconds: end).dateUTC.text)), which itself is not included.")
    }
    let longest = SeriesRequest.longest * 86_400
    guard end - start <= longest else { throw .badRequest("The range has more than \(SeriesRequest.longest) days; choose a shorter one.") }
    return start..<end
  }

  /// `heart_rate`, `daily activity: steps`.
  private static func label(_ metric: SeriesMetric) -> String {
    guard metric.name.contains(".") else { return PageWords.words(metric.name) }
    let table = metric.table.name.hasPrefix("fitbit_") ? metric.table.name.dropFirst("fitbit_".count) : metric.table.name[...]
    return "\(PageWords.words(String(table))): \(PageWords.words(metric.column))"
  }

  private func chart(_ metric: SeriesMetric, _ window: Range<Int64>, _ resolution: SeriesResolution, _ points: [SeriesPoint]) -> [String: Any] {
    let unit = metric.unit ?? PageWords.words(metric.column)
    let chart = LineChart(
      title: Self.label(metric), unit: unit, range: window, zone: .utc,
      points: points.map { .init(time: $0.start, mean: $0.mean, min: $0.min, max: $0.max) }, step: resolution.seconds, width: 1200, height: 320)
    let fields = [("metric", metric.name), ("from", Instant(seconds: window.lowerBound).text), ("until", Instant(seconds: window.upperBound).text), ("resolution", resolution.rawValue), ("format", "csv")]
    let api = ["api", "v1", "participants", id, "series"]
    return [
      "svg": chart.svg.text, "metric": metric.name, "unit": unit, "from_seconds": "\(window.lowerBound)", "until_seconds": "\(window.upperBound)",
      "resolution": resolution.rawValue, "resolutions": metric.resolutions.map { "\($0.rawValue)=\($0.seconds)" }.joined(separator: " "),
      "url": request.link(api), "csv": request.link(api, fields),
      "caption": "\(PageWords.count(points.count, "point", "points")) of \(Self.words(resolution)): the line is the mean, the band from the smallest to the largest value.",
    ]
  }

  private static func words(_ resolution: SeriesResolution) -> String {
    switch resolution {
    case .minute: "a minute"
    case .fiveMinutes: "five minutes"
    case .hour: "an hour"
    case .day: "a day"
    }
  }

  // MARK: Rows

  /// Rows of the metric's table: of an hour, or of a daily table all in the window.
  private func rows(_ metric: SeriesMetric, _ window: Range<Int64>, _ points: [SeriesPoint]) async throws -> [String: Any] {
    var part = window, isHour = false
    if !metric.isDaily {
      let asked = request["at"].flatMap { Instant(rfc3339: $0) }?.seconds
      let start = (asked ?? points.last?.start ?? window.lowerBound).flooredDivision(by: Self.hour) * Self.hour
      part = start..<(start + Self.hour)
      isHour = true
    }
    func date(_ second: Int64) -> CivilDate { CivilDate(daysSince1970: second.flooredDivision(by: 86_400)) }
    let rowWindow: RowWindow = metric.isDaily ? .dates(date(part.lowerBound)..<date(part.upperBound)) : .instants(part)
    let batch = try await request.study.reading(metric.service) { try await $0.rows(of: id, in: metric.table, within: rowWindow) }
    let count = batch?.count ?? 0
    let span = isHour
      ? "\(PageWords.time(Instant(seconds: part.lowerBound))) to \(PageWords.time(Instant(seconds: part.upperBound)).suffix(5)) UTC"
      : "\(date(part.lowerBound).text) to \(date(part.upperBound - 1).text)"
    var values: [String: Any] = [
      "table": metric.table.name, "has_rows": count > 0,
      "caption": "\(PageWords.count(count, "row", "rows")), \(span)." + (count > Self.rows ? " The first \(Self.rows) are shown." : ""),
    ]
    if let batch, count > 0 { values.merge(RowTable(batch, metric.table, limit: Self.rows).values) { $1 } }
    if isHour {
      func link(_ start: Int64) -> String { request.link(["participants", id], [("metric", metric.name), ("from", date(window.lowerBound).text), ("until", date(window.upperBound).text), ("at", Instant(seconds: start).text)]) }
      if part.lowerBound > window.lowerBound { values["earlier"] = link(part.lowerBound - Self.hour) }
      if part.upperBound < window.upperBound { values["later"] = link(part.upperBound) }
    }
    return values
  }
}

/// Rows of a table as a page shows them.
struct RowTable {
  private let batch: RecordBatch
  private let kinds: [String: ColumnKind]
  private let limit: Int

  init(_ batch: RecordBatch, _ table: TableSchema, limit: Int) {
    self.batch = batch
    self.limit = limit
    kinds = Dictionary(table.columns.map { ($0.name, $0.kind) }) { first, _ in first }
  }

  var values: [String: Any] {
    let numbers = batch.columns.map { column in kinds[column.name].map { [.integer, .real].contains($0) } ?? false }
    return [
      "columns": zip(batch.columns, numbers).map { ["name": $0.name, "is_number": $1] as [String: Any] },
      "rows": (0..<min(batch.count, limit)).map { row in
        ["cells": zip(batch.columns, numbers).map { ["text": text($0, row), "is_number": $1] as [String: Any] }]
      },
    ]
  }

  private func text(_ column: RecordBatch.Column, _ row: Int) -> String {
    if column.isNull?[row] == true { return "" }
    switch column.values {
    case .text(let values): return PageWords.plain(values[row])
    case .real(let values): return "\(values[row])"
    case .integer(let values):
      switch kinds[column.name] {
      case .instant: return Instant(seconds: values[row]).text
      case .offset: return CivilZone.text(ofOffset: values[row])
      default: return "\(values[row])"
      }
    }
  }
}
