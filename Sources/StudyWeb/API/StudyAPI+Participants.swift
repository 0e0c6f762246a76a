import FlowCore
import FlowRuntime
import Hummingbird
import StudyModel
import StudyParticipants

/// A participant as the API writes it.
struct ParticipantRecord: Encodable {
  struct Metric: Encodable {
    var metric: String
    var table: String
    var column: String
    var unit: String?
    var resolutions: [String]
    /// RFC 3339, of a daily table dates; nil without rows.
    var first: String?
    var last: String?

    func encode(to encoder: any Encoder) throws {
      var members = encoder.container(keyedBy: NamedKey.self)
      for (name, value) in [("metric", metric), ("table", table), ("column", column), ("unit", unit), ("first", first), ("last", last)] {
        try members.encode(value, forKey: NamedKey(name))
      }
      try members.encode(resolutions, forKey: NamedKey("resolutions"))
    }

    static let schema: DocumentValue = .record([
      "metric": .string, "table": .string, "column": .string, "unit": .string.orNull(), "first": .string.orNull(), "last": .string.orNull(),
      "resolutions": .list(of: .oneOf(SeriesResolution.allCases.map(\.rawValue))),
    ])
  }

  var status: ParticipantStatus
  /// nil in a list.
  var metrics: [Metric]?

  /// Encodes every member, including nulls.
  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: NamedKey.self)
    let texts: [(String, String?)] = [
      ("participant", status.participant), ("state", status.collection?.rawValue), ("token", status.tokenState?.rawValue),
      ("enrolled", status.enrolled?.text), ("previous_sync", status.previousSync?.text), ("latest_sync", status.sync.latest?.text),
      ("zone", status.zone), ("problem", status.problem),
    ]
    for (name, value) in texts { try members.encode(value, forKey: NamedKey(name)) }
    try members.encodeIfPresent(metrics, forKey: NamedKey("metrics"))
  }

  static let schema: DocumentValue = .record(members)
  static let detailSchema: DocumentValue = .record(members.merging(["metrics": .list(of: Metric.schema)]) { $1 })

  private static let members: [String: DocumentValue] = [
    "participant": .string, "state": .oneOf(["active", "paused", "withdrawn"]).orNull(), "token": .oneOf(["live", "in_doubt", "needs_consent"]).orNull(),
    "enrolled": .moment.orNull(), "previous_sync": .moment.orNull(), "latest_sync": .moment.orNull(), "zone": .string.orNull(), "problem": .string.orNull(),
  ]
}

extension StudyAPI {
  var participantOperations: [APIOperation] {
    let participant = APIOperation.Parameter.path("id", "The participant's name.", example: "P0001")
    return [
      APIOperation(
        id: "listParticipants", method: .get, path: "/participants", summary: "The participants of the batch",
        text: "Sorted by name. `state` and `token` are null where the participant's file cannot be read; `problem` then says why.",
        parameters: [Self.flowParameter, Self.limitParameter, Self.cursorParameter],
        answers: [.json("The participants.", .list(of: .reference("Participant")), headers: Self.pageHeaders)]
      ) { request in
        let limit = try request.number("limit", in: 1...ListPage<ParticipantStatus>.longest)
        let statuses = try await study(request).participants().sorted { $0.participant < $1.participant }
        let page = try ListPage(statuses, key: \.participant, limit: limit, cursor: request["cursor"])
        return try .json(page.elements.map { ParticipantRecord(status: $0) }, to: request.request, headers: page.headers(for: request, limit: limit))
      },
      APIOperation(
        id: "getParticipant", method: .get, path: "/participants/{id}", summary: "One participant, with the metrics that there are",
        text: "`metrics` lists every column with numbers of the flow's tables, with the times of the participant's first and last row.",
        parameters: [participant, Self.flowParameter],
        answers: [.json("The participant.", .reference("ParticipantDetail")), .problem(404, "There is no such participant.")]
      ) { request in
        let study = try study(request), status = try await status(request, study)
        return try .json(ParticipantRecord(status: status, metrics: try await metrics(of: status.participant, study)), to: request.request)
      },
      APIOperation(
        id: "getSeries", method: .get, path: "/participants/{id}/series", summary: "A metric over time, put together by the database",
        text: "One point for each stretch of `resolution` that has values, with their mean, smallest, largest and number. Stretches begin at whole "
          + "multiples of the resolution in UTC, so that `1d` is a UTC day. A metric of a daily table has a point a date, the participant's local date; "
          + "`from` and `until` then choose the dates whose UTC midnight they contain. One answer has at most 5,000 points.",
        parameters: [
          participant, .query("metric", "What was measured: `heart_rate`, `steps`, or `TABLE.COLUMN`.", isRequired: true, example: "heart_rate"),
          .query("from", "RFC 3339, or a date. Default: as far back as one answer reaches.", example: ""),
          .query("until", "RFC 3339, or a date; not included. Default: behind the last row."),
          .query(
            "resolution", "Length of a stretch. Default: `1h`, for a daily table `1d`.", schema: .oneOf(SeriesResolution.allCases.map(\.rawValue)), example: "1h"),
          .query("format", "`json` or `csv`.", schema: .oneOf(["json", "csv"])), Self.flowParameter,
        ],
        answers: [
          APIOperation.Answer(
            status: 200, text: "The points, ordered by time.",
            content: ["application/json": .list(of: .reference("SeriesPoint")), "text/csv": .string]),
          .problem(404, "There is no such participant or metric."),
        ]
      ) { request in try await series(request) },
      APIOperation(
        id: "getCoverage", method: .get, path: "/coverage", summary: "What is there, what is missing, and why",
        text: "The same as `flowrun coverage --format json`.",
        parameters: [
          .query("participant", "Only participants whose name matches, such as `P00*`."),
          .query("from", "Only from this day on, in the participant's zone.", schema: ["type": "string", "format": "date"]),
          .query("until", "Only before this day.", schema: ["type": "string", "format": "date"]),
          .query("days", "Only the last days.", schema: ["type": "integer", "minimum": 1, "maximum": 36_600], example: "7"),
          .query("summary", "Without the gaps.", schema: .boolean), .query("problems", "Only gaps that need action.", schema: .boolean), Self.flowParameter,
        ],
        answers: [
          .json("The report.", .reference("Coverage")), .problem(404, "No participant matches, or there is no batch yet."),
        ]
      ) { request in try await coverage(request) },
    ]
  }

