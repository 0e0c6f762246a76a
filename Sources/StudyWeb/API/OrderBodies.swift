import FlowCore
import Foundation
import Hummingbird
import StudyModel

/// The body of `POST runs`.
struct RunOrderBody: Decodable {
  var flow: String?
  var parameters: [String: Text]?
  var only: Patterns?

  /// A text, or a number or truth value that is meant as one.
  struct Text: Decodable {
    var text: String

    init(text: String) { self.text = text }

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let number = try? value.decode(Int.self) {
        text = String(number)
      } else if let flag = try? value.decode(Bool.self) {
        text = String(flag)
      } else {
        text = try value.decode(String.self)
      }
    }
  }

  /// One pattern, or several.
  struct Patterns: Decodable {
    var all: [String]

    init(all: [String]) { self.all = all }

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      all = if let one = try? value.decode(String.self) { [one] } else { try value.decode([String].self) }
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable { case flow, parameters, only }

  /// A form names a parameter so: `parameters.from`.
  static let parameterPrefix = "parameters."

  static let schema: DocumentValue = .record(
    [:],
    optional: [
      "flow": .string, "only": ["oneOf": [["type": "string", "minLength": 1], .list(of: ["type": "string", "minLength": 1])]],
      "parameters": .map(of: ["type": ["string", "integer", "boolean"]]),
    ])

  /// Throws a `WebProblem`.
  static func order(_ request: Request, _ study: (String?) throws(WebProblem) -> StudyAccess) async throws -> RunOrder {
    let body: RunOrderBody
    if request.hasForm {
      let form = try await request.form()
      try form.checkNames(["flow", "only"], prefixes: [parameterPrefix], repeated: ["only"])
      // An empty field of a form is one that was left out.
      func values(_ name: String) -> [String] { form.values(name).flatMap { $0.split(separator: " ").map(String.init) } }
      let parameters = form.all.filter { $0.name.hasPrefix(parameterPrefix) && !$0.value.isEmpty }.map { (String($0.name.dropFirst(parameterPrefix.count)), Text(text: $0.value)) }
      body = RunOrderBody(flow: form.first("flow").flatMap { $0.isEmpty ? nil : $0 }, parameters: Dictionary(parameters) { $1 }, only: Patterns(all: values("only")))
    } else {
      body = try await JSONBody.read(RunOrderBody.self, keys: CodingKeys.allCases.map(\.rawValue), request)
    }
    let flow = try study(body.flow).flow
    for pattern in body.only?.all ?? [] where pattern.isEmpty || pattern.utf8.count > 200 {
      throw WebProblem.badRequest("only holds \(pattern.isEmpty ? "an empty pattern" : "a pattern of more than 200 bytes"); expected names such as P0001 or P00*")
    }
    return RunOrder(flow: flow.name, parameters: (body.parameters ?? [:]).mapValues(\.text), only: body.only?.all ?? [])
  }
}

/// The body of `POST errors/replay`.
struct ReplayOrderBody: Decodable {
  var flow: String?
  var cause: String?
  var participant: String?
  var processor: String?
  var from: String?
  var allowFlowChange: Bool?
  var dryRun: Bool?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case flow, cause, participant, processor, from
    case allowFlowChange = "allow_flow_change"
    case dryRun = "dry_run"
  }

  static let schema: DocumentValue = .record(
    [:],
    optional: [
      "flow": .string, "cause": .oneOf(Cause.allCases.map(\.rawValue)), "participant": .string, "processor": .string, "from": .string,
      "allow_flow_change": .boolean, "dry_run": .boolean,
    ])

  /// Throws a `WebProblem`.
  static func order(_ request: Request, _ study: (String?) throws(WebProblem) -> StudyAccess) async throws -> ReplayOrder {
    let body: ReplayOrderBody
    if request.hasForm {
      let form = try await request.form()
      try form.checkNames(CodingKeys.allCases.map(\.rawValue))
      func text(_ name: CodingKeys) -> String? { form.first(name.rawValue).flatMap { $0.isEmpty ? nil : $0 } }
      // Whoever says `dry_run=yes` does not mean a real replay.
      func flag(_ name: CodingKeys) throws(WebProblem) -> Bool {
        switch text(name) {
        case nil, "false"?: return false
        case "true"?, "on"?: return true
        case let value?: throw .badRequest("the field '\(name.rawValue)' is '\(value.prefix(100))'; expected true or false")
        }
      }
      body = ReplayOrderBody(
        flow: text(.flow), cause: text(.cause), participant: text(.participant), processor: text(.processor), from: text(.from),
        allowFlowChange: try flag(.allowFlowChange), dryRun: try flag(.dryRun))
    } else {
      body = try await JSONBody.read(ReplayOrderBody.self, keys: CodingKeys.allCases.map(\.rawValue), request)
    }
    var order = ReplayOrder(flow: try study(body.flow).flow.name, isDryRun: body.dryRun ?? false)
    order.cause = body.cause
    order.participant = body.participant
    order.processor = body.processor
    order.from = body.from
    order.allowsFlowChange = body.allowFlowChange ?? false
    return order
  }
}

/// JSON objects that a client sends.
enum JSONBody {
  /// Throws a `WebProblem` for another media type, for what is no JSON object, for members that are not in `keys`, and for values of another kind.
  static func read<Value: Decodable>(_ type: Value.Type, keys: [String], _ request: Request) async throws -> Value {
    guard request.mediaType == "application/json" else {
      throw WebProblem(
        .unsupportedMediaType, "the body is \(request.mediaType.map { "'\($0.prefix(100))'" } ?? "of no said type"); expected Content-Type: application/json, or a form")
    }
    let bytes = try await request.bytes()
    let members: [String: AnyMember]
    do {
      members = try JSONDecoder().decode([String: AnyMember].self, from: Data(bytes))
    } catch {
      throw WebProblem.badRequest("the body is no JSON object; expected one with \(keys.joined(separator: ", "))")
    }
    if let unknown = members.keys.sorted().first(where: { !keys.contains($0) }) {
      throw WebProblem.badRequest("there is no member '\(unknown.prefix(100))'\(NearestName.hint(for: unknown, among: keys).map { "; \($0)" } ?? "; expected \(keys.joined(separator: ", "))")")
    }
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw WebProblem.badRequest(problem(error))
    }
  }

  /// As JSON calls it.
  private static func words(_ type: Any.Type) -> String {
    switch type {
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    default: "\(type)".hasPrefix("Array") ? "a list" : "\(type)".hasPrefix("Dictionary") ? "an object" : "a text"
    }
  }

  private static func problem(_ error: DecodingError) -> String {
    switch error {
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      "the member '\(context.codingPath.map(\.stringValue).joined(separator: ".").prefix(100))' has a value of another kind; expected \(words(type))"
    default: "the body cannot be read: \(error)"
    }
  }

  /// Any value; only the members' names matter.
  private struct AnyMember: Decodable {
    init(from decoder: any Decoder) throws {}
  }
}
