import FlowCore
import StudyModel

/// Finds participants of a batch that share an account. Plain state.
package struct AccountRegister: Sendable, Equatable {
  /// What identifies an account.
  package enum Mark: Hashable, Sendable {
    /// The provider's id.
    case account(String)
    /// SHA-256 of a refresh token: equal tokens mean the same account.
    case refreshToken(String)

    /// Contains no secret.
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

  /// Other participants with the mark, sorted.
  package func others(with mark: Mark, than participant: String) -> [String] {
    holders[mark, default: []].subtracting([participant]).sorted()
  }

  /// Why the participant cannot be collected: another participant of the batch has the same account. nil if none has.
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
  /// Registers what a participant file reveals of the account, unless no run of this kind of provider collects the
  /// participant.
  mutating func note(_ file: ParticipantFile, for filter: ParticipantStore.Filter) {
    guard file.collection != .withdrawn, file.oauthType.map({ $0 == filter.oauthType }) ?? true else { return }
    if let account = file.account ?? file.token.account { note(.account(account), of: file.participant) }
    if !file.token.isAbsent { note(.refreshToken(file.token.refreshTokenDigest), of: file.participant) }
  }
}
