import FlowCore
import StudyModel

/// Provides live access tokens: executes the decisions of `TokenKeeper`, with at most one refresh in flight per
/// participant.
///
/// A refresh runs in its own task (`SingleFlight`): its caller may be cancelled, but a request that was sent is always
/// completed and its answer made durable. `close` ends the waits between requests and waits for the requests in flight.
package final class AccessTokens: Sendable {
  /// Sends one token request for a participant and returns its outcome.
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

  /// A live access token, durable in the participant file. `refused` is a token that the provider has just rejected: it
  /// is replaced unless another caller has already done so. Throws `ProcessorError`, `StopRun`, and `CancellationError`
  /// as soon as the caller is cancelled, while the refresh continues; no message contains a token.
  package func accessToken(for participant: String, insteadOf refused: String? = nil) async throws -> String {
    let held = try await store.require(participant)
    if let token = usable(held, insteadOf: refused) {
      bench.trial(participant)
      return token
    }
    let landing = try await obtained(participant, insteadOf: refused)
    // A caller that joined another's flight may get back the token it found refused. It then starts one flight of its
    // own and accepts the result, so that a provider that returns the same access token again does not cause an endless
    // loop.
    if landing.value != refused || landing.isOwn { return landing.value }
    return try await obtained(participant, insteadOf: refused).value
  }

  private func obtained(_ participant: String, insteadOf refused: String?) async throws -> SingleFlight<String>.Landing {
    try await flights.run(participant) { interruption in
      // Whatever the result, the bench no longer waits for this participant's first answer.
      defer { self.bench.settle(participant) }
      return try await self.obtain(participant, insteadOf: refused, interruption)
    }
  }

  /// Records that the provider answered a signed request with data, which proves that it accepts this application's
  /// tokens.
  package func noteServed() { bench.serve() }

  /// Waits until the participant has no refresh in flight.
  package func idle(_ participant: String) async { await flights.idle(participant) }

  /// Ends waits, then waits for token requests in flight, because their responses cannot be requested again. Each takes
  /// at most `Schedule.requestTimeout`.
  package func close() async {
    interrupt()
    if flights.count > 0 { log("waiting for responses to token requests", ["count": "\(flights.count)"]) }
    await flights.idle()
  }

  /// Ends current and future waits between token requests. Requests in flight are still answered.
  func interrupt() { flights.interrupt() }

  private func usable(_ held: HeldParticipant, insteadOf refused: String?) -> String? {
    let keeper = TokenKeeper(record: held.known.token, asker: asker, schedule: schedule)
    guard held.pending == nil, let token = held.liveAccessToken(now: time.now, monotonic: time.monotonic), token != refused,
      keeper.begin(isLive: true, expectedAccount: held.known.expectedAccount, isInDoubt: held.isInDoubt) == .use
    else { return nil }
    if held.known.token.isRefused(to: asker), warned.withLock({ $0.insert(held.file.participant).inserted }) {
      log(
        "the refresh token is refused: collecting with the access token until it expires; the participant must consent again",
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
    // Terminates: the keeper makes at most one more request than its schedule has waits.
    while true {
      switch action {
      case .use: throw StopRun(.failed, .internal, "a refresh ended without a new access token")
      case .journal:
        try await store.checkLease(of: participant)
        let now = time.now
        try await store.journal(participant, asked: now, waits: Self.waitsToJournal, interruption)
        // If a person has put a new refresh token into the file, the journalled intent is void: start over with the new
        // token.
        guard store.held(participant)?.file.token.refreshToken == record.refreshToken else {
          return try await obtain(participant, insteadOf: refused, interruption)
        }
        start = time.monotonic
        action = keeper.journalled()
      case .request:
        try await forgettingIntent(of: participant, keeper) {
          try await store.makeSureOfRoom(for: participant, interruption, waits: Self.waitsToJournal)
        }
        guard !interruption.isInterrupted, !bench.isEverybody else {
          action = .conclude(bench.isEverybody ? .stop(words.everybodyRefused(bench.refused)) : .interrupted)
          continue
        }
        // Another run may have the participant now: a token is spent by its holder only.
        try await forgettingIntent(of: participant, keeper) { try await store.checkLease(of: participant) }
        // Four refusals say nothing while the answer to another request may be different.
        bench.trial(participant)
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

  /// Runs a check before a token is sent. If it throws, nothing was sent, and the intent says nothing unless it is of an earlier run.
  private func forgettingIntent(of participant: String, _ keeper: TokenKeeper, _ check: () async throws -> Void) async throws {
    do {
      try await check()
    } catch {
      if keeper.mayForgetIntent { store.note(participant) { $0.notes.clearsIntent = true } }
      throw error
    }
  }

  /// Makes the new tokens durable; nothing uses them before.
  private func keep(
    _ answer: TokenAnswer, of participant: String, sent: Duration, _ interruption: Interruption
  ) async throws -> String {
    let margin = answer.lifetime.map { min(HeldParticipant.margin, $0 / 2) } ?? .zero
    let deadline = HeldParticipant.AccessDeadline(
      accessToken: answer.accessToken, end: answer.lifetime.map { sent + $0 }, margin: margin)
    let obtained = HeldParticipant.ObtainedToken(answer: answer, obtained: time.now, deadline: deadline)
    store.note(participant) { $0.pending = obtained }
    // Before the file is written, which may take longer than others' refusals.
    bench.serve()
    try await persist(participant, waits: Self.waitsToKeepPair, interruption) { file in
      file.account = file.account ?? answer.account
    }
    let held = try await store.require(participant)
    if let error = foreignAccount(held) { throw error }
    return answer.accessToken
  }

  private func foreignAccount(_ held: HeldParticipant) -> ProcessorError? {
    guard let account = held.file.token.account, let expected = held.file.expectedAccount, account != expected else { return nil }
    return error(.needsConsent, held.file.participant, words.otherAccount)
  }

  // MARK: Verdicts

  /// Makes the verdict durable if the next run must know it, and returns the error to throw.
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
      // A host that was paused sends late what another has used up meanwhile: that says nothing about the consent.
      do { try await store.checkLease(of: participant) } catch { return error }
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
      // The access token used instead has just been refused as well: the next run must not try it again.
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
