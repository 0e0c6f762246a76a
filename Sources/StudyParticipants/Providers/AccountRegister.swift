import FlowCore
import StudyModel

/// Which participants of a batch stand for the same account. Plain state.
package struct AccountRegister: Sendable, Equatable {
  /// What tells an account.
  package enum Mark: Hashable, Sendable {
    /// The provider's id.
    case account(String)
    /// SHA-256 of a refresh token: who has the token has the account.
    case refreshToken(String)

    /// Without a secret.
    package var words: String {
      switch self {
      case .account(let id): "account \(id)"
      case .refreshToken: "refresh token"
      }
    }
  }

  private var holders: [Mark: Set<String>] = [:]
  private var marks: [String: Set<Mark>] = [:]

  package init() {}

  package mutating func note(_ mark: Mark, of participant: String) {
    holders[mark, default: []].insert(participant)
    marks[participant, default: []].insert(mark)
  }

  /// The others with the mark, sorted.
  package func others(with mark: Mark, than participant: String) -> [String] {
    holders[mark, default: []].subtracting([participant]).sorted()
  }

  /// Why the participant cannot be collected: somebody else of the batch has the same account.
  package func shareError(of participant: String) -> ProcessorError? {
    let shared = marks[participant, default: []].filter { holders[$0, default: []].count > 1 }
    guard let mark = shared.min(by: { $0.words < $1.words }) else { return nil }
    let all = holders[mark, default: []].sorted()
    let names = all.dropLast().joined(separator: ", ") + " and " + (all.last ?? "")
    return ProcessorError(
      .badParticipantFile,
      "participants \(names) have the same \(mark.words), and one account serves one participant of a batch; nothing is asked for them: put "
        + "each one's own consent into its file (flowrun authorize), or withdraw the one that is not (flowrun participants withdraw)")
  }
}

extension AccountRegister {
  /// What the files of a batch tell, but for those that no run of this kind of provider collects.
  mutating func note(_ file: ParticipantFile, for filter: ParticipantStore.Filter) {
    guard file.collection != .withdrawn, file.oauthType.map({ $0 == filter.oauthType }) ?? true else { return }
    if let account = file.account ?? file.token.account { note(.account(account), of: file.participant) }
    if !file.token.isAbsent { note(.refreshToken(file.token.refreshTokenDigest), of: file.participant) }
  }
}
