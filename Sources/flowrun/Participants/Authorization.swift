import ArgumentParser
import FlowCore
import FlowRuntime
import StudyModel
import StudyParticipants
import StudyProcessors

/// A participant's consent, from the link to the participant file.
struct Authorization: Sendable {
  struct Request: Sendable {
    var participant: String
    /// Start of the history of a participant that has no file yet.
    var enrolled: Instant
    /// Port on 127.0.0.1 to which the provider sends the browser back.
    var port: Int
    var timeout: Duration
    /// The provider's page; nil: the usual one.
    var page: String?
    var takesOtherAccount: Bool
    /// The provider is the bundled simulator, which lives as long as the command.
    var isBundled: Bool
    /// State folder.
    var state: String
  }

  struct Report: Encodable {
    var participant: String
    var file: String
    /// There was no file before.
    var created: Bool
    /// What the consent covers, in the flow's words; nil: the provider did not say.
    var granted: [String]?
    /// What the flow asks for and the consent does not cover.
    var refused: [String]
    /// `active`, `paused`.
    var state: String
  }

  let batch: ParticipantBatch
  let request: Request
  let terminal: Terminal

  private var provider: OAuthProvider { batch.provider }
  private var participant: String { request.participant }
  private var intents: ConsentIntents {
    ConsentIntents(folder: request.state + "/consent", batch: batch.graph.name + " " + batch.store.path, environment: batch.environment)
  }
  private var scopes: [String] { ConsentScopes.needed(by: batch.graph) }

  // MARK: Ways

  /// Prints the link, waits for the browser, and stores what comes of it.
  func waitForBrowser(_ showLink: @Sendable (String) -> Void) async throws -> Report {
    try await whileHeld {
      let answers = ConsentAnswers()
      let listener = try await ConsentListener(port: request.port) { query in answers.page(for: query) }
      let (answer, intent): (ConsentAnswer, ConsentIntent)
      do {
        (answer, intent) = try await wait(for: answers, at: listener.redirectURI, showLink)
      } catch {
        try? await listener.close()
        throw error
      }
      try await listener.close()
      return try await finish(answer, intent)
    }
  }

  private func wait(
    for answers: ConsentAnswers, at redirectURI: String, _ showLink: @Sendable (String) -> Void
  ) async throws -> (ConsentAnswer, ConsentIntent) {
    let intent = try await begin(redirectURI: redirectURI)
    answers.expect(state: intent.state)
    let answer = try await answers.first(within: request.timeout, time: batch.environment.time) {
      showLink(link(intent))
      terminal.note("waiting for the answer on \(redirectURI), at most \(Int(request.timeout.inSeconds)) s")
    }
    guard let answer else {
      terminal.complain(
        "error: nobody answered in time; nothing was changed: run it again, or give the address that the browser was sent to to --code")
      throw ExitCode.retryableLeft
    }
    return (answer, intent)
  }

  /// The link alone, for a browser on another machine; `--code` goes on from there.
  func linkOnly() async throws -> String {
    guard request.port > 0 else { throw ValidationError("--link-only needs the --port that the redirect is to name") }
    guard !request.isBundled else {
      throw ValidationError(
        "--link-only with api=simulator: the bundled simulator ends with this command, so nobody would answer the link; leave out --link-only, "
          + "or run 'flowrun simulate' in another terminal and give its address with -p api=http://127.0.0.1:PORT")
    }
    return try await whileHeld { link(try await begin(redirectURI: "http://127.0.0.1:\(request.port)/")) }
  }

  /// Goes on with a code, or the whole address to which the browser was sent.
  func continueWithCode(_ text: String) async throws -> Report {
    try await whileHeld {
      guard let intent = try await intents.read(participant) else {
        terminal.complain(
          "error: no consent of \(participant) is under way in \(request.state)/consent; expected a link that was asked for before: "
            + "flowrun authorize, or the --state folder that it was given")
        throw ExitCode.usage
      }
      return try await finish(ConsentAnswer(copied: text, state: intent.state), intent)
    }
  }

  // MARK: Steps

  private func begin(redirectURI: String) async throws -> ConsentIntent {
    let environment = batch.environment
    let intent = ConsentIntent(
      participant: participant, redirectURI: redirectURI, random: environment.random, now: environment.time.now)
    try await intents.write(intent)
    return intent
  }

  private func link(_ intent: ConsentIntent) -> String { provider.consentLink(intent, scopes: scopes, page: request.page) }

