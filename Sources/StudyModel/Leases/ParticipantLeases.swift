import FlowCore

/// The participants of a store, leased to one run at a time among all hosts that share the store. For stores that
/// several hosts may use at once, where the locks of a batch folder do not suffice.
///
/// - **Term.** A lease ends by itself when its term is over. As long as the store is open it renews the leases that it
///   has taken, so that a run may wait for an hour; a run that was paused, or a host that is gone, loses them.
/// - **Fence.** Each lease has a number of its own. Once another run has taken a participant over, every write of the
///   earlier holder for that participant fails with `ProcessorError.heldElsewhere` and writes nothing, even if the
///   later holder has given the lease back.
/// - **Enrolment.** The first lease of a participant enrols it in the batch of `LeaseParty`; another batch is refused
///   until the participant is erased from the store.
///
/// All methods may be called from any task, of a store that is open. They throw what the store's other calls throw.
package protocol ParticipantLeases: Sendable {
  /// Takes the lease for the run that this store was opened for, or renews it.
  func acquire(_ participant: String) async throws -> LeaseAnswer
  /// Whether the lease is still this run's; renews it. Called before anything that cannot be undone outside of the
  /// store: before a refresh token is spent.
  func confirm(_ participant: String) async throws -> Bool
  /// Gives leases back; unknown ones are ignored.
  func release(_ participants: [String]) async throws
  /// Who has the participant now, as in `LeaseAnswer.heldBy`, to tell a person; nil if nobody has, or if it is not known.
  func holder(of participant: String) async throws -> String?
}

extension ParticipantLeases {
  package func holder(of participant: String) async throws -> String? { nil }
}

package enum LeaseAnswer: Sendable, Equatable {
  case acquired
  /// `holder` as a person would name it: run and host; `until` is when it ends by itself, if it is not renewed.
  case heldBy(holder: String, until: Instant)
  /// Enrolled in another batch that uses the same store: another folder on another host. `batch` names it.
  case enrolledElsewhere(batch: String)
}

extension ProcessorError {
  /// The participant is another run's for now, or a lease was lost. It only waits: the FlowFile ends as deferred without
  /// an error entry, and so does the participant. Every store throws this one for a write without the lease.
  /// - Parameters:
  ///   - holder: as in `LeaseAnswer`; nil if it is not known.
  ///   - isLost: whether this run had the participant before.
  package static func heldElsewhere(_ participant: String, by holder: String? = nil, isLost: Bool = false) -> ProcessorError {
    let held = "participant \(participant) is held by \(holder ?? "another run")"
    let lost = "the lease of participant \(participant) has run out" + (holder.map { ", and \($0) has it now" } ?? "")
    var failure = FlowFileFailure(cause: .rateLimited, message: isLost ? lost + ": nothing more is written for it here" : held)
    // When to try again, for those that wait within the run.
    failure.retryAfter = .seconds(60)
    failure.isLeftToOthers = true
    return ProcessorError(failure)
  }

  /// The participant is collected from another batch into the same store. It needs a person.
  /// - Parameters:
  ///   - batch: as in `LeaseAnswer`.
  ///   - own: the batch of this run.
  package static func enrolledElsewhere(_ participant: String, in batch: String, not own: String) -> ProcessorError {
    ProcessorError(
      .badParticipantFile,
      "participant \(participant) is enrolled in batch \(batch), which uses the same database, and is collected from there only; remove its "
        + "file from \(own), or give the two batches databases of their own")
  }
}
