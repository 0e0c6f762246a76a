import FlowCore
import StudyModel

/// The consent scopes that a flow requires.
package enum ConsentScopes {
  /// The scopes named by the flow's endpoints and slices, in order and without duplicates.
  package static func needed(by graph: FlowGraph) -> [String] {
    var scopes: [String] = []
    for node in graph.processors {
      for scope in named(by: node) where !scopes.contains(scope) { scopes.append(scope) }
    }
    return scopes
  }

  private static func named(by node: ProcessorNode) -> [String] {
    switch node.descriptor.type {
    case SliceTimeRange.descriptor.type:
      node.values[SliceTimeRange.slices].flatMap { [$0.scope].compactMap { $0 } + $0.anyScope }
    case InvokeEndpoint.descriptor.type:
      [node.values.optional(InvokeEndpoint.scope)].compactMap { $0 } + node.values[InvokeEndpoint.optionalScopes]
        + node.values[InvokeEndpoint.parts].compactMap { $0.values.optional(EndpointPart.scope) }
    default: []
    }
  }
}
