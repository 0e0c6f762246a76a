import FlowCore
import StudyModel
import StudyParticipants

/// The results of a command on participants: done, or held by another run and left unchanged.
package struct ParticipantOutcomes<Value: Sendable>: Sendable {
  /// In the order requested.
  package private(set) var done: [Value] = []
  /// Repeat the command for them when that run has ended.
  package private(set) var heldByAnotherRun: [String] = []

  init() {}

  mutating func add(_ participant: String, _ result: ParticipantStore.Upkeep<Value>) {
    switch result {
    case .done(let value): done.append(value)
    case .heldByAnotherRun: heldByAnotherRun.append(participant)
    }
  }

  package var status: ExitStatus { heldByAnotherRun.isEmpty ? .success : .retryableLeft }
}
