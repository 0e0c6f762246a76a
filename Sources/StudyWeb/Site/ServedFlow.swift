import FlowCore
import FlowRuntime

/// A flow that the server was started with.
package struct ServedFlow: Sendable {
  /// Its graph, with the server's parameters.
  package var graph: FlowGraph
  /// Path of the flow file, as given.
  package var file: String
  package var errors: String
  package var state: String
  /// For commands that a page suggests.
  package var hint: CommandHint

  /// Identifies the flow in addresses.
  package var name: String { graph.name }

  /// Where its data are, as its parameter says.
  var database: String? { graph.parameters.first { $0.name == "database" }?.value }

  package init(graph: FlowGraph, file: String, errors: String, state: String, hint: CommandHint) {
    self.graph = graph
    self.file = file
    self.errors = errors
    self.state = state
    self.hint = hint
  }
}