  // MARK: Handlers

  private func status(_ request: APIRequest, _ study: StudyAccess) async throws -> ParticipantStatus {
    try await study.participant(request["id"] ?? "")
  }

  private func metrics(of participant: String, _ study: StudyAccess) async throws -> [ParticipantRecord.Metric] {
    let metrics = SeriesMetric.all(in: study.tables)
    let extents = try await study.extents(of: participant, in: metrics)
    return metrics.map { metric in
      let extent = extents[metric.place]?.seconds
      func text(_ seconds: Int64) -> String { metric.isDaily ? Instant(seconds: seconds).dateUTC.text : Instant(seconds: seconds).text }
      return ParticipantRecord.Metric(
        metric: metric.name, table: metric.table.name, column: metric.column, unit: metric.unit, resolutions: metric.resolutions.map(\.rawValue),
        first: extent.map { text($0.lowerBound) }, last: extent.map { text($0.upperBound) })
    }
  }

  private func series(_ request: APIRequest) async throws -> Response {
    let study = try study(request), metrics = SeriesMetric.all(in: study.tables), name = request["metric"] ?? ""
    guard let format = [nil: "json", "json": "json", "csv": "csv"][request["format"]] else {
      throw WebProblem.badRequest("format is '\(request["format"]?.prefix(100) ?? "")'; expected json or csv")
    }
    guard let metric = metrics.first(where: { $0.isCalled(name) }) else {
      throw WebProblem.notFound(
        "there is no metric '\(name.prefix(100))' in \(study.flow.name)\(NearestName.hint(for: name, among: metrics.map(\.name)).map { "; \($0)" } ?? "")")
    }
    let resolution = try request["resolution"].map { text throws(WebProblem) in
      guard let resolution = SeriesResolution(rawValue: text) else {
        throw .badRequest("resolution is '\(text.prefix(100))'; expected \(metric.resolutions.map(\.rawValue).joined(separator: ", "))")
      }
      return resolution
    }
    let participant = request["id"] ?? ""
    func wanted(_ extent: RowExtent?) throws(WebProblem) -> SeriesRequest {
      try SeriesRequest(metric, resolution: resolution ?? (metric.isDaily ? .day : .hour), from: request["from"], until: request["until"], extent: extent)
    }
    let rows: [SeriesRow]?? = try await study.reading(metric.service) { reader in
      guard try await reader.participants().contains(participant) else { return nil }
      // Without both ends, the participant's rows decide.
      let isOpen = request["from"] == nil || request["until"] == nil
      let extent = isOpen ? try await reader.extents(of: participant, in: [metric.table])[0] : nil
      let wanted = try wanted(extent)
      return try await reader.series(of: participant, wanted.query).map { SeriesRow($0, isDaily: metric.isDaily) }
    }
    let found = rows ?? nil
    // Only whom the database does not know is looked for in the batch, whose files cost more to read.
    if found == nil {
      _ = try await status(request, study)
      _ = try wanted(nil)
    }
    guard format == "csv" else { return try .json(found ?? [], to: request.request) }
    return try .tagged(SeriesRow.csv(found ?? []), type: "text/csv; charset=utf-8", to: request.request)
  }

  private func coverage(_ request: APIRequest) async throws -> Response {
    let study = try study(request)
    let view = CoverageView(from: try request.date("from"), until: try request.date("until"), days: try request.number("days", in: 1...36_600))
    if view.days != nil, view.from != nil { throw WebProblem.badRequest("days and from both define the start; give only one of them") }
    if let from = view.from, let until = view.until, from >= until {
      throw WebProblem.badRequest("until \(until.text) is not after from \(from.text); until itself is not included")
    }
    let patterns = request.values("participant")
    var report = try await study.coverage(of: patterns.isEmpty ? .all : ParticipantSelection(patterns: patterns), view: view)
    if try request.flag("problems") { report = report.problems }
    if try request.flag("summary") { report = report.summary }
    return try .json(report, to: request.request)
  }
}
