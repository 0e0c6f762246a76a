import FlowCore
import StudyModel
import StudyParticipants

/// Pauses or resumes participants.
package struct CollectionChange: Sendable {
  package struct Change: Encodable, Sendable, Equatable {
    package var participant: String
    package var before: String
    package var state: String
  }

  private let batch: ParticipantBatch
  private let target: ParticipantFile.Collection
  private let revivesWithdrawn: Bool

  /// - Parameter revivesWithdrawn: also resume withdrawn participants, who have consented again.
  package init(_ batch: ParticipantBatch, to target: ParticipantFile.Collection, revivesWithdrawn: Bool = false) {
    self.batch = batch
    self.target = target
    self.revivesWithdrawn = revivesWithdrawn
  }

  /// Changes all participants or none: throws `Diagnostics` for unknown names and for withdrawn participants. Throws
  /// `ProcessorError` for an unreadable file, and `StopRun`.
  package func run(_ participants: [String]) async throws -> ParticipantOutcomes<Change> {
    let problems = try await batch.unknown(participants) + withdrawn(participants)
    guard problems.isEmpty else { throw Diagnostics(problems) }
    return try await batch.services.whileLeasing {
      var outcomes = ParticipantOutcomes<Change>()
      for participant in participants { outcomes.add(participant, try await change(participant)) }
      return outcomes
    }
  }

  private func change(_ participant: String) async throws -> ParticipantStore.Upkeep<Change> {
    try await batch.store.change(participant) { [target, revivesWithdrawn] file in
      let before = file.collection
      // A participant withdrawn in the meantime stays withdrawn.
      if before != .withdrawn || revivesWithdrawn { file.collection = target }
      return Change(participant: participant, before: before.rawValue, state: file.collection.rawValue)
    }
  }

  private func withdrawn(_ participants: [String]) async throws -> [Diagnostic] {
    guard !revivesWithdrawn else { return [] }
    let withdrawn = Set(try await batch.statuses().filter { $0.collection == .withdrawn }.map(\.participant))
    return participants.filter(withdrawn.contains).map { participant in
      Diagnostic(
        .withdrawnParticipant, subject: "participant '\(participant)'", found: "it is withdrawn", expected: "a participant that is active or paused",
        hint: "if the participant has consented again: flowrun participants resume --withdrawn")
    }
  }
}
