import FlowCore
import FlowRuntime
import StudyModel

/// The runs of a flow in a period, and what they changed.
struct RunHistoryFigures {
  var runs: [RunFigures] = []
  var revisions: [TableRevisions] = []
  var hasMore = false

  /// A simulated study has its own calendar: all its runs count.
  static func read(_ request: FiguresRequest, isSimulated: Bool, on machine: Machine) async throws -> RunHistoryFigures {
    guard request.runLimit > 0, let history = try RunRecords.history(of: request.graph, folder: request.state, on: machine) else { return RunHistoryFigures() }
    // More than are listed: other flows may share the history.
    let known = try await history.runs(limit: request.runLimit * 8).filter { $0.flow == request.graph.name }
    let chosen = known.filter { isSimulated || isInside($0, request.view) }
    var figures = RunHistoryFigures()
    figures.hasMore = chosen.count > request.runLimit
    var tables: [String: TableRevisions] = [:]
    for summary in chosen.prefix(request.runLimit) {
      let report = summary.finished == nil ? nil : try await history.report(run: summary.run)
      figures.runs.append(RunFigures(summary: summary, report: report))
      for (name, rows) in report?.rows ?? [:] {
        var table = tables[name] ?? TableRevisions(table: name)
        table.inserted += rows.inserted
        table.updated += rows.updated
        table.unchanged += rows.unchanged
        tables[name] = table
      }
    }
    figures.revisions = tables.values.sorted { $0.table < $1.table }
    return figures
  }

  /// By the UTC date on which the run began.
  private static func isInside(_ run: RunSummary, _ view: CoverageView) -> Bool {
    guard let date = Instant(rfc3339: run.started).map({ CivilZone.utc.date(at: $0.seconds) }) else { return true }
    return (view.from.map { date >= $0 } ?? true) && (view.until.map { date < $0 } ?? true)
  }
}
