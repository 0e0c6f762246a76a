import FlowCore
import StudyModel
import StudyParticipants

/// What to do, in words and in commands that can be pasted: with the options that were given.
package struct CoverageWords: Sendable {
  package let flowFile: String
  package let hint: CommandHint

  package var run: String { hint.command(flowFile) }

  /// - Parameter canReplay: false: nothing of the participant is in the error folder that a replay could put back in.
  package func remedy(_ cause: Cause, participant: String, canReplay: Bool) -> String {
    switch cause {
    case .needsConsent: "ask \(participant) for consent again; the next run goes on"
    case .scope: "ask \(participant) for wider consent; the next run collects it"
    case .badParticipantFile: "mend the participant's file, then run the flow again: \(run)"
    case .clientRefused, .gone: "see to the application's access at the provider, then run the flow again: \(run)"
    case .badData where !canReplay: "mend the reason; the next run asks again: \(run)"
    case .badData: "the next run asks again; where the flow is at fault mend it, then: \(replay(cause, participant))"
    case _ where cause.isRetryable: "run the flow again: \(run)"
    default: canReplay ? "mend the reason, then: \(replay(cause, participant))" : "mend the reason, then run the flow again: \(run)"
    }
  }

  package func resume(_ participant: String, _ collection: ParticipantFile.Collection?) -> String {
    collection == .paused ? "while that is so, nothing; to go on: \(hint.command("participants", "resume", flowFile, participant))" : CoverageVerdict.nothing
  }

  private func replay(_ cause: Cause, _ participant: String) -> String {
    hint.command("replay", flowFile, "--participant", participant, "--cause", cause.rawValue)
  }
}
