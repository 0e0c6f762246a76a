import FlowCore

/// The OpenAPI 3.1 document of the API, made from its operations.
struct OpenAPIDocument: Sendable {
  let value: DocumentValue

  /// - Parameters:
  ///   - sessionCookie: name of the cookie of a session.
  ///   - readingNeedsToken: whether this server asks for the token of who only reads, too.
  init(_ operations: [APIOperation], sessionCookie: String, readingNeedsToken: Bool) {
    var paths: [String: DocumentValue] = [:]
    for operation in operations {
      paths[operation.fullPath] = (paths[operation.fullPath] ?? [:]).adding([operation.method.rawValue: Self.operation(operation, readingNeedsToken: readingNeedsToken)])
    }
    value = [
      "openapi": "3.1.0",
      "info": [
        "title": "flowrun", "version": .text(Version.text),
        "description":
          "A study's participants, measurements, coverage, runs and errors. Times are RFC 3339, windows half-open [from, until). Errors are RFC 9457 problems.",
      ],
      "servers": [["url": "/"]],
      "paths": .object(paths),
      "components": [
        "schemas": .object(APISchemas.all),
        "securitySchemes": [
          "token": ["type": "http", "scheme": "bearer", "description": "The server's token (--token-file)."],
          "session": ["type": "apiKey", "in": "cookie", "name": .text(sessionCookie), "description": "The cookie of /sign-in; changes then also need the header X-CSRF-Token."],
        ],
      ],
    ]
  }

  private static func operation(_ operation: APIOperation, readingNeedsToken: Bool) -> DocumentValue {
    var members: [String: DocumentValue] = [
      "operationId": .text(operation.id), "summary": .text(operation.summary), "description": .text(operation.text),
      "responses": .object(Dictionary(uniqueKeysWithValues: answers(of: operation).map { (String($0.status), answer($0)) })),
      // The empty one: neither is needed.
      "security": operation.method == .get && !readingNeedsToken ? [[:], ["token": []], ["session": []]] : [["token": []], ["session": []]],
    ]
    if !operation.parameters.isEmpty { members["parameters"] = .list(operation.parameters.map(parameter)) }
    if let body = operation.body {
      members["requestBody"] = ["required": true, "content": ["application/json": ["schema": body.schema]]]
    }
    return .object(members)
  }

  private static func parameter(_ parameter: APIOperation.Parameter) -> DocumentValue {
    [
      "name": .text(parameter.name), "in": .text(parameter.place.rawValue), "required": .flag(parameter.isRequired), "description": .text(parameter.text),
      "schema": parameter.schema,
    ]
  }

  private static func answer(_ answer: APIOperation.Answer) -> DocumentValue {
    var members: [String: DocumentValue] = ["description": .text(answer.text)]
    if !answer.content.isEmpty { members["content"] = .object(answer.content.mapValues { ["schema": $0] }) }
    if !answer.headers.isEmpty { members["headers"] = .object(answer.headers.mapValues { ["description": .text($0), "schema": .string] }) }
    return .object(members)
  }

  /// The operation's own answers, and those that the server may give to any request.
  static func answers(of operation: APIOperation) -> [APIOperation.Answer] {
    var answers = operation.answers
    func add(_ answer: APIOperation.Answer) { if !answers.contains(where: { $0.status == answer.status }) { answers.append(answer) } }
    if operation.method == .get, !operation.answers.contains(where: { $0.content["text/event-stream"] != nil }) {
      add(APIOperation.Answer(status: 304, text: "What the client has is still right (If-None-Match).", content: [:]))
    }
    add(.problem(400, "The request is not right; `detail` says what was found and what was expected."))
    add(.problem(401, "The token is missing or wrong."))
    if operation.method == .post {
      add(.problem(403, "The request comes from another site's page, or lacks the session's CSRF token."))
      add(.problem(413, "The body is too long."))
      add(.problem(415, "The body is neither JSON nor a form."))
    } else {
      add(.problem(403, "Another site's page wants the answer as a part of itself."))
      // A body is not expected, but read.
      add(.problem(413, "The body is too long."))
    }
    add(.problem(404, "There is no such flow."))
    add(.problem(414, "The address is too long."))
    add(.problem(421, "The server does not answer to this name."))
    add(.problem(429, "Too many wrong tokens, or too many streams; the header Retry-After says when to try again."))
    add(.problem(431, "The header is too long, or has too many fields."))
    add(.problem(500, "The answer failed."))
    add(.problem(503, "The database, the batch or the history cannot be read; or a run is under way and too many readers wait, and the header Retry-After says when to try again."))
    return answers.sorted { $0.status < $1.status }
  }
}

