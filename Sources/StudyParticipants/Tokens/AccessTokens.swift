import FlowCore
import StudyModel

/// Sees to live access tokens: acts out what `TokenKeeper` decides, one refresh at a time per participant.
///
/// A refresh runs in a task of its own (`SingleFlight`): who asked for it may be cancelled, a request that has left is answered, and its
/// answer is made durable. `close` ends the waits between requests and waits for the rest.
package final class AccessTokens: Sendable {
  /// Sends one token request for a participant, and says what came of it.
  package typealias Request = @Sendable (_ participant: String, _ refreshToken: String) async -> TokenKeeper.Outcome

  private let store: ParticipantStore
  private let asker: TokenAsker
  private let time: any TimeSource
  private let schedule: TokenKeeper.Schedule
  private let request: Request
  private let flights: SingleFlight<String>
  private let bench: RefusalBench
  private let words: TokenWords
  private let log: @Sendable (_ message: String, _ metadata: [String: String]) -> Void
  private let warned = Locked<Set<String>>([])

  package init(
    store: ParticipantStore, asker: TokenAsker, title: String, environment: RuntimeEnvironment, schedule: TokenKeeper.Schedule = .init(),
    request: @escaping Request
  ) {
    self.store = store
    self.asker = asker
    time = environment.time
    log = environment.log
    self.schedule = schedule
    self.request = request
    flights = SingleFlight(time: environment.time, executor: environment.executor)
    bench = RefusalBench(store: store, register: environment.participants)
    words = TokenWords(asker: asker, title: title)
  }

  /// A live access token, durable in the participant file. `refused` is one that the provider has just turned down: another is
  /// obtained unless somebody already has. Throws `ProcessorError`, `StopRun`, and `CancellationError` as soon as the caller is cancelled,
  /// while the refresh goes on; no message holds a token.
  package func accessToken(for participant: String, insteadOf refused: String? = nil) async throws -> String {
    let held = try await store.require(participant)
    if let token = usable(held, insteadOf: refused) {
      bench.trial(participant)
      return token
    }
    let landing = try await obtained(participant, insteadOf: refused)
    // Who joined a flight that found the refused token good enough has one of his own, and takes what that gives: a provider that hands
    // out the same access token again is not asked without end.
    if landing.value != refused || landing.isOwn { return landing.value }
    return try await obtained(participant, insteadOf: refused).value
  }

  private func obtained(_ participant: String, insteadOf refused: String?) async throws -> SingleFlight<String>.Landing {
    try await flights.run(participant) { interruption in
      // Whatever comes of it, nobody waits for this participant's first answer any longer.
      defer { self.bench.settle(participant) }
      return try await self.obtain(participant, insteadOf: refused, interruption)
    }
  }

  /// Notes that the provider has answered somebody's signed request with data: tokens of this application are good here.
  package func noteServed() { bench.serve() }

  /// Waits until no refresh of the participant is under way.
  package func idle(_ participant: String) async { await flights.idle(participant) }

  /// Ends waits, and waits for the token requests that are under way: an answer may be the only one of its kind. Each takes
  /// `Schedule.requestTimeout` at most.
  package func close() async {
    interrupt()
    if flights.count > 0 { log("waiting for the answers to token requests", ["count": "\(flights.count)"]) }
    await flights.idle()
  }

  /// Ends waits between token requests, now and from now on. What has left is still answered.
  func interrupt() { flights.interrupt() }

  private func usable(_ held: HeldParticipant, insteadOf refused: String?) -> String? {
    let keeper = TokenKeeper(record: held.known.token, asker: asker, schedule: schedule)
    guard held.pending == nil, let token = held.liveAccessToken(now: time.now, monotonic: time.monotonic), token != refused,
      keeper.begin(isLive: true, expectedAccount: held.known.expectedAccount, isInDoubt: held.isInDoubt) == .use
    else { return nil }
    if held.known.token.isRefused(to: asker), warned.withLock({ $0.insert(held.file.participant).inserted }) {
      log(
        "the refresh token is refused: collected with the access token while that lives; the participant must consent again",
        ["participant": held.file.participant, "until": held.file.token.accessTokenExpires?.text ?? "it is refused"])
    }
    return token
  }

  private func obtain(_ participant: String, insteadOf refused: String?, _ interruption: Interruption) async throws -> String {
    var held = try await store.require(participant)
    if held.pending != nil {
      try await persist(participant, waits: Self.waitsToKeepPair, interruption)
      held = try await store.require(participant)
    }
    if let token = usable(held, insteadOf: refused) { return token }
    let record = held.known.token
    var keeper = TokenKeeper(record: record, asker: asker, schedule: schedule)
    var action = keeper.begin(
      isLive: false, expectedAccount: held.known.expectedAccount, isInDoubt: held.isInDoubt,
      ineffectiveRefreshes: refused == nil ? 0 : held.ineffectiveRefreshes)
    var start = time.monotonic
    // Ends: a keeper asks as often as its schedule has waits, and once more.
    while true {
      switch action {
      case .use: throw StopRun(.failed, .internal, "a refresh ended without a new access token")
      case .journal:
        let now = time.now
        try await persist(participant, waits: Self.waitsToJournal, interruption) { $0.token.asked = now }
        // A person may have put a new refresh token into the file: the intent is void, and the way begins anew with that one.
        guard store.held(participant)?.file.token.refreshToken == record.refreshToken else {
          return try await obtain(participant, insteadOf: refused, interruption)
        }
        start = time.monotonic
        action = keeper.journalled()
      case .request:
        guard !interruption.isInterrupted, !bench.isEverybody else {
          action = .conclude(bench.isEverybody ? .stop(words.everybodyRefused(bench.refused)) : .interrupted)
          continue
        }
        let sent = time.monotonic
        action = keeper.received(await request(participant, record.refreshToken), elapsed: time.monotonic - start)
        if case .store(let answer) = action { return try await keep(answer, of: participant, sent: sent, interruption) }
      case .wait(let delay):
        await interruption.sleep(for: delay)
        action = keeper.waited()
      case .store(let answer): return try await keep(answer, of: participant, sent: start, interruption)
      case .conclude(let verdict):
        if keeper.mayForgetIntent { store.note(participant) { $0.notes.clearsIntent = true } }
        throw try await conclude(verdict, of: participant, insteadOf: refused, interruption)
      }
    }
  }

  /// Makes the new pair durable; until it is, nobody gets to see it.
  private func keep(
    _ answer: TokenAnswer, of participant: String, sent: Duration, _ interruption: Interruption
  ) async throws -> String {
    let margin = answer.lifetime.map { min(HeldParticipant.margin, $0 / 2) } ?? .zero
    let deadline = HeldParticipant.AccessDeadline(
      accessToken: answer.accessToken, end: answer.lifetime.map { sent + $0 }, margin: margin)
    let obtained = HeldParticipant.ObtainedToken(answer: answer, obtained: time.now, deadline: deadline)
    store.note(participant) { $0.pending = obtained }
    try await persist(participant, waits: Self.waitsToKeepPair, interruption) { file in
      file.account = file.account ?? answer.account
    }
    bench.serve()
    let held = try await store.require(participant)
    if let error = foreignAccount(held) { throw error }
    return answer.accessToken
  }

  private func foreignAccount(_ held: HeldParticipant) -> ProcessorError? {
    guard let account = held.file.token.account, let expected = held.file.expectedAccount, account != expected else { return nil }
    return error(.needsConsent, held.file.participant, words.otherAccount)
  }

  // MARK: Verdicts

  /// Notes a verdict durably where the next run must know, and returns the error that tells of it.
  private func conclude(
    _ verdict: TokenKeeper.Verdict, of participant: String, insteadOf refused: String?, _ interruption: Interruption
  ) async throws -> any Error {
    let now = time.now
    switch verdict {
    case .inDoubt(let reason):
      store.note(participant) { $0.isInDoubt = true }
      try await persist(participant, waits: Self.waitsToJournal, interruption) { $0.token.become(.inDoubt, at: now) }
      return error(.tokenInDoubt, participant, words.inDoubt(reason))
    case .stillInDoubt: return error(.tokenInDoubt, participant, words.stillInDoubt)
    case .needsConsent:
      switch await bench.verdict(on: participant, interruption) {
      case .everybody: return words.everybodyRefused(bench.refused)
      case .open: return error(.tokenInDoubt, participant, words.interrupted)
      case .own: break
      }
      let asker = asker
      try await persist(participant, waits: Self.waitsToJournal, interruption) { file in
        file.token.refuse(to: asker, at: now)
        file.token.dropAccessToken(refused)
      }
      return error(.needsConsent, participant, words.refused)
    case .stillNeedsConsent:
      if let record = store.held(participant)?.file.token, record.isAbsent { return error(.needsConsent, participant, words.neverConsented) }
      // The access token that was used in its place has just been refused as well: the next run need not try it.
      if refused != nil { try await persist(participant, waits: Self.waitsToJournal, interruption) { $0.token.dropAccessToken(refused) } }
      return error(.needsConsent, participant, words.refused)
    case .otherAccount: return error(.needsConsent, participant, words.otherAccount)
    case .refreshIneffective: return error(.serverError, participant, words.refreshIneffective)
    case .unreachable(let reason): return error(.connection, participant, words.unreachable(reason))
    case .interrupted: return error(.tokenInDoubt, participant, words.interrupted)
    case .rejected(let failure): return ProcessorError(failure)
    case .stop(let stop): return stop
    }
  }

  private func error(_ cause: Cause, _ participant: String, _ words: String) -> ProcessorError {
    ProcessorError(cause, "participant \(participant): \(words) (\(store.path(of: participant)))")
  }

  // MARK: Writing

  private static let waitsToJournal = ParticipantStore.waitsToWrite
  private static let waitsToKeepPair = ParticipantStore.waitsToKeepTokens

  private func persist(
    _ participant: String, waits: [Duration], _ interruption: Interruption,
    _ change: @escaping @Sendable (inout ParticipantFile) -> Void = { _ in }
  ) async throws {
    try await store.persist(participant, waits: waits, interruption, change)
  }
}
