import FlowCore
import FlowRuntime
import HTTPTypes
import Hummingbird
import StudyModel

extension StudyAPI {
  var runOperations: [APIOperation] {
    let run = APIOperation.Parameter.path("run", "The run's id, or a unique beginning of it.")
    return [
      APIOperation(
        id: "listRuns", method: .get, path: "/runs", summary: "The history of runs, newest first", text: "The same as `flowrun runs --format json`.",
        parameters: [.query("flow", "Only runs of this served flow; of all that share the history if not given."), Self.limitParameter, Self.cursorParameter],
        answers: [.json("The runs.", .list(of: .reference("RunSummary")), headers: Self.pageHeaders)]
      ) { request in
        let limit = try request.number("limit", in: 1...ListPage<RunSummary>.longest)
        let flow = try chosenFlow(request)
        let runs = try await runs().filter { run in flow.map { $0 == run.flow } ?? true }
        let page = try ListPage(runs, key: \.run, limit: limit ?? Self.standardRuns, cursor: request["cursor"])
        return try .json(page.elements, to: request.request, headers: page.headers(for: request, limit: limit))
      },
      APIOperation(
        id: "startRun", method: .post, path: "/runs", summary: "Starts a run",
        text: "Of a flow that the server was started with, with its parameters; `parameters` may change those that choose what is asked again (`from`, `until`), none "
          + "that says where data come from or go to. `only` takes patterns of participants' names. Needs the token.",
        body: APIOperation.Body(schema: .reference("RunOrder"), example: "{\"flow\": \"\(studies.first?.flow.name ?? "fitbit")\"}",
          fields: [
            .init("flow", "The first if empty."), .init("only", "Patterns of participants' names, separated by spaces; all if empty."),
            .init("parameters.from", "A date; asks again from then on."), .init("parameters.until", "A date; not included."),
          ]),
        answers: [
          .json("The run has begun; the header Location leads to it.", status: 201, .reference("StartedRun"), headers: ["Location": "The run's address."]),
          .problem(404, "There is no such flow or participant."), .problem(409, "A run of the flow and its batch is under way."),
          .problem(503, "The server is stopping."),
        ]
      ) { request in
        let run = try await desk.start(try await RunOrderBody.order(request.request, study))
        return try .json(StartedRun(run: run), to: request.request, status: .created, headers: [.location: "\(Self.root)/runs/\(run)"])
      },
      APIOperation(
        id: "getRun", method: .get, path: "/runs/{run}", summary: "The report of a run",
        text: "The same as `flowrun runs show --format json`. A run that is under way, or was interrupted, has no report yet: its line of the history is the answer.",
        parameters: [run],
        answers: [.json("The report, or the line of the history.", .reference("Run")), .problem(404, "There is no such run.")]
      ) { request in
        let name = request["run"] ?? ""
        let summary = try await summary(of: name)
        if let summary, [.running, .interrupted].contains(summary.status) { return try .json(summary, to: request.request) }
        return try .json(await history.report(of: name), to: request.request)
      },
      APIOperation(
        id: "watchRun", method: .get, path: "/runs/{run}/events", summary: "What a run does, as it happens",
        text: "Server-sent events: each `data:` is one JSON object, at least one a second while something moves. The server closes the stream when the run has ended; "
          + "the last event then has `ended`. Of a run that has ended already there is only this last one.",
        parameters: [run],
        answers: [
          APIOperation.Answer(status: 200, text: "The events.", content: ["text/event-stream": .string]), .problem(404, "There is no such run."),
        ]
      ) { request in try await events(request) },
      APIOperation(
        id: "stopRun", method: .post, path: "/runs/{run}/stop", summary: "Has a run finish what it has begun, and end",
        text: "It takes in nothing new; what is left is deferred to the next run. Only runs of this server. Needs the token.", parameters: [run],
        answers: [
          .json("The run is stopping.", status: 202, .reference("StartedRun")), .problem(404, "No such run of this server is under way."),
        ]
      ) { request in
        let name = request["run"] ?? ""
        guard await desk.stop(run: name) else {
          throw WebProblem.notFound(
            "no run '\(name.prefix(100))' of this server is under way; GET \(Self.root)/runs says what has become of it. A run that another process has started "
              + "is stopped there")
        }
        return try .json(StartedRun(run: name), to: request.request, status: .accepted)
      },
    ]
  }

  private static let standardRuns = 50

  /// The history; empty before the first run.
  func runs() async throws -> [RunSummary] {
    do {
      return try await history.runs(limit: ListPage<RunSummary>.longest)
    } catch let problems as Diagnostics where problems.isUsage {
      return []
    }
  }

  /// The line of the history of a run, by its id or a unique beginning; nil if none or several match.
  func summary(of name: String) async throws -> RunSummary? {
    let matching = try await runs().filter { $0.run.hasPrefix(name) }
    return matching.first { $0.run == name } ?? (matching.count == 1 ? matching[0] : nil)
  }

  private func events(_ request: APIRequest) async throws -> Response {
    let name = request["run"] ?? ""
    let updates: AsyncStream<LiveUpdate>
    if let live = await desk.updates(of: name) {
      updates = live
    } else if let summary = try await summary(of: name), ![.running].contains(summary.status) {
      let last = summary.status == .interrupted ? LiveUpdate(ended: summary) : LiveUpdate(ended: try await history.report(of: summary.run))
      updates = AsyncStream { stream in
        stream.yield(last)
        stream.finish()
      }
    } else {
      throw WebProblem.notFound("no run '\(name.prefix(100))' is under way or in the history; GET \(Self.root)/runs lists them")
    }
    return try streams.response(updates, client: request.context.client)
  }
}

/// A run that was started or stopped.
struct StartedRun: Encodable {
  var run: String
  static let schema: DocumentValue = .record(["run": .string])
}

extension LiveUpdate {
  /// The last update of a run that has ended.
  init(ended report: RunReport) {
    let people = report.participants
    self.init(
      run: report.run, flow: report.flow, time: report.finished, elapsed: Self.seconds(report.started, report.finished),
      participants: Participants(done: people.total - people.deferred, total: people.total), flowfiles: report.flowfiles,
      processors: report.processors.map {
        Processor(
          name: $0.name, received: Int64($0.received), sent: $0.sent.mapValues { Int64($0) }, failed: Int64($0.failed), retried: Int64($0.retried), active: 0,
          penalised: 0, waitsFor: nil)
      }, queues: [], ended: report.status.rawValue, exit: report.exit)
  }

  /// The same of a run that has left no report.
  init(ended summary: RunSummary) {
    self.init(
      run: summary.run, flow: summary.flow, time: summary.finished ?? summary.started, elapsed: 0, participants: Participants(done: 0, total: 0),
      flowfiles: FlowFileCounts(), processors: [], queues: [], ended: summary.status.rawValue, exit: summary.exit)
  }

  private static func seconds(_ start: String, _ end: String) -> Double {
    guard let start = Instant(rfc3339: start), let end = Instant(rfc3339: end) else { return 0 }
    return Double(end.milliseconds - start.milliseconds) / 1000
  }
}