  private func finish(_ answer: ConsentAnswer, _ intent: ConsentIntent) async throws -> Report {
    switch answer {
    case .code(let code):
      let report = try await whileSignalsWait { try await store(try await provider.exchange(code, of: intent)) }
      try await intents.remove(participant)
      return report
    case .refused(let word):
      try await intents.remove(participant)
      let words = word == "access_denied" ? "the participant did not consent (access_denied)" : "the provider answers \(word)"
      throw ProcessorError(.needsConsent, "participant \(participant): \(words); nothing was changed")
    case .foreign:
      throw ProcessorError(
        .needsConsent, "participant \(participant): the answer belongs to another request (its state is not the one that was asked with); "
          + "nothing was changed: give the address of the last link's answer, or ask for a new link")
    case .nothing:
      throw ValidationError("--code has no code; expected the code, or the whole address to which the browser was sent")
    }
  }

  /// A code is good for one answer, and its answer for one consent: a signal ends the repeats, and what is under way is stored first.
  private func whileSignalsWait<Value>(_ body: () async throws -> Value) async throws -> Value {
    let signals = Signals(
      stop: {
        terminal.note("stopping: the code's answer is stored first")
        provider.stopWaiting()
      }, stopNow: {})
    await signals.installed()
    defer { withExtendedLifetime(signals) {} }
    return try await body()
  }

  /// The tokens are durable before it is asked whose account they open: the code is used up, and nothing may cost the consent any more.
  private func store(_ given: TokenAnswer) async throws -> Report {
    let now = batch.environment.time.now
    guard given.account == nil, provider.tellsIdentity else {
      try await refuseShared(given)
      return try await provider.patiently { try await keep(given, former: nil, at: now) }
    }
    let before = try await provider.patiently { try await batch.store.file(of: participant) }
    var report = try await provider.patiently { try await keep(given, former: nil, at: now) }
    guard let identity = await identity(behind: given) else { return report }
    var answer = given
    answer.account = identity.id
    do {
      try await refuseShared(answer)
      let wasCreated = report.created
      report = try await provider.patiently { [answer] in try await keep(answer, former: identity.legacyID, before, at: now) }
      report.created = wasCreated
      return report
    } catch let error as ProcessorError where error.failure.cause == .needsConsent {
      try await provider.patiently { try await batch.store.restore(participant, before) }
      throw error
    }
  }

  /// Writes the tokens of a consent into the participant's file, which is made where there is none.
  /// - Parameter before: what the file held before this consent, where that is to be compared with.
  private func keep(_ answer: TokenAnswer, former: String?, _ before: ParticipantFile? = nil, at now: Instant) async throws -> Report {
    let oauthType = provider.wire.oauthType
    let takesOtherAccount = request.takesOtherAccount
    var report = Report(participant: participant, file: batch.store.path(of: participant), created: false, refused: [], state: "active")
    report.granted = answer.scopes
    let asked = provider.consentScopes(scopes)
    report.refused = answer.scopes.map { granted in asked.filter { !granted.contains($0) } } ?? []
    if try batch.environment.fileSystem.status(report.file) == nil {
      var file = try newFile()
      try file.take(answer, former: former, oauthType: oauthType, takesOtherAccount: takesOtherAccount, at: now)
      guard case .done(true) = try await batch.store.create(file) else { throw appeared }
      report.created = true
      return report
    }
    let changed = try await batch.store.change(participant) { file in
      if let before { file = before }
      try file.take(answer, former: former, oauthType: oauthType, takesOtherAccount: takesOtherAccount, at: now)
      return file.collection.rawValue
    }
    guard case .done(let state) = changed else { throw appeared }
    report.state = state
    return report
  }

  /// Whose account the tokens open; nil: it could not be asked, or the provider does not tell. The next run asks then, before anything else.
  private func identity(behind answer: TokenAnswer) async -> AccountIdentity? {
    do {
      return try await provider.identity(behind: answer.accessToken, of: participant)
    } catch {
      terminal.note("warning: whose account it is could not be asked (\(Self.words(error))); the next run asks first")
      return nil
    }
  }

  /// Throws where another participant has the account. Where the batch cannot be looked through now, the next run does so.
  private func refuseShared(_ answer: TokenAnswer) async throws {
    guard let account = answer.account else { return }
    let holders: [String]
    do {
      holders = try await provider.patiently { try await batch.store.holders(of: account, otherThan: participant) }
    } catch {
      return terminal.note(
        "warning: whether another participant has the account could not be seen (\(Self.words(error))); the next run looks first")
    }
    guard !holders.isEmpty else { return }
    let kept = await giveBack(answer, to: holders)
    throw ProcessorError(
      .needsConsent,
      "participant \(participant): the consent is of account \(account), which participant \(holders.joined(separator: ", ")) has; \(kept): one "
        + "account serves one participant of a batch; consent signed in as \(participant), or withdraw the other one first (flowrun participants withdraw)")
  }

