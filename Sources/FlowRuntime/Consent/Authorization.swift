import FlowCore
import StudyModel
import StudyParticipants
import StudyProcessors

/// Obtains a participant's consent, from the link to the participant file. Use one value per consent.
///
/// Throws `Diagnostic` and `Diagnostics` if it cannot begin, `CommandRefusal`, `ConsentFailure` if the consent is
/// refused, `ProcessorError` if it cannot be stored, and `StopRun`, also after a signal. Unless documented otherwise, nothing has changed
/// then.
package final class Authorization: Sendable {
  package struct Request: Sendable {
    package var participant: String
    /// Start of the history of a participant without a file; nil for today.
    package var enrolled: Instant?
    /// Port on 127.0.0.1 that the provider redirects the browser to; 0 for any free port.
    package var port: Int
    package var timeout: Duration
    /// The provider's consent page; nil for the default.
    package var page: String?
    package var takesOtherAccount: Bool
    /// The scopes to ask for, by the names used in flows; nil for those that the flow needs.
    package var scopes: [String]?
    /// The state folder.
    package var state: String

    package init(
      participant: String, enrolled: Instant? = nil, port: Int = 0, timeout: Duration = .seconds(600), page: String? = nil,
      takesOtherAccount: Bool = false, scopes: [String]? = nil, state: String
    ) {
      self.participant = participant
      self.enrolled = enrolled
      self.port = port
      self.timeout = timeout
      self.page = page
      self.takesOtherAccount = takesOtherAccount
      self.scopes = scopes
      self.state = state
    }
  }

  package struct Report: Encodable, Sendable, Equatable {
    package var participant: String
    package var file: String
    /// Whether the file is new.
    package var created: Bool
    /// The granted scopes, by the names used in flows; nil if the provider did not list them.
    package var granted: [String]?
    /// Scopes that the flow needs and the consent does not cover.
    package var refused: [String]
    /// `active` or `paused`.
    package var state: String
  }

  /// Progress to report to the user.
  package enum Notice: Sendable, Equatable {
    /// The page that the participant must open.
    case link(String)
    case waiting(redirectURI: String, limit: Duration)
    /// Sent after a signal: the response to the code is still stored.
    case storing
    /// The account of the consent is unknown; the next run checks it first.
    case accountUnknown(reason: String)
    /// It is unknown whether another participant has the account; the next run checks that first.
    case holdersUnknown(reason: String)
    /// The participant's invitation could not be marked as used: its link can be opened until it expires.
    case invitationOpen(reason: String)
  }

  private struct Control {
    var progress = AuthorizationProgress()
    var answers: ConsentAnswers?
    var provider: OAuthProvider?
  }

  private let request: Request
  private let graph: FlowGraph
  private let machine: Machine
  private let tell: @Sendable (Notice) -> Void
  private let control = Locked(Control())

  /// - Parameters:
  ///   - machine: its transport is closed at the end.
  ///   - tell: may be called on any thread.
  package init(_ request: Request, graph: FlowGraph, on machine: Machine, tell: @escaping @Sendable (Notice) -> Void = { _ in }) {
    self.request = request
    self.graph = graph
    self.machine = machine
    self.tell = tell
  }

  // MARK: Entry points

  /// Reports the link, waits for the browser on 127.0.0.1, and stores the result.
  package func waitForBrowser() async throws -> Report {
    try await whileHeld { consent in
      let answers = ConsentAnswers()
      let listener = try await ConsentListener(port: request.port) { query in answers.page(for: query) }
      let (answer, intent) = try await withClosing {
        try await wait(for: answers, at: listener.redirectURI, consent)
      } close: {
        try await listener.close()
      }
      return try await finish(answer, intent, consent)
    }
  }

  /// Returns only the link, for a browser on another machine; `continueWithCode` completes it. The port must be that of
  /// the redirect.
  package func link() async throws -> String {
    precondition(request.port > 0, "a link that another process continues names the port of its redirect")
    return try await whileHeld { consent in
      guard !consent.isBundled else { throw Diagnostics([Self.nobodyAnswers]) }
      return link(try await begin(redirectURI: "http://127.0.0.1:\(request.port)/", consent), consent)
    }
  }

  /// Completes a consent with a code, or with the whole address the browser was redirected to.
  package func continueWithCode(_ text: String) async throws -> Report {
    try await whileHeld { consent in
      guard let intent = try await consent.intents.read(request.participant) else { throw Diagnostics([nothingUnderWay]) }
      return try await finish(ConsentAnswer(copied: text, state: intent.state), intent, consent)
    }
  }

  /// Completes the consent whose request was made elsewhere, such as on a web page.
  /// - Parameter isCurrent: asked while the participant is held, before the code is used: whether the request still waits for its answer. A code
  ///   that is used twice may have the provider revoke the tokens of the first time (RFC 6749, 4.1.2).
  package func complete(_ code: String, of intent: ConsentIntent, ifStill isCurrent: @Sendable () async throws -> Bool) async throws -> Report {
    precondition(intent.participant == request.participant, "a request is completed for its participant")
    return try await whileHeld { consent in
      guard try await isCurrent() else {
        throw ConsentFailure(.foreign, "participant \(intent.participant): the answer was taken already, or belongs to an earlier request; nothing was changed")
      }
      return try await finish(.code(code), intent, consent)
    }
  }

  /// Stops at the next safe point: before the code is exchanged nothing changes; afterwards the received tokens are
  /// stored first.
  package func stop(by signal: Int32) {
    let (action, answers, provider) = control.withLock { control in
      (control.progress.stop(by: signal), control.answers, control.provider)
    }
    switch action {
    case .none: break
    case .endWait: answers?.end()
    case .endRepeats:
      tell(.storing)
      provider?.stopWaiting()
    }
  }

  // MARK: Steps

  private func enter(_ stage: AuthorizationProgress.Stage) throws { try control.withLock { try $0.progress.enter(stage) } }

  private func begin(redirectURI: String, _ consent: ConsentKeeping) async throws -> ConsentIntent {
    let intent = ConsentIntent(participant: request.participant, redirectURI: redirectURI, random: machine.random, now: machine.time.now)
    try await consent.intents.write(intent)
    return intent
  }

  private func link(_ intent: ConsentIntent, _ consent: ConsentKeeping) -> String {
    consent.batch.provider.consentLink(intent, scopes: consent.scopes, page: request.page)
  }

  private func wait(
    for answers: ConsentAnswers, at redirectURI: String, _ consent: ConsentKeeping
  ) async throws -> (ConsentAnswer, ConsentIntent) {
    let intent = try await begin(redirectURI: redirectURI, consent)
    answers.expect(state: intent.state)
    control.withLock { $0.answers = answers }
    try enter(.waiting)
    let answer = await answers.first(within: request.timeout, time: machine.time) {
      tell(.link(link(intent, consent)))
      tell(.waiting(redirectURI: redirectURI, limit: request.timeout))
    }
    if let answer { return (answer, intent) }
    if let early = control.withLock({ $0.progress.early }) { throw early }
    throw CommandRefusal.consentTimeout
  }

  private func finish(_ answer: ConsentAnswer, _ intent: ConsentIntent, _ consent: ConsentKeeping) async throws -> Report {
    let participant = request.participant
    switch answer {
    case .code(let code):
      let report = try await consent.store(try await exchange(code, intent, consent))
      try await consent.intents.remove(participant)
      await closeInvitation(report, consent)
      return report
    case .refused(let word):
      try await consent.intents.remove(participant)
      let words = word == "access_denied" ? "the participant did not consent (access_denied)" : "the provider answers \(word)"
      throw ConsentFailure(word == "access_denied" ? .declined : .providerError, "participant \(participant): \(words); nothing was changed")
    case .foreign:
      throw ConsentFailure(
        .foreign, "participant \(participant): the answer belongs to another request (its state does not match); "
          + "nothing was changed: pass the redirect address of the latest link, or ask for a new link")
    case .nothing:
      throw Diagnostics([Diagnostic(.unknownName, subject: "--code", found: "it contains no code", expected: "the code, or the whole address that the browser was redirected to")])
    }
  }

  /// The tokens are kept already, so a failure is reported and nothing else.
  private func closeInvitation(_ report: Report, _ consent: ConsentKeeping) async {
    let now = consent.batch.now
    do {
      try await consent.batch.store.changeInvitation(of: request.participant) { $0.end(.consented(lacking: report.refused), at: now) }
    } catch {
      tell(.invitationOpen(reason: "\(error)"))
    }
  }

  private func exchange(_ code: String, _ intent: ConsentIntent, _ consent: ConsentKeeping) async throws -> TokenAnswer {
    // The wait for the browser may have been long.
    guard try await consent.batch.store.isStillReserved(request.participant) else { throw heldByAnotherRun }
    try enter(.exchanging)
    do {
      return try await consent.batch.provider.exchange(code, of: intent)
    } catch let error as TransportError where error.kind == .cancelled {
      if let early = control.withLock({ $0.progress.early }) { throw early }
      throw error
    }
  }

  // MARK: Before anything is asked

  /// Runs `body` with everything it needs, while no run can hold the participant.
  private func whileHeld<Value: Sendable>(_ body: (ConsentKeeping) async throws -> Value) async throws -> Value {
    let environment = machine.environment(run: "", flowSHA256: "")
    var simulation: Simulation?
    return try await withClosing {
      simulation = try await Simulation.start(for: graph, environment)
      let batch = try ParticipantBatch(simulation?.graph ?? graph, environment, faultPoint: machine.faultPoint)
      control.withLock { $0.provider = batch.provider }
      try enter(.preparing)
      return try await hold(ConsentKeeping(batch: batch, request: request, isBundled: simulation != nil, tell: tell), body)
    } close: {
      await simulation?.stop()
      try await machine.closeTransport()
    }
  }

  private func hold<Value: Sendable>(_ consent: ConsentKeeping, _ body: (ConsentKeeping) async throws -> Value) async throws -> Value {
    let store = consent.batch.store
    try await store.makeFolder()
    try await store.checkBatch()
    try await store.checkKey()
    return try await consent.batch.services.whileLeasing {
      guard try await store.reserve(request.participant) else { throw heldByAnotherRun }
      return try await withClosing {
        try await check(consent.batch)
        return try await body(consent)
      } close: {
        try await store.endReservation(request.participant)
      }
    }
  }

  private var heldByAnotherRun: CommandRefusal { .heldByAnotherRun(request.participant, next: "authorize when that run has ended") }

  private func check(_ batch: ParticipantBatch) async throws {
    guard let status = try await batch.statuses().first(where: { $0.participant == request.participant }) else { return }
    if let problem = status.problem { throw ProcessorError(.badParticipantFile, problem) }
    guard status.collection == .withdrawn else { return }
    throw Diagnostics([
      Diagnostic(
        .withdrawnParticipant, found: "participant \(request.participant) is withdrawn",
        hint: "if the participant takes part again: flowrun participants resume --withdrawn, then flowrun authorize")
    ])
  }

  private var nothingUnderWay: Diagnostic {
    Diagnostic(
      .unknownName, found: "no consent of \(request.participant) is pending in \(request.state)/consent",
      expected: "a link created before (flowrun authorize), or its --state folder")
  }

  private static let nobodyAnswers = Diagnostic(
    .unknownName, subject: "--link-only with api=simulator", found: "the bundled simulator ends with this command, so the link would not work",
    hint: "omit --link-only, or run 'flowrun simulate' in another terminal and give its address with -p api=http://127.0.0.1:PORT")
}
