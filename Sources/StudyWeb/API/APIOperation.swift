import FlowCore
import HTTPTypes
import Hummingbird

/// A request that the API answers: the route, its place in the OpenAPI document and its section of the documentation page all come from here.
struct APIOperation: Sendable {
  enum Method: String, Sendable { case get, post }

  struct Parameter: Sendable {
    enum Place: String, Sendable { case path, query }

    var name: String
    var place: Place
    var isRequired: Bool
    var text: String
    var schema: DocumentValue
    /// A value that works on the simulated study, for the form of the documentation page; empty for none.
    var example: String

    static func path(_ name: String, _ text: String, example: String = "") -> Parameter {
      Parameter(name: name, place: .path, isRequired: true, text: text, schema: ["type": "string", "minLength": 1], example: example)
    }
    static func query(
      _ name: String, _ text: String, schema: DocumentValue = .string, isRequired: Bool = false, example: String = ""
    ) -> Parameter {
      Parameter(name: name, place: .query, isRequired: isRequired, text: text, schema: schema, example: example)
    }
  }

  /// What is sent with the request, as JSON or as a form with the same fields.
  struct Body: Sendable {
    /// A field of a form with the same content.
    struct Field: Sendable {
      var name: String
      /// What it means.
      var text: String
      /// What the form of the documentation page begins with; empty for nothing.
      var start = ""

      init(_ name: String, _ text: String, start: String = "") {
        self.name = name
        self.text = text
        self.start = start
      }
    }

    var schema: DocumentValue
    var example: String
    var fields: [Field]
  }

  struct Answer: Sendable {
    var status: Int
    var text: String
    /// Schemas by media type; none for an answer without a body.
    var content: [String: DocumentValue]
    /// Header fields by name, with what they say.
    var headers: [String: String] = [:]

    static func json(_ text: String, status: Int = 200, _ schema: DocumentValue, headers: [String: String] = [:]) -> Answer {
      Answer(status: status, text: text, content: ["application/json": schema], headers: headers)
    }
    static func problem(_ status: Int, _ text: String) -> Answer {
      Answer(status: status, text: text, content: ["application/problem+json": .reference("Problem")])
    }
  }

  typealias Handler = @Sendable (APIRequest) async throws -> Response

  var id: String
  var method: Method
  /// Below `/api/v1`; parameters in braces.
  var path: String
  var summary: String
  var text: String
  var parameters: [Parameter] = []
  var body: Body?
  /// Those of its own; what every operation may answer is added by the document.
  var answers: [Answer]
  var handler: Handler

  /// Whether it reads something and ends: who asks for it waits for a turn while a run is under way.
  var isReading: Bool { method == .get && answers.first?.content["text/event-stream"] == nil }
  var fullPath: String { StudyAPI.root + path }
}

/// A request with its parameters checked against the operation.
struct APIRequest: Sendable {
  let request: Request
  let context: WebContext
  private let path: [String: String]
  private let query: FormFields

  /// Throws a `WebProblem` (400) for a parameter that the operation does not have, for one given twice or missing, and for what is not UTF-8.
  init(_ request: Request, _ context: WebContext, _ operation: APIOperation) throws {
    self.request = request
    self.context = context
    query = try request.query()
    var path: [String: String] = [:]
    for parameter in operation.parameters where parameter.place == .path {
      path[parameter.name] = try Self.decoded(try context.parameters.require(parameter.name))
    }
    self.path = path
    let known = operation.parameters.filter { $0.place == .query }
    // A browser's form sends its empty fields, too: they count as not given.
    for (name, value) in query.all where !value.isEmpty {
      guard known.contains(where: { $0.name == name }) else {
        throw WebProblem.badRequest(
          "there is no parameter '\(name.prefix(100))'\(NearestName.hint(for: name, among: known.map(\.name)).map { "; \($0)" } ?? "; expected \(known.isEmpty ? "none" : known.map(\.name).joined(separator: ", "))")")
      }
      guard name == "participant" || query.values(name).count == 1 else { throw WebProblem.badRequest("the parameter '\(name)' is given twice; give it once") }
    }
    for parameter in known where parameter.isRequired && self[parameter.name] == nil {
      throw WebProblem.badRequest("the parameter '\(parameter.name)' is missing: \(parameter.text)")
    }
  }

  /// A parameter's value; nil if it is not given, or empty.
  subscript(name: String) -> String? { path[name] ?? query.first(name).flatMap { $0.isEmpty ? nil : $0 } }
  func values(_ name: String) -> [String] { query.values(name).filter { !$0.isEmpty } }

  /// Throws a `WebProblem` (400) for what is neither `true` nor `false`.
  func flag(_ name: String) throws(WebProblem) -> Bool {
    switch self[name] {
    case nil, "false"?: return false
    case "true"?: return true
    case let text?: throw .badRequest("\(name) is '\(text.prefix(100))'; expected true or false")
    }
  }

  /// Throws a `WebProblem` (400) for what is no number of the range.
  func number(_ name: String, in range: ClosedRange<Int>) throws(WebProblem) -> Int? {
    guard let text = self[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw .badRequest("\(name) is '\(text.prefix(100))'; expected a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func date(_ name: String) throws(WebProblem) -> CivilDate? {
    guard let text = self[name] else { return nil }
    guard let date = CivilDate(text: text) else { throw .badRequest("\(name) is '\(text.prefix(100))'; expected a date such as 2026-01-05") }
    return date
  }

  static func decoded(_ text: String) throws(WebProblem) -> String {
    // A path keeps its '+'.
    guard let bytes = PercentEncoding.formDecoded(text.replacing("+", with: "%2B")), let decoded = String(validating: bytes, as: UTF8.self),
      !decoded.utf8.contains(0)
    else { throw .badRequest("'\(text.prefix(100))' is not encoded as in an address; expected UTF-8 with %XX") }
    return decoded
  }
}
