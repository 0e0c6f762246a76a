import FlowCore
import StudyModel
import StudyParticipants

/// What became of the participants for whom something was asked: it was done, or another run held the participant, who was left as it is.
package struct ParticipantOutcomes<Value: Sendable>: Sendable {
  /// In the order in which they were asked for.
  package private(set) var done: [Value] = []
  /// To be asked for again when that run has ended.
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

/// Another run holds the participant of whom something is asked. It was left as it is.
package struct HeldByAnotherRun: Error, Sendable, Equatable, CustomStringConvertible {
  package var participant: String
  /// What to do when that run has ended.
  package var next: String

  package var description: String { "held by another run: \(participant); \(next)" }
}
