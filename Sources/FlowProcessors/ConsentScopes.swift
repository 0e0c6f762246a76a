import FlowCore

/// What a flow needs participants to share.
package enum ConsentScopes {
  /// The scopes that the flow's endpoints and slices name, in its order, each once.
  package static func needed(by graph: FlowGraph) -> [String] {
    var scopes: [String] = []
    for node in graph.processors {
      let slices = node.descriptor.type == SliceTimeRange.descriptor.type ? node.values[SliceTimeRange.slices].compactMap(\.scope) : []
      for scope in slices + [node.values.optional(InvokeEndpoint.scope)].compactMap({ $0 }) where !scopes.contains(scope) {
        scopes.append(scope)
      }
    }
    return scopes
  }
}
