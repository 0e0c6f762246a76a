import FlowCore
import StudyModel

/// Sends signed requests: enforces each participant's rate budget, and stops the run when the provider refuses every participant.
final class ProviderLine: Sendable {
  private let wire: any ProviderWire
  private let base: String
  private let environment: RuntimeEnvironment
  private let store: ParticipantStore
  private let interruption: Interruption
  private let budget: Locked<RateBudget>
  private let client: ClientLine
  private let notice = Locked(WaitNotice())
  /// Separate breakers: token and data requests may go to different hosts and fail for different reasons.
  private let tokenBreaker: BreakerGate
  private let dataBreaker: BreakerGate
  private let refusals: RefusalGate
  private let tokenRefusals: RefusalGate

  init(
    wire: any ProviderWire, base: String, client: TokenAsker, limits: [RequestLimit], environment: RuntimeEnvironment, store: ParticipantStore,
    interruption: Interruption
  ) {
    self.wire = wire
    self.base = base
    self.environment = environment
    self.store = store
    self.interruption = interruption
    budget = Locked(RateBudget(wire.limit))
    self.client = ClientLine(client, limits: limits, environment)
    let time = environment.time
    tokenBreaker = BreakerGate(time: time, interruption: interruption)
    dataBreaker = BreakerGate(time: time, interruption: interruption)
    refusals = RefusalGate(time: time)
    tokenRefusals = RefusalGate(time: time)
  }

  private var time: any TimeSource { environment.time }

  // MARK: Budget

  func wait(of participant: String) -> Duration? {
    let now = time.monotonic
    return budget.withLock { $0.wait(participant, now: now) }
  }

  func park(_ participant: String, for delay: Duration) {
    let until = time.monotonic + delay
    budget.withLock { $0.park(participant, until: until) }
  }

  func setAside(_ count: Int, for participant: String) -> Duration? {
    let now = time.monotonic
    let wait = budget.withLock { $0.setAside(count, for: participant, now: now) }
    if let wait { tell(wait, of: participant) }
    return wait
  }

  func free(_ count: Int, for participant: String) { budget.withLock { $0.free(count, for: participant) } }

  /// Who shares out the client's requests among hosts; nil if this process is alone. Set before the first request.
  var grants: (any RequestGrants)? {
    get { client.grants }
    set { client.grants = newValue }
  }

  /// Throws `rate_limited` if the participant, or the client for all of them, must wait.
  func checkBudget(of participant: String) throws {
    if let wait = wait(of: participant) { throw limited(participant, wait) }
    if let wait = client.wait { throw clientLimited(wait) }
  }

  private func clientLimited(_ wait: Duration) -> ProcessorError {
    let seconds = (wait.wholeMilliseconds + 999) / 1000
    return ProcessorError(
      .rateLimited, "\(wire.title): the application has used up its requests, \(client.words) for all participants; wait \(seconds) s", retryAfter: wait)
  }

  private func limited(_ participant: String, _ wait: Duration) -> ProcessorError {
    tell(wait, of: participant)
    let seconds = (wait.wholeMilliseconds + 999) / 1000
    return ProcessorError(
      .rateLimited, "\(wire.title): participant \(participant) has used up its requests; wait \(seconds) s", retryAfter: wait)
  }

  private func tell(_ wait: Duration, of participant: String) {
    let now = time.monotonic
    guard notice.withLock({ $0.isDue(until: now + wait, now: now) }) else { return }
    let end = (time.now + wait + .milliseconds(999)).roundedDown(toSeconds: 1)
    environment.log("waiting for the provider's limit", ["participant": participant, "until": end.text])
  }

  // MARK: Sending

