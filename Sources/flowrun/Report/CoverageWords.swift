import FlowCore

/// What to do about a cause, in words.
enum CoverageWords {
  /// - Parameter flowFile: for a command that can be copied; nil: there is nothing to replay.
  static func remedy(_ cause: Cause, participant: String, flowFile: String?) -> String {
    switch cause {
    case .needsConsent: "ask \(participant) for consent again; the next run goes on"
    case .scope: "ask \(participant) for wider consent; the next run collects it"
    case .badParticipantFile: "mend the participant's file, then run the flow again"
    case .clientRefused, .gone: "see to the application's access at the provider, then run the flow again"
    case _ where cause.isRetryable: "run the flow again"
    default:
      flowFile.map { "mend the reason, then: flowrun replay \($0) --participant \(participant) --cause \(cause.rawValue)" }
        ?? "mend the reason, then run the flow again"
    }
  }
}
