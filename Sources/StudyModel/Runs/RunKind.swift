import FlowCore

/// Whose data a run collects or builds again: those of real participants, or those that the bundled simulator makes up. They are never mixed.
package enum RunKind: Sendable, Equatable {
  case real, simulated
}

extension RuntimeEnvironment {
  package var runKind: RunKind { shared.value { RunKind.real } }
}