  /// A provider may void the older tokens of an account that it gives new ones for: these go to whom the account belongs. Says what came of it.
  private func giveBack(_ answer: TokenAnswer, to holders: [String]) async -> String {
    let now = batch.environment.time.now
    let oauthType = provider.wire.oauthType
    guard let holder = holders.first, holders.count == 1 else { return "nothing was changed" }
    let trouble = "nothing was changed, and \(holder) may have to consent again, for its older tokens may be void"
    do {
      guard try await batch.store.reserve(holder) else { return trouble + " (a run has it now)" }
      let changed = try await provider.patiently {
        try await batch.store.change(holder) { try $0.take(answer, oauthType: oauthType, takesOtherAccount: false, at: now) }
      }
      try await batch.store.letGo(holder)
      guard case .done = changed else { return trouble }
      return "\(participant) was left as it is, and the new tokens are \(holder)'s"
    } catch {
      return trouble + " (\(Self.words(error)))"
    }
  }

  private static func words(_ error: any Error) -> String {
    switch error {
    case let error as TransportError: error.message
    case let error as ProcessorError: error.failure.message
    default: "\(error)"
    }
  }

  private var appeared: StopRun {
    StopRun(.failed, .internal, "the file of \(participant) changed although its lock was held; consent again: flowrun authorize")
  }

  private func newFile() throws -> ParticipantFile {
    try ParticipantFile(
      enrolling: Enrolment(participant: participant, enrolled: request.enrolled), isSimulated: batch.isSimulated,
      path: batch.store.path(of: participant))
  }

  // MARK: Before anything is asked

  /// Runs `body` while no run has the participant.
  private func whileHeld<Value>(_ body: () async throws -> Value) async throws -> Value {
    try await batch.store.makeFolder()
    try await batch.store.checkBatch()
    try await batch.store.checkKey()
    guard try await batch.store.reserve(participant) else {
      terminal.complain("held by another run: \(participant); authorize when that run has ended")
      throw ExitCode.retryableLeft
    }
    do {
      try await check()
      let value = try await body()
      try await batch.store.letGo(participant)
      return value
    } catch {
      try? await batch.store.letGo(participant)
      throw error
    }
  }

  private func check() async throws {
    guard let standing = try await batch.store.standings().first(where: { $0.participant == participant }) else { return }
    if let problem = standing.problem { throw ProcessorError(.badParticipantFile, problem) }
    guard standing.collection != .withdrawn else {
      terminal.complain(
        "error: participant \(participant) is withdrawn; where the participant wants to take part again: flowrun participants resume --withdrawn, "
          + "then flowrun authorize")
      throw ExitCode.usage
    }
  }
}

/// The browser's answers, until the first one that belongs to the request.
private final class ConsentAnswers: Sendable {
  private struct State {
    var expected: String?
    var isAnswered = false
  }
  private let state = Locked(State())
  private let answers: AsyncStream<ConsentAnswer?>
  private let answer: AsyncStream<ConsentAnswer?>.Continuation

  init() { (answers, answer) = AsyncStream.makeStream(of: ConsentAnswer?.self) }

  func expect(state expected: String) { state.withLock { $0.expected = expected } }

  /// What the browser is shown; an answer to the request ends the wait.
  func page(for query: String?) -> ConsentListener.Page {
    let (expected, isAnswered) = state.withLock { ($0.expected, $0.isAnswered) }
    let found = expected.map { ConsentAnswer(query: query, state: $0) } ?? .foreign
    switch found {
    case .nothing:
      return .init(status: 400, title: "No answer", text: "This address is for the provider's answer, and there is none in it.")
    case .foreign:
      return .init(
        status: 400, title: "Another request's answer", text: "This answer does not belong to the link that flowrun is waiting for. Nothing was changed.")
    case .code where isAnswered, .refused where isAnswered:
      return .init(status: 200, title: "Answered already", text: "You can close this window.")
    case .code:
      return end(found, "Thank you", "The consent has arrived. You can close this window.")
    case .refused:
      return end(found, "No consent", "No data will be collected with it. You can close this window.")
    }
  }

  private func end(_ found: ConsentAnswer, _ title: String, _ text: String) -> ConsentListener.Page {
    state.withLock { $0.isAnswered = true }
    return .init(status: 200, title: title, text: text) { [answer] in answer.yield(found) }
  }

  /// Waits for it; `ready` is called once a signal ends the wait. Throws the exit code when one came; nil: the time is over.
  func first(within limit: Duration, time: any TimeSource, ready: () -> Void) async throws -> ConsentAnswer? {
    let timer = time.schedule(after: limit) { [answer] in answer.yield(nil) }
    let interrupted = Locked(false)
    let signals = Signals(
      stop: { [answer] in
        interrupted.withLock { $0 = true }
        answer.yield(nil)
      }, stopNow: {})
    defer { timer.cancel() }
    await signals.installed()
    ready()
    for await found in answers {
      if let found { return found }
      break
    }
    if interrupted.withLock({ $0 }) { throw ExitCode(128 + (signals.first ?? 2)) }
    return nil
  }
}