/// The schemas that operations name.
enum APISchemas {
  /// The schema of a member of one of them; nil if it has no such member.
  static func member(_ name: String, of schema: DocumentValue) -> DocumentValue? {
    let prefix = DocumentValue.referencePrefix
    guard let reference = schema["$ref"]?.string, reference.hasPrefix(prefix) else { return schema["properties"]?[name] }
    return all[String(reference.dropFirst(prefix.count))]?["properties"]?[name]
  }

  static let all: [String: DocumentValue] = [
    "Problem": .record(["type": .string, "title": .string, "status": .wholeNumber, "detail": .string]),
    "Participant": ParticipantRecord.schema, "ParticipantDetail": ParticipantRecord.detailSchema,
    "SeriesPoint": .record(["time": .string, "mean": .number, "min": .number, "max": .number, "count": .count]),
    "Coverage": coverage, "Flow": FlowRecord.schema, "Graph": GraphRecord.schema, "RunSummary": runSummary,
    "Run": ["anyOf": [.reference("RunReport"), .reference("RunSummary")]], "RunReport": runReport, "StartedRun": StartedRun.schema,
    "RunOrder": RunOrderBody.schema, "ReplayOrder": ReplayOrderBody.schema,
    "ReplayReceipt": .record(["entries": .count, "notes": .list(of: .string)], optional: ["run": .string.orNull()]),
    "ErrorEntry": errorEntry,
    "ErrorGroup": [
      "type": "object", "required": ["count", "participants", "retryable", "example"],
      "properties": ["count": .count, "participants": .count, "retryable": .boolean, "example": .string],
    ],
  ]

  private static let runSummary: DocumentValue = .record(
    [
      "run": .string, "flow": .string, "file": .string, "flow_sha256": .string, "started": .moment,
      "status": .oneOf(["running", "interrupted", "complete", "partial", "failed"]),
    ], optional: ["finished": .moment.orNull(), "exit": .wholeNumber.orNull()])

  private static let runReport: DocumentValue = [
    "type": "object",
    "required": ["run", "flow", "flow_sha256", "status", "started", "finished", "participants", "flowfiles", "processors", "rows", "errors", "exit"],
    "properties": [
      "run": .string, "flow": .string, "flow_sha256": .string, "status": .oneOf(["complete", "partial", "failed"]), "started": .moment, "finished": .moment,
      "participants": .map(of: .count), "flowfiles": .map(of: .count), "processors": .list(of: ["type": "object", "required": ["name", "type"]]),
      "rows": .map(of: .map(of: .count)), "errors": ["type": "object"], "exit": .wholeNumber,
    ],
  ]

  private static let counts: [String: DocumentValue] = Dictionary(
    uniqueKeysWithValues: ["wanted"].map { ($0, DocumentValue.wholeNumber) } + [("unit", .string), ("data_type", .string)])

  private static let coverage: DocumentValue = .record([
    "flow": .string, "verdict": .string, "standings": .map(of: .count), "until": .moment, "empty_columns": .list(of: .string),
    "participants": .list(
      of: [
        "type": "object", "required": ["participant", "standing", "verdict", "next", "data_types"],
        "properties": [
          "participant": .string, "standing": .string, "verdict": .string, "next": .string,
          "data_types": .list(of: ["type": "object", "required": ["data_type", "unit", "wanted"], "properties": .object(counts)]),
        ],
      ]),
    "totals": .list(of: ["type": "object", "required": ["data_type", "unit", "wanted"], "properties": .object(counts)]),
  ])

  private static let errorEntry: DocumentValue = [
    "type": "object",
    "required": [
      "uuid", "attributes", "lineage", "flow", "run", "processor", "relationship", "cause", "message", "status", "attempts", "flow_sha256", "time", "retryable",
    ],
    "properties": [
      "uuid": .string, "attributes": .map(of: .string), "lineage": .list(of: .string), "flow": .string, "run": .string, "processor": .string,
      "relationship": .string, "cause": .string, "message": .string, "status": .wholeNumber.orNull(), "attempts": .count, "flow_sha256": .string, "time": .moment,
      "retryable": .boolean,
    ],
  ]
}
