import FlowCore
import FlowRuntime

/// The parameters that a person may give to a run from the web: those that choose what is asked again, and none that says where data come from
/// or go to.
package enum HarmlessParameters {
  static let names: Set<String> = ["detail", "from", "until"]
  /// A date, a time or a choice; no path, no address, no expression.
  private static let longestCount = 40

  /// Those of a flow, in its order.
  package static func all(of graph: FlowGraph) -> [FlowParameter] { graph.parameters.filter { names.contains($0.name) && !$0.isSensitive } }

  /// Throws `RunRefusal` for every parameter that may not be given, all in one message. Never shows a value.
  static func check(_ given: [String: String], for graph: FlowGraph) throws(RunRefusal) {
    let allowed = all(of: graph).map(\.name)
    let expected = allowed.isEmpty ? "none: the flow has no parameter that may be given here" : "only \(allowed.joined(separator: ", "))"
    let problems = given.sorted { $0.key < $1.key }.compactMap { name, value -> String? in
      guard allowed.contains(name) else {
        let isKnown = graph.parameters.contains { $0.name == name }
        let found = isKnown ? "is set when the server is started and cannot be given here" : "is no parameter of flow '\(graph.name)'"
        return "parameter '\(name)' \(found); expected \(expected)" + (isKnown ? "" : NearestName.suggestion(for: name, among: allowed).map { "; \($0)" } ?? "")
      }
      return isPlain(value) ? nil : "parameter '\(name)' has a value that cannot be given here; expected a date such as 2026-01-05, or one of its choices"
    }
    if !problems.isEmpty { throw RunRefusal(.invalid, problems.joined(separator: "\n")) }
  }

  private static func isPlain(_ value: String) -> Bool {
    value.utf8.count <= longestCount
      && value.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-:.+".utf8.contains(byte)
        }
      }
  }
}
