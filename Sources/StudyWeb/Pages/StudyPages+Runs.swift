import FlowCore
import FlowDrawing
import FlowRuntime
import HTTPTypes
import Hummingbird
import StudyModel

extension StudyPages {
  private static let listed = 50
  private static let most = 10_000

  // MARK: Runs

  func runs(
    _ request: PageRequest, problem: String? = nil, given: FormFields? = nil, status: HTTPTypes.HTTPResponse.Status = .ok
  ) async throws -> Response {
    let limit = min(request["limit"].flatMap { Int($0) }.map { max($0, 1) } ?? Self.listed, Self.most)
    let active = await desk.active(), live = Set(active.map(\.run))
    let all = try await pastRuns(limit: limit + 1)
    let past = all.prefix(limit).filter { !live.contains($0.run) }
    let flow = request.study.flow
    var values: [String: Any] = [
      "has_active": !active.isEmpty, "has_runs": !past.isEmpty, "command": flow.hint.command(flow.file), "only": given?.first("only") ?? "",
      "active": active.map { update in
        [
          "href": request.link(["runs", update.run]), "run": update.run, "flow": update.flow, "done": PageWords.number(update.participants.done),
          "total": PageWords.number(update.participants.total), "created": PageWords.number(update.flowfiles.created), "elapsed": PageWords.duration(update.elapsed),
        ]
      },
      "runs": past.map { run in
        let status = PageWords.status(run)
        return [
          "href": request.link(["runs", run.run]), "run": run.run, "flow": run.flow, "status": status.words, "kind": status.kind,
          "exit": run.exit.map { "\($0)" } ?? "-", "started": PageWords.time(run.started), "finished": PageWords.time(run.finished),
        ]
      },
      "parameters": HarmlessParameters.all(of: flow.graph).map { parameter in
        [
          "name": parameter.name, "value": parameter.value.isEmpty ? "as usual" : parameter.value, "help": parameter.help,
          "given": given?.first("p.\(parameter.name)") ?? "",
        ]
      },
    ]
    if all.count > limit { values["more"] = request.link(["runs"], [("limit", "\(limit * 4)")]) }
    if let problem { values["problem"] = problem }
    return page(.runs, title: "Runs", section: "/runs", request, values, status: status)
  }

  /// Newest first; none before the first run.
  private func pastRuns(limit: Int) async throws -> [RunSummary] {
    do {
      return try await history.runs(limit: limit)
    } catch let problems as Diagnostics where problems.isUsage {
      return []
    }
  }

  func start(_ form: FormFields, _ request: PageRequest) async throws -> Response {
    try form.checkNames(["flow", "only"], prefixes: ["p."])
    var order = RunOrder(flow: request.study.flow.name)
    for (name, value) in form.all where name.hasPrefix("p.") && !value.isEmpty { order.parameters[String(name.dropFirst(2))] = value }
    order.only = (form.first("only") ?? "").split(whereSeparator: { $0 == " " || $0 == "," }).map(String.init)
    do {
      let run = try await desk.start(order)
      return .redirected(to: request.link(["runs", run]))
    } catch {
      return try await runs(request, problem: error.message, given: form, status: WebProblem(error).status)
    }
  }

  func stop(_ name: String, _ request: PageRequest) async throws -> Response {
    if await desk.stop(run: name) { return .redirected(to: request.link(["runs", name])) }
    return try await run(
      name, request, problem: "This run is not under way on this server, so it cannot be stopped here. A run that another process has started is stopped there.",
      status: .conflict)
  }

  // MARK: One run

  func run(
    _ name: String, _ request: PageRequest, problem: String? = nil, status: HTTPTypes.HTTPResponse.Status = .ok
  ) async throws -> Response {
    var values: [String: Any] = ["run": name, "path": PercentEncoding.encode(name)]
    if let problem { values["problem"] = problem }
    if let update = await desk.active().first(where: { $0.run == name }) {
      values.merge(live(update)) { $1 }
      return page(.run, title: "Run \(name)", section: "/runs", request, values, status: status)
    }
    let matching = try await pastRuns(limit: Self.most).filter { $0.run.hasPrefix(name) }
    guard let summary = matching.first(where: { $0.run == name }) ?? (matching.count == 1 ? matching.first : nil) else {
      throw WebProblem.notFound("there is no run '\(name.prefix(100))'; /runs lists those of the server's history")
    }
    values["run"] = summary.run
    if [.running, .interrupted].contains(summary.status) {
      values["report"] = Self.unfinished(summary)
      values["last_column"] = "Busy"
    } else {
      values.merge(ended(try await history.report(of: summary.run), request)) { $1 }
    }
    return page(.run, title: "Run \(summary.run)", section: "/runs", request, values, status: status)
  }

