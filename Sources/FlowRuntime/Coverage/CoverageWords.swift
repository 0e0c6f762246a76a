import FlowCore
import StudyModel
import StudyParticipants

/// Remedies in words and as commands that can be pasted, with the options given.
package struct CoverageWords: Sendable {
  package let flowFile: String
  package let hint: CommandHint

  package var run: String { hint.command(flowFile) }

  /// - Parameter canReplay: whether the error folder has an entry of the participant that can be replayed.
  package func remedy(_ cause: Cause, participant: String, canReplay: Bool) -> String {
    switch cause {
    case .needsConsent: "ask \(participant) for consent again; the next run goes on"
    case .scope: "ask \(participant) for wider consent; the next run collects it"
    case .badParticipantFile: "fix the participant's file, then run the flow again: \(run)"
    case .clientRefused, .gone: "check the application's access at the provider, then run the flow again: \(run)"
    case .badData where !canReplay: "fix the cause; the next run tries again: \(run)"
    case .badData: "the next run tries again; if the flow is at fault, fix it, then: \(replay(cause, participant))"
    case _ where cause.isRetryable: "run the flow again: \(run)"
    default: canReplay ? "fix the cause, then: \(replay(cause, participant))" : "fix the cause, then run the flow again: \(run)"
    }
  }

  package func resume(_ participant: String, _ collection: ParticipantFile.Collection?) -> String {
    collection == .paused ? "nothing while paused; to continue: \(hint.command("participants", "resume", flowFile, participant))" : CoverageVerdict.nothing
  }

  private func replay(_ cause: Cause, _ participant: String) -> String {
    // After an edit of the flow, a replay needs to be told that it may.
    let isOfFlow = [.badData, .badRequest, .notFound, .expression].contains(cause)
    return hint.command(["replay", flowFile, "--participant", participant, "--cause", cause.rawValue] + (isOfFlow ? ["--allow-flow-change"] : []))
  }
}
