import FlowCore
import FlowErrors
import FlowRuntime
import HTTPTypes
import Hummingbird

extension StudyAPI {
  var errorOperations: [APIOperation] {
    [
      APIOperation(
        id: "listErrors", method: .get, path: "/errors", summary: "The entries of the error folder, oldest first",
        text: "The same as `flowrun errors list --format json`.",
        parameters: [
          .query("flow", "Only entries of this served flow; of all that share the folder if not given."),
          .query("participant", "Only participants whose name matches, such as `P00*`."),
          .query("run", "Only entries of this run, by its id or a unique beginning of it."),
          .query("since", "Only entries that are no older, such as `2h` or `7d`."),
          .query("by", "Groups them.", schema: .oneOf(EntrySummary.Grouping.allCases.map(\.rawValue))),
          Self.limitParameter, Self.cursorParameter,
        ],
        answers: [
          .json("The entries, or with `by` the groups.", ["anyOf": [.list(of: .reference("ErrorEntry")), .list(of: .reference("ErrorGroup"))]], headers: Self.pageHeaders),
          .problem(404, "There is no such flow, or no entry is of such a participant or run."),
        ]
      ) { request in try await errorList(request) },
      APIOperation(
        id: "replayErrors", method: .post, path: "/errors/replay", summary: "Puts failed FlowFiles back in",
        text: "At the processor that failed, or with `from` at an earlier one on their way. With `dry_run` it only says what it would do. Needs the token.",
        body: APIOperation.Body(schema: .reference("ReplayOrder"), example: "{\"dry_run\": true}",
          fields: [
            .init("flow", "The first if empty."), .init("cause", "Only entries of this cause."),
            .init("participant", "Only participants whose name matches."), .init("processor", "Only entries that failed there."),
            .init("from", "Begin at this processor instead."), .init("allow_flow_change", "`true`: also entries of another version of the flow."),
            .init("dry_run", "`true`: only say what would be done; otherwise the entries are put back in.", start: "true"),
          ]),
        answers: [
          .json("What a dry run would do, or that nothing was to be done.", .reference("ReplayReceipt")),
          .json("The run has begun; the header Location leads to it.", status: 202, .reference("ReplayReceipt"), headers: ["Location": "The run's address."]),
          .problem(404, "There is no such flow, entry, participant or processor."), .problem(409, "A run of the flow and its batch is under way."),
          .problem(503, "The server is stopping."),
        ]
      ) { request in
        let receipt = try await desk.replay(try await ReplayOrderBody.order(request.request, study))
        guard let run = receipt.run else { return try .json(receipt, to: request.request) }
        return try .json(receipt, to: request.request, status: .accepted, headers: [.location: "\(Self.root)/runs/\(run)"])
      },
    ]
  }

  private func errorList(_ request: APIRequest) async throws -> Response {
    var filter = EntryFilter(participants: request.values("participant"), run: request["run"])
    if let text = request["since"] {
      guard let duration = Units.duration(text), duration > .zero else {
        throw WebProblem.badRequest("since is '\(text.prefix(100))'; expected \(Units.expectedDuration(for: text))")
      }
      filter.since = duration
    }
    let limit = try request.number("limit", in: 1...ListPage<StoredEntry>.longest)
    // Before the first run there is no folder, and nothing has failed.
    let isThere = try machine.fileSystem.status(errorFolder)?.isFolder == true
    let flow = try chosenFlow(request)
    let entries = (isThere ? try await errors.list(filter).entries : []).filter { entry in flow.map { $0 == entry.document.flow } ?? true }
    if let by = request["by"] {
      guard let grouping = EntrySummary.Grouping(rawValue: by) else {
        throw WebProblem.badRequest("by is '\(by.prefix(100))'; expected \(EntrySummary.Grouping.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return try .json(EntrySummary.all(entries, by: grouping), to: request.request)
    }
    let page = try ListPage(entries, key: { "\($0.document.run)/\($0.document.uuid)" }, limit: limit, cursor: request["cursor"])
    return try .json(page.elements.map(\.document), to: request.request, headers: page.headers(for: request, limit: limit))
  }
}
