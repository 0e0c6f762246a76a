import FlowCore

/// Sees to live access tokens: acts out what `TokenKeeper` decides, one refresh at a time per participant.
package final class AccessTokens: Sendable {
  /// Sends one token request for a participant, and says what came of it.
  package typealias Request = @Sendable (_ participant: String, _ refreshToken: String) async -> TokenKeeper.Outcome

  private let store: ParticipantStore
  private let time: any TimeSource
  private let schedule: TokenKeeper.Schedule
  private let interruption: Interruption
  private let request: Request
  private let flights = SingleFlight<String>()

  package init(
    store: ParticipantStore, time: any TimeSource, schedule: TokenKeeper.Schedule = .init(), interruption: Interruption,
    request: @escaping Request
  ) {
    self.store = store
    self.time = time
    self.schedule = schedule
    self.interruption = interruption
    self.request = request
  }

  /// A live access token, durable in the participant file. `refused` is one that the provider has just turned down: another is
  /// obtained unless somebody already has. Throws `ProcessorError` and `StopRun`; no message holds a token.
  package func accessToken(for participant: String, insteadOf refused: String? = nil) async throws -> String {
    while true {
      let held = try await store.require(participant)
      if let token = usable(held, insteadOf: refused) { return token }
      let token = try await flights.run(participant) { try await self.obtain(participant, insteadOf: refused) }
      // Whoever joined a flight that found the refused token good enough starts one of his own.
      if token != refused { return token }
    }
  }

  /// Waits until no refresh of the participant is under way.
  package func idle(_ participant: String) async { await flights.idle(participant) }
  package func idle() async { await flights.idle() }

  private func usable(_ held: HeldParticipant, insteadOf refused: String?) -> String? {
    let keeper = TokenKeeper(record: held.known.token, schedule: schedule)
    guard held.pending == nil, let token = held.liveAccessToken(now: time.now, monotonic: time.monotonic), token != refused,
      keeper.begin(isLive: true, expectedAccount: held.known.account, isInDoubt: held.isInDoubt) == .use
    else { return nil }
    return token
  }

  private func obtain(_ participant: String, insteadOf refused: String?) async throws -> String {
    var held = try await store.require(participant)
    if held.pending != nil {
      try await persist(participant, waits: Self.waitsToKeepPair)
      held = try await store.require(participant)
    }
    if let token = usable(held, insteadOf: refused) { return token }
    let record = held.known.token
    var keeper = TokenKeeper(record: record, schedule: schedule)
    var action = keeper.begin(isLive: false, expectedAccount: held.known.account, isInDoubt: held.isInDoubt)
    var start = time.monotonic
    while true {
      switch action {
      case .use: throw StopRun(.failed, .internal, "a refresh ended without a new access token")
      case .journal:
        let now = time.now
        try await persist(participant, waits: Self.waitsToJournal) { $0.token.asked = now }
        // A person may have put a new refresh token into the file: the intent is void, and the way begins anew with that one.
        guard store.held(participant)?.file.token.refreshToken == record.refreshToken else {
          return try await obtain(participant, insteadOf: refused)
        }
        start = time.monotonic
        action = keeper.journalled()
      case .request:
        guard !interruption.isInterrupted else {
          action = .conclude(.interrupted)
          continue
        }
        let sent = time.monotonic
        action = keeper.received(await request(participant, record.refreshToken), elapsed: time.monotonic - start)
        if case .store(let answer) = action { return try await keep(answer, of: participant, sent: sent) }
      case .wait(let delay):
        await interruption.sleep(for: delay)
        action = keeper.waited()
      case .store(let answer): return try await keep(answer, of: participant, sent: start)
      case .conclude(let verdict):
        if keeper.mayForgetIntent { store.note(participant) { $0.notes.clearsIntent = true } }
        throw try await conclude(verdict, of: participant)
      }
    }
  }

  /// Makes the new pair durable; until it is, nobody gets to see it.
  private func keep(_ answer: TokenAnswer, of participant: String, sent: Duration) async throws -> String {
    let deadline = answer.lifetime.map { lifetime in
      HeldParticipant.AccessDeadline(
        accessToken: answer.accessToken, end: sent + lifetime, margin: min(HeldParticipant.margin, lifetime / 2))
    }
    let obtained = HeldParticipant.ObtainedToken(answer: answer, obtained: time.now, deadline: deadline)
    store.note(participant) { $0.pending = obtained }
    try await persist(participant, waits: Self.waitsToKeepPair) { file in
      file.account = file.account ?? answer.account
    }
    let held = try await store.require(participant)
    if let error = foreignAccount(held) { throw error }
    return answer.accessToken
  }

  private func foreignAccount(_ held: HeldParticipant) -> ProcessorError? {
    guard let account = held.file.token.account, let expected = held.file.account, account != expected else { return nil }
    return error(.needsConsent, held.file.participant, Self.otherAccountWords)
  }

  // MARK: Verdicts

  /// Notes a verdict durably where the next run must know, and returns the error that tells of it.
  private func conclude(_ verdict: TokenKeeper.Verdict, of participant: String) async throws -> any Error {
    let now = time.now
    switch verdict {
    case .inDoubt(let reason):
      store.note(participant) { $0.isInDoubt = true }
      try await persist(participant, waits: Self.waitsToJournal) { $0.token.become(.inDoubt, at: now) }
      return error(
        .tokenInDoubt, participant, "no whole answer to the token request (\(reason)); the next run asks with the same token first")
    case .stillInDoubt:
      return error(.tokenInDoubt, participant, "its token is in doubt; the next run asks with the same token first")
    case .needsConsent:
      try await persist(participant, waits: Self.waitsToJournal) { file in
        file.token.become(.needsConsent, at: now)
        file.token.asked = nil
      }
      return error(.needsConsent, participant, Self.consentWords)
    case .stillNeedsConsent:
      let isNew = store.held(participant)?.file.token.isAbsent ?? false
      return error(.needsConsent, participant, isNew ? Self.neverConsentedWords : Self.consentWords)
    case .otherAccount: return error(.needsConsent, participant, Self.otherAccountWords)
    case .unreachable(let reason):
      return error(.connection, participant, "the provider cannot be reached for a token (\(reason)); nothing was sent")
    case .interrupted: return error(.tokenInDoubt, participant, "the run ended before its token was answered; the next one asks")
    case .rejected(let failure): return ProcessorError(failure)
    case .stop(let stop): return stop
    }
  }

  private func error(_ cause: Cause, _ participant: String, _ words: String) -> ProcessorError {
    ProcessorError(cause, "participant \(participant): \(words) (\(store.path(of: participant)))")
  }

  private static let consentWords =
    "the provider refuses the refresh token (invalid_grant); the participant must consent again: flowrun authorize, or put the new "
    + "refresh token into the participant file"
  private static let neverConsentedWords =
    "there is no refresh token yet: the participant has to consent: flowrun authorize, or put the refresh token into the participant file"
  private static let otherAccountWords =
    "the refresh token belongs to another account than before; put in the participant's own token, or, if the account has changed, "
    + "remove the member user_id"

  // MARK: Writing

  private static let waitsToJournal: [Duration] = [.milliseconds(100), .seconds(1)]
  /// The pair exists only in memory until it is written: worth more patience.
  private static let waitsToKeepPair: [Duration] = [.milliseconds(100), .seconds(1), .seconds(5), .seconds(10)]

  private func persist(
    _ participant: String, waits: [Duration], _ change: @escaping @Sendable (inout ParticipantFile) -> Void = { _ in }
  ) async throws {
    for wait in waits + [.zero] {
      do {
        return try await store.write(participant, change)
      } catch let error as FileSystemError {
        guard wait > .zero else {
          throw StopRun(.failed, .disk, "\(error); participant files cannot be written, and without that no token may be renewed")
        }
        await interruption.sleep(for: wait)
      }
    }
  }
}

extension TokenRecord {
  mutating func become(_ state: TokenState, at now: Instant) {
    if self.state != state || since == nil { since = now }
    self.state = state
  }
}