  /// Sends a signed request within the participant's budget, updates the budget from the response, and classifies the
  /// response. Throws `StopRun` if the provider is unreachable, refuses the application or refuses everyone.
  /// - Parameters:
  ///   - isRenewed: whether the access token was just refreshed after a 401.
  ///   - count: incremented for each request sent.
  func send(
    _ request: HTTPRequest, for participant: String, bearer: String, isRenewed: Bool = false, counting count: inout Int
  ) async throws -> JudgedResponse {
    var request = request
    request.headers["Authorization"] = "Bearer \(bearer)"
    let judged = try await dataBreaker.pass(lost: { lost(at: base, $0, wasReached: $1) }) {
      let judged = try await sendWithinBudget(request, for: participant, counting: &count)
      return (judged, judged.stop.map { .refused($0) } ?? .answered)
    }
    try await weigh(judged.fault, judged.response.status, of: participant, kind: Self.kind(of: request.url), isRenewed: isRenewed)
    return judged
  }

  /// Requests are of one kind if their paths differ only in digits.
  private static func kind(of url: String) -> String {
    // Bytes, because this runs for every request: characters would be segmented and looked up in Unicode's tables.
    let path = url.utf8.prefix { $0 != UInt8(ascii: "?") }
    return String(decoding: path.filter { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }, as: UTF8.self)
  }

  /// Delays a refusal until it is known whether others are served.
  private func weigh(_ fault: ProviderFault?, _ status: Int, of participant: String, kind: String, isRenewed: Bool) async throws {
    guard let fault, !fault.stopsRun else { return fault == nil ? refusals.served(kind) : () }
    guard isRefusal(fault, status, isRenewed: isRenewed) else {
      // The provider examined this request and rejected it, so it does serve the client.
      if (400..<500).contains(status), ![401, 403, 429].contains(status) { refusals.served(kind) }
      return
    }
    let everybody = await refusals.refused(participant, kind, isPersonal: fault.cause == .needsConsent) { [store] in store.heldParticipants }
    if let everybody { throw refusal(fault, everybody) }
  }

  /// Whether a response refuses the client rather than the request: a just renewed access token is rejected, or access
  /// is forbidden. Missing scopes and a missing right to one resource have their own error codes.
  private func isRefusal(_ fault: ProviderFault, _ status: Int, isRenewed: Bool) -> Bool {
    switch status {
    case 401: isRenewed && fault.cause != .scope
    case 403: (fault.cause == .clientRefused || fault.cause == .needsConsent) && fault.error != "insufficient_permissions"
    default: false
    }
  }

  private func refusal(_ fault: ProviderFault, _ participants: [String]) -> StopRun {
    let shown = participants.prefix(5).joined(separator: ", ") + (participants.count > 5 ? ", …" : "")
    return StopRun(
      .unavailable, fault.cause == .needsConsent ? .clientRefused : fault.cause,
      "\(fault.message), for every participant asked (\(shown)): a problem of the application or the provider, not of the participants; "
        + "look at the application in the provider's console, then run again")
  }

  private func sendWithinBudget(_ request: HTTPRequest, for participant: String, counting count: inout Int) async throws -> JudgedResponse {
    try await reserve(participant)
    do {
      count += 1
      let response = try await environment.transport.send(request)
      let fault =
        (200..<300).contains(response.status)
        ? nil : wire.judge(status: response.status, headers: response.headers, body: response.body)
      settle(participant, response, fault)
      return JudgedResponse(response: response, fault: fault)
    } catch {
      let now = time.monotonic
      let wasSent = (error as? TransportError).map { !$0.isUnreachable } ?? true
      budget.withLock { $0.settle(participant, wasSent ? .failed : .notSent, now: now) }
      if !wasSent { client.giveBack() }
      throw error
    }
  }

  /// Reserves one request of the client and of the participant.
  private func reserve(_ participant: String) async throws {
    if let wait = try await client.take() { throw clientLimited(wait) }
    do {
      try checkInterruption()
      let now = time.monotonic
      if let wait = budget.withLock({ $0.reserve(participant, now: now) }) { throw limited(participant, wait) }
    } catch {
      client.giveBack()
      throw error
    }
  }