  private func live(_ update: LiveUpdate) -> [String: Any] {
    let waiting = update.queues.reduce(0) { $0 + $1.count }
    var values: [String: Any] = [
      "live": [
        "words": update.stopping.map { "Stopping: \($0)" } ?? "Under way.", "done": "\(update.participants.done)", "total": "\(update.participants.total)", "stopping": update.stopping != nil,
        "created": PageWords.number(update.flowfiles.created), "finished": PageWords.number(update.flowfiles.finished), "waiting": PageWords.number(waiting),
        "errors": PageWords.number(update.flowfiles.inErrors), "elapsed": PageWords.duration(update.elapsed),
      ] as [String: Any],
      "last_column": "State",
      "processors": update.processors.map { processor in
        let active = processor.active > 0 ? "\(processor.active) at work" : nil, penalised = processor.penalised > 0 ? "\(processor.penalised) penalised" : nil
        let held = processor.held.map { "\($0) held" }
        return [
          "name": processor.name, "received": PageWords.number(processor.received), "sent": Self.sent(processor.sent), "failed": PageWords.number(processor.failed),
          "retried": PageWords.number(processor.retried),
          "state": [active, penalised, held, processor.waitsFor.map { "waits for \($0)" }].compactMap { $0 }.joined(separator: ", "),
        ]
      },
    ]
    if let study = studies.first(where: { $0.flow.name == update.flow }) {
      values["has_graph"] = true
      values["graph"] = GraphDrawing(GraphPicture(study.flow.graph), hasState: true).svg(isStandalone: false).text
      values["graph_words"] =
        "Numbers on connections are FlowFiles in the queue. A dashed frame waits, a thick line leads to a full queue: what is before it is not triggered (back pressure)."
    }
    return values
  }

  private static func unfinished(_ summary: RunSummary) -> [String: Any] {
    let status = PageWords.status(summary)
    return [
      "status": status.words, "kind": status.kind, "figures": [["value": PageWords.time(summary.started), "name": "began"]],
      "words": summary.status == .interrupted
        ? "Its process ended without a report. What it had committed is kept; the next run asks for the rest."
        : "It runs in another process that this server cannot watch, or is about to end.",
    ]
  }

  private func ended(_ report: RunReport, _ request: PageRequest) -> [String: Any] {
    let people = report.participants
    let kind = report.exit == 65 ? "bad" : ["complete": report.exit == 0 ? "good" : "wait", "partial": "wait"][report.status.rawValue] ?? "bad"
    var figures: [[String: Any]] = [
      ["value": "\(people.complete) of \(people.total)", "name": "participants complete"], ["value": PageWords.number(report.flowfiles.created), "name": "FlowFiles created"],
      ["value": PageWords.number(report.rows.values.reduce(0) { $0 + $1.inserted }), "name": "new rows"],
      ["value": PageWords.number(report.rows.values.reduce(0) { $0 + $1.updated }), "name": "changed rows"],
    ]
    for (count, name, accent) in [
      (people.deferred, "deferred", "wait"), (people.needsConsent, "need consent", "bad"), (people.failed, "failed", "bad"), (people.skipped, "skipped", "none"),
    ] where count > 0 { figures.append(["value": PageWords.number(count), "name": name, "accent": accent]) }
    let start = Instant(rfc3339: report.started), end = Instant(rfc3339: report.finished)
    if let start, let end { figures.append(["value": PageWords.duration((end - start).inSeconds), "name": "from \(PageWords.time(report.started))"]) }
    var shown: [String: Any] = [
      "status": report.status.rawValue, "kind": kind, "words": report.stopped ?? "Exit \(report.exit)\(Self.meaning(report.exit)).", "figures": figures,
      "has_rows": !report.rows.isEmpty,
      "rows": report.rows.sorted { $0.key < $1.key }.map { table, rows in
        ["table": table, "inserted": PageWords.number(rows.inserted), "updated": PageWords.number(rows.updated), "unchanged": PageWords.number(rows.unchanged)]
      },
      "has_warnings": !(report.warnings ?? []).isEmpty, "has_errors": report.errors.count > 0, "errors": PageWords.number(report.errors.count),
      "errors_href": request.link(["errors"], [("run", report.run)]),
    ]
    shown["warnings"] = (report.warnings ?? []).map { warning in
      var values: [String: Any] = ["subject": warning.subject, "detail": warning.detail]
      if !warning.processor.isEmpty { values["processor"] = warning.processor }
      if warning.count > 1 { values["count"] = "\(warning.count)" }
      return values
    }
    var values: [String: Any] = [
      "report": shown, "last_column": "Busy",
      "processors": report.processors.map { processor in
        [
          "name": processor.name, "received": PageWords.number(processor.received), "sent": Self.sent(processor.sent.mapValues { Int64($0) }),
          "failed": PageWords.number(processor.failed), "retried": PageWords.number(processor.retried), "state": PageWords.busy(processor.seconds),
        ]
      },
    ]
    if let study = studies.first(where: { $0.flow.name == report.flow }) {
      values["has_graph"] = true
      values["graph"] = GraphDrawing(GraphPicture(study.flow.graph, reports: report.processors)).svg(isStandalone: false).text
      values["graph_words"] =
        "Numbers on connections are the FlowFiles that passed."
        + (study.flow.graph.sha256 == report.flowSHA256 ? "" : " The flow file has changed since: the graph is today's.")
    }
    return values
  }

  /// `success 25, failure 1`.
  private static func sent(_ sent: [String: Int64]) -> String {
    sent.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key) \(PageWords.number($0.value))" }.joined(separator: ", ")
  }

  /// What an exit code means, as README says.
  private static func meaning(_ exit: Int32) -> String {
    [
      0: ": everything is written", 65: ": done, but some participants need a person", 69: ": the database or the provider could not be reached",
      75: ": done, but work is left that the next run does", 129: ": stopped, state saved", 130: ": stopped, state saved", 143: ": stopped, state saved",
    ][exit] ?? ""
  }
}
