import FlowCore

extension RuntimeEnvironment {
  /// Collects the outcome of every participant; one for each run.
  package var participants: ParticipantRegister { shared.value { ParticipantRegister() } }
  /// The participants this run is for; all unless the composition root sets another selection.
  package var selection: ParticipantSelection { shared.value { .all } }
}
