import FlowCore

extension RuntimeEnvironment {
  /// Where processors report what became of a participant; one for each run.
  package var participants: ParticipantRegister { shared.value { ParticipantRegister() } }
  /// The participants that this run is for; all of them unless composition says otherwise.
  package var selection: ParticipantSelection { shared.value { .all } }
}
