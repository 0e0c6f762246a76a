import FlowCore
import StudyModel

/// What to do about trouble that a run has left: words, and a command that can be pasted.
package struct TroubleRemedy: Sendable, Equatable {
  package var words: String
  package var command: String
  /// Nothing is known to help but to read the entry.
  package var isToLook = false

  /// - Parameter flow: path of the flow file.
  package init(_ trouble: RunReport.Trouble, flow: String, hint: CommandHint) {
    switch Cause(rawValue: trouble.cause) {
    case _ where trouble.retryable: self.init("the next run tries again", hint.command(flow))
    case .needsConsent: self.init("consent is needed again", Self.consent(trouble.participants, flow, hint, named: false))
    case .scope: self.init("wider consent is needed", Self.consent(trouble.participants, flow, hint, named: true))
    case .badParticipantFile: self.init("mend the participants' files", hint.command("participants", "list", flow))
    // An unchanged flow asks again; a mended one reads the kept response again, and only with its consent to the change.
    case .badData: self.init("ask again, also after a change of the flow", hint.command("replay", flow, "--cause", trouble.cause, "--allow-flow-change"))
    case .badRequest, .notFound, .expression:
      self.init("after a change of the flow", hint.command("replay", flow, "--cause", trouble.cause, "--allow-flow-change"))
    default:
      self.init("look at it", hint.command(["errors", "show"] + (trouble.uuid.map { [$0] } ?? [])))
      isToLook = true
    }
  }

  private init(_ words: String, _ command: String) {
    self.words = words
    self.command = command
  }

  /// - Parameter named: they do not count as those that need consent.
  private static func consent(_ participants: [String], _ flow: String, _ hint: CommandHint, named: Bool) -> String {
    if participants.count == 1 { return hint.command("authorize", flow, participants[0]) }
    return hint.command(["participants", "invite", flow] + (named ? participants : []))
  }
}
