import FlowCore
import StudyModel

/// How a run would begin with a participant, as far as the participant's file tells. Contains no token.
package struct ParticipantOutlook: Sendable {
  package enum Standing: Sendable, Equatable {
    /// The run asks the provider.
    case asked
    /// Paused, withdrawn, or with another provider.
    case skipped(reason: String)
    case needsConsent
    /// The file can be read, and a run asks nothing for it: it shares its account with another participant, or its dates are impossible.
    case refused(problem: String)
    case unreadable(problem: String)
  }

  package var participant: String
  package var standing: Standing
  /// Start of the wanted history; nil if the file cannot be read.
  package var enrolled: Instant?
  package var zone: String?
  /// The latest sync ever found; nil if there was none.
  package var latestSync: Instant?
  /// The last time, there was nothing to collect: no tracker, one that never synced, or a sync earlier than one before.
  package var hadNothing = false
  /// Whether the access token has to be renewed first.
  package var renewsToken = false
  /// Whether the provider is asked for the token's account first.
  package var asksIdentity = false
  private var token: TokenRecord?

  init(_ participant: String, _ standing: Standing) {
    self.participant = participant
    self.standing = standing
  }

  /// - Parameter file: readable.
  fileprivate init(_ file: ParticipantFile, _ standing: Standing, renewsToken: Bool, asksIdentity: Bool) {
    self.init(file.participant, standing)
    enrolled = file.enrolled
    zone = file.zone
    latestSync = file.sync.latest
    hadNothing = file.sync.tracker != nil
    self.renewsToken = renewsToken
    self.asksIdentity = asksIdentity
    token = file.token
  }

  /// False if the consent is known to lack the scope.
  package func isGranted(_ scope: String) -> Bool { token?.isGranted(scope) ?? true }
}

extension OAuthProvider {
  /// The outlook of every participant, sorted by name. The store's `checkBatch` must have been called before: it finds accounts that are shared. Reads files only: takes no lock, writes nothing. Throws `StopRun` if the folder does not exist,
  /// and `Diagnostics` if files are encrypted and the key opens none of them.
  package func outlooks() async throws -> [ParticipantOutlook] {
    var outlooks: [ParticipantOutlook] = []
    for status in try await store.statuses() {
      if let problem = status.problem {
        outlooks.append(ParticipantOutlook(status.participant, .unreadable(problem: problem)))
        continue
      }
      guard let file = try await store.file(of: status.participant) else { continue }
      outlooks.append(try outlook(of: file, status))
    }
    return outlooks
  }

  private func outlook(of file: ParticipantFile, _ status: ParticipantStatus) throws -> ParticipantOutlook {
    var file = file
    file.token.forgetAnswer(ofOtherThan: wire.oauthType)
    if let reason = try store.filter.reasonToSkip(file, path: store.path(of: file.participant)) {
      return ParticipantOutlook(file.participant, .skipped(reason: reason))
    }
    if let refusal = store.refusal(of: file) { return ParticipantOutlook(file.participant, .refused(problem: refusal.failure.message)) }
    // A token that is refused serves as long as the access token lasts.
    let isLive = HeldParticipant(file: file).liveAccessToken(now: time.now, monotonic: time.monotonic) != nil && status.tokenState != .inDoubt
    let needsConsent = status.needsConsent(for: wire.oauthType) && (!isLive || file.token.isAbsent)
    return ParticipantOutlook(
      file, needsConsent ? .needsConsent : .asked, renewsToken: !isLive, asksIdentity: wire.identityPath != nil && file.token.account == nil)
  }
}
