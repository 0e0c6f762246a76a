import FlowExpression
import Foundation

/// The value of a text, or the message of the error.
func value(
  _ text: String, _ attributes: [String: String] = [:], parameters: [String: ExpressionParameter] = [:],
  zone: String = "UTC"
) -> String {
  do {
    let expression = try Expression(text, parameters: parameters)
    return try expression.evaluate(attributes, environment: .fixed(zone: zone))
  } catch let problem as ExpressionProblem {
    return "problem at \(problem.offset): \(problem)"
  } catch {
    return "error: \(error)"
  }
}

extension ExpressionEnvironment {
  /// A fixed environment: 2026-08-04T10:15:30.123Z, random number 7, fixed names.
  static func fixed(zone: String = "UTC") -> ExpressionEnvironment {
    ExpressionEnvironment(
      now: { 1_785_838_530_123 }, random: { 7 }, uuid: { "00000000-0000-4000-8000-000000000000" },
      nextInteger: { 5 }, hostName: { $0 ? "host.example.org" : "host" }, address: { "192.0.2.1" },
      threadName: { "worker" }, state: { $0 == "key" ? "kept" : nil }, timeZone: TimeZone(identifier: zone) ?? .gmt)
  }
}

/// An expression, its attributes and the expected result.
struct Row: Sendable, CustomStringConvertible {
  let text: String
  let attributes: [String: String]
  let result: String

  init(_ text: String, _ result: String) {
    self.init(text, [:], result)
  }

  init(_ text: String, _ attributes: [String: String], _ result: String) {
    self.text = text
    self.attributes = attributes
    self.result = result
  }

  var description: String { text }
}
