import FlowBase
import Foundation

/// Evaluates JSON Lines, one expression per line, for `flowrun evaluate --lines`.
///
/// A line has `expression`, and may have `attributes`, `parameters`, `state` (objects) and `tz` (a time zone). A
/// parameter is a string or `{"value": …, "sensitive": true}`. The answer is `{"value": …}`, or `{"error": …, "phase":
/// …}` with the phase `compile` or `evaluate`. Not thread-safe.
package struct ExpressionLines {
  private let environment: ExpressionEnvironment
  /// Compiled expressions by the text of expression and parameters.
  private var compiled: [BytewiseText: Result<Expression, ExpressionProblem>] = [:]

  /// The maximum number of cached expressions.
  private static let limit = 20_000

  package init(environment: ExpressionEnvironment) {
    self.environment = environment
  }

  /// The answer to a line, both without line ends.
  package mutating func answer(_ line: String) -> String {
    let request: JSONObject
    let text: String
    do throws(ExpressionProblem) {
      guard case .object(let object) = try JSONReader.read(line, whole: true),
        case .string(let expression)? = object["expression"]
      else { return ExpressionLines.failure("found no \"expression\"; expected a JSON object that has one", "compile") }
      request = object
      text = expression
    } catch {
      return ExpressionLines.failure("found invalid JSON; expected \(error.expected)", "compile")
    }
    switch expression(text, parameters: request["parameters"]) {
    case .failure(let problem):
      return ExpressionLines.failure("character \(problem.offset + 1): \(problem)", "compile")
    case .success(let expression):
      do throws(EvaluationError) {
        let value = try expression.evaluate(
          ExpressionLines.texts(request["attributes"]), environment: environment(request))
        return "{\"value\":" + JSONText.quoted(value, escapes: .jackson) + "}"
      } catch {
        return ExpressionLines.failure(error.message, "evaluate")
      }
    }
  }

  private mutating func expression(_ text: String, parameters: JSONValue?) -> Result<Expression, ExpressionProblem> {
    let key = BytewiseText(parameters.map { text + "\0" + JSONWriter.text($0) } ?? text)
    if let known = compiled[key] { return known }
    let result: Result<Expression, ExpressionProblem>
    do throws(ExpressionProblem) {
      result = .success(try Expression(text, parameters: ExpressionLines.parameters(parameters)))
    } catch {
      result = .failure(error)
    }
    if compiled.count >= ExpressionLines.limit { compiled.removeAll(keepingCapacity: true) }
    compiled[key] = result
    return result
  }

  private static func parameters(_ value: JSONValue?) -> [String: ExpressionParameter] {
    guard case .object(let object)? = value else { return [:] }
    var parameters: [String: ExpressionParameter] = [:]
    for (name, value) in object.members {
      if case .object(let details) = value {
        parameters[name] = ExpressionParameter(
          details["value"]?.scalarText ?? "", isSensitive: details["sensitive"] == .boolean(true))
      } else if let text = value.scalarText {
        parameters[name] = ExpressionParameter(text)
      }
    }
    return parameters
  }

  /// The members that are not null, as text.
  private static func texts(_ value: JSONValue?) -> [String: String] {
    guard case .object(let object)? = value else { return [:] }
    var texts: [String: String] = [:]
    for (name, value) in object.members { texts[name] = value.scalarText }
    return texts
  }

  /// The environment, with the line's zone and state if it has them.
  private func environment(_ request: JSONObject) -> ExpressionEnvironment {
    let zone = request["tz"]?.scalarText.flatMap { TimeZone(identifier: $0) }
    guard zone != nil || request["state"] != nil else { return environment }
    let state = ExpressionLines.texts(request["state"])
    return ExpressionEnvironment(
      now: environment.now, random: environment.random, uuid: environment.uuid, nextInteger: environment.nextInteger,
      hostName: environment.hostName, address: environment.address, threadName: environment.threadName,
      state: { state[$0] }, timeZone: zone ?? environment.timeZone)
  }

  private static func failure(_ message: String, _ phase: String) -> String {
    "{\"error\":" + JSONText.quoted(message, escapes: .jackson) + ",\"phase\":\"\(phase)\"}"
  }
}

/// A dictionary key that compares bytes instead of Unicode-equivalent text.
private struct BytewiseText: Hashable {
  let text: String

  init(_ text: String) {
    self.text = text
  }

  static func == (left: BytewiseText, right: BytewiseText) -> Bool { Text.same(left.text, right.text) }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
