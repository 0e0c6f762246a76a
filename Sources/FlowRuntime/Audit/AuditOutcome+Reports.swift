import FlowCore
import StudyModel
import StudyParticipants

/// The results of commands as the audit trail tells them: whom they changed, and how many they left.

extension ParticipantOutcomes {
  /// - Parameter participants: those who were changed.
  package func told(_ verb: String, _ participants: [String]) -> AuditOutcome {
    let held = heldByAnotherRun.isEmpty ? "" : "; held by another run: \(heldByAnotherRun.joined(separator: ", "))"
    return AuditOutcome("\(verb): \(participants.isEmpty ? "nobody" : participants.joined(separator: ", "))\(held)", status)
  }
}

extension EnrolmentImport.Outcome {
  package var told: AuditOutcome {
    switch self {
    case .imported(let report):
      AuditOutcome("\(report.created) enrolled, \(report.updated) updated, \(report.unchanged) unchanged, \(report.left.count) left", report.status)
    case .refused(let problems): AuditOutcome("refused: \(problems.count) \(problems.count == 1 ? "problem" : "problems") in the table", .needsPerson)
    }
  }
}

extension TokenRetry.Report {
  package var told: AuditOutcome {
    let retried = changes.filter { $0.result == .retried }.map(\.participant)
    return AuditOutcome("to be tried once more: \(retried.isEmpty ? "nobody" : retried.joined(separator: ", "))", status)
  }
}

extension BatchEncryption.Report {
  package var told: AuditOutcome {
    AuditOutcome("\(changed) files changed, \(unchanged) unchanged, \(held.count) held by another run, \(unreadable.count) unreadable", status)
  }
}

extension InvitationIssue.Report {
  package var told: AuditOutcome { AuditOutcome("invited: \(links.isEmpty ? "nobody" : links.map(\.participant).joined(separator: ", "))") }
}

extension Authorization.Report {
  package var told: AuditOutcome {
    let kind = created ? "enrolled and authorized" : "authorized"
    return AuditOutcome("\(kind): \(participant)\(refused.isEmpty ? "" : "; refused: \(refused.joined(separator: ", "))")")
  }
}
