import FlowCore
import StudyModel

extension ParticipantStore.Filter {
  /// Simulated participants are sent only to the simulator, all others only to a real provider.
  func admits(_ provider: String?) -> Bool { (provider == ParticipantFile.simulator) == isSimulated }

  /// Why a run skips the participant; nil if it does not.
  func reasonToSkip(_ file: ParticipantFile, path: String) throws -> String? {
    guard admits(file.provider) else {
      throw ProcessorError(.badParticipantFile, mismatch(file: path).description)
    }
    switch file.collection {
    case .paused: return "paused"
    case .withdrawn: return "withdrawn"
    case .active: break
    }
    guard let other = file.oauthType, other != oauthType else { return nil }
    return "its consent is for \(other), this flow uses \(oauthType)"
  }

  func mixedBatchProblem(_ strangers: [String], in folder: ParticipantFolder) -> Diagnostic {
    let more = strangers.count > 1 ? " (and \(strangers.count - 1) more in the folder)" : ""
    var problem = mismatch(file: folder.path(of: strangers.first ?? ""))
    problem.found += more
    return problem
  }

  private func mismatch(file: String) -> Diagnostic {
    isSimulated
      ? Diagnostic(
        .mixedParticipants, file: file, found: "a real participant in a run with api=simulator",
        expected: "only files with \"provider\": \"simulator\": no real participant is ever sent to the simulator",
        hint: "name the simulated batch with the parameter participants, or the provider with api")
      : Diagnostic(
        .mixedParticipants, file: file, found: "a simulated participant in a run against a real provider",
        expected: "no file with \"provider\": \"simulator\": none of them is ever sent to a real provider",
        hint: "keep simulated participants in a folder of their own")
  }
}