  private func settle(_ participant: String, _ response: HTTPResponse, _ fault: ProviderFault?) {
    let now = time.monotonic
    let headers = wire.budgetHeaders
    let remaining = headers.flatMap { response.headers[$0.remaining] }.flatMap { Int($0.filter { $0 != " " }) }.map { max(0, $0) }
    let reset = headers.flatMap { WaitHeaders.seconds(response.headers[$0.reset]) }
    let announced: (Int, Duration)? = if let remaining, let reset { (remaining, reset) } else { nil }
    let end = end(response, fault)
    budget.withLock { $0.settle(participant, end, now: now, announced: announced) }
    if case .refused = end, let wait = wait(of: participant) { tell(wait, of: participant) }
  }

  private func end(_ response: HTTPResponse, _ fault: ProviderFault?) -> RateBudget.End {
    switch fault?.cause {
    case nil: .served
    case .rateLimited: .refused(wait: WaitHeaders.named(response.headers, budgetHeaders: wire.budgetHeaders), random: environment.random.next())
    default: .failed
    }
  }

  /// Sends one token request. Every result is an outcome; nothing is thrown.
  func tokenOutcome(_ request: HTTPRequest, for participant: String) async -> TokenKeeper.Outcome {
    do {
      let outcome: TokenKeeper.Outcome = try await tokenBreaker.pass(lost: { lost(at: request.url, $0, wasReached: $1) }) {
        let answered = try await self.outcome(of: request)
        switch answered {
        case .stop(let stop): return (answered, .refused(stop))
        // This response does not prove that the provider serves this client: with a wrong address every token is
        // refused, so the probe limit must stay in force.
        case .invalidGrant: return (answered, .lost)
        default: return (answered, .answered)
        }
      }
      return await weigh(outcome, of: participant)
    } catch let error as TransportError {
      return wire.tokenOutcome(error)
    } catch let stop as StopRun {
      return .stop(stop)
    } catch {
      // Not a transport failure but an error in this program, which must not put the participant's token in doubt.
      return .stop(StopRun(.failed, .internal, "the token request of \(participant) failed: \(error)"))
    }
  }

  private func outcome(of request: HTTPRequest) async throws -> TokenKeeper.Outcome {
    do {
      return wire.tokenOutcome(try await transmit(request), tokenURL: request.url)
    } catch let error as TransportError {
      guard case .answer(let answer) = wire.tokenOutcome(error) else { throw error }
      return .answer(answer)
    }
  }

  /// A refusal that does not concern the token may affect every participant.
  private func weigh(_ outcome: TokenKeeper.Outcome, of participant: String) async -> TokenKeeper.Outcome {
    switch outcome {
    case .rejected(let failure) where failure.status == 401 || failure.status == 403:
      let everybody = await tokenRefusals.refused(participant, "token", isPersonal: false) { [store] in store.heldParticipants }
      return everybody.map { .stop(refusal(ProviderFault(cause: failure.cause, message: failure.message), $0)) } ?? outcome
    case .answer:
      tokenRefusals.served("token")
      return outcome
    default: return outcome
    }
  }

  private func transmit(_ request: HTTPRequest) async throws -> HTTPResponse {
    try checkInterruption()
    return try await environment.transport.send(request)
  }

  /// The request may have been queued since it was made.
  private func checkInterruption() throws(TransportError) {
    if interruption.isInterrupted { throw TransportError(.cancelled, "the run ended before the request was sent") }
  }

  private func lost(at address: String, _ error: TransportError, wasReached: Bool) -> StopRun {
    let found = wasReached ? "can no longer be reached" : "cannot be reached, for no participant"
    let next = wasReached ? "the next run collects the rest; check the network" : "check the address and the network"
    return StopRun(.unavailable, .connection, "\(wire.title) at \(address) \(found): \(error.message); \(next)")
  }
}

/// A response and its classification.
struct JudgedResponse: Sendable {
  var response: HTTPResponse
  /// nil for a success status.
  var fault: ProviderFault?

  /// Set if the provider refuses the whole client.
  var stop: StopRun? { fault.flatMap { $0.stopsRun ? StopRun(.unavailable, $0.cause, $0.message) : nil } }
}

extension TransportError {
  /// No connection was made, so the request was not sent.
  var isUnreachable: Bool { kind == .unreachable || kind == .tls }
}
