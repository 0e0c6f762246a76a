import FlowCore
import StudyModel

/// Sends signed requests: enforces each participant's rate budget, and stops the run when the provider serves nobody.
final class ProviderLine: Sendable {
  private let wire: any ProviderWire
  private let base: String
  private let transport: any HTTPTransport
  private let time: any TimeSource
  private let store: ParticipantStore
  private let interruption: Interruption
  private let budget = Locked(RateBudget())
  /// Token requests and requests for data may go to different hosts and are refused for reasons of their own.
  private let tokenBreaker: BreakerGate
  private let dataBreaker: BreakerGate
  private let refusals: RefusalGate
  private let tokenRefusals: RefusalGate

  init(
    wire: any ProviderWire, base: String, transport: any HTTPTransport, time: any TimeSource, store: ParticipantStore,
    interruption: Interruption
  ) {
    self.wire = wire
    self.base = base
    self.transport = transport
    self.time = time
    self.store = store
    self.interruption = interruption
    tokenBreaker = BreakerGate(time: time, interruption: interruption)
    dataBreaker = BreakerGate(time: time, interruption: interruption)
    refusals = RefusalGate(time: time)
    tokenRefusals = RefusalGate(time: time)
  }

  // MARK: Budget

  func wait(of participant: String) -> Duration? {
    let now = time.monotonic
    return budget.withLock { $0.wait(participant, now: now) }
  }

  func park(_ participant: String, for delay: Duration) {
    let until = time.monotonic + delay
    budget.withLock { $0.park(participant, until: until) }
  }

  /// Throws `rate_limited` when the participant must wait.
  func checkBudget(of participant: String) throws {
    if let wait = wait(of: participant) { throw limited(participant, wait) }
  }

  private func limited(_ participant: String, _ wait: Duration) -> ProcessorError {
    let seconds = (wait.wholeMilliseconds + 999) / 1000
    return ProcessorError(
      .rateLimited, "\(wire.title): participant \(participant) has used up its requests; wait \(seconds) s", retryAfter: wait)
  }

  // MARK: Sending

  /// Sends a signed request within the participant's budget, takes over what the answer says of the budget, and judges it. Throws `StopRun`
  /// where the provider is lost, refuses the application, or refuses everybody.
  /// - Parameters:
  ///   - isRenewed: the access token was just renewed because another one was refused.
  ///   - count: goes up by each request that leaves.
  func send(
    _ request: HTTPRequest, for participant: String, bearer: String, isRenewed: Bool = false, counting count: inout Int
  ) async throws -> JudgedResponse {
    var request = request
    request.headers["Authorization"] = "Bearer \(bearer)"
    let judged = try await dataBreaker.pass(lost: { lost(at: base, $0, wasReached: $1) }) {
      let judged = try await sendWithinBudget(request, for: participant, counting: &count)
      return (judged, judged.stop)
    }
    try await weigh(judged.fault, judged.response.status, of: participant, kind: Self.kind(of: request.url), isRenewed: isRenewed)
    return judged
  }

  /// Which requests are alike: those whose addresses differ in numbers alone.
  private static func kind(of url: String) -> String { String(url.prefix { $0 != "?" }.filter { !$0.isNumber }) }

  /// Holds a refusal until it is known whether others are served.
  private func weigh(_ fault: ProviderFault?, _ status: Int, of participant: String, kind: String, isRenewed: Bool) async throws {
    guard let fault, !fault.stopsRun else { return fault == nil ? refusals.served(kind) : () }
    guard isRefusal(fault, status, isRenewed: isRenewed) else {
      // What is wrong with one request was looked at, so the client is served.
      if (400..<500).contains(status), ![401, 403, 429].contains(status) { refusals.served(kind) }
      return
    }
    let everybody = await refusals.refused(participant, kind, isPersonal: fault.cause == .needsConsent) { [store] in store.heldParticipants }
    if let everybody { throw refusal(fault, everybody) }
  }

  /// An access token that has just been renewed is refused, or the client as far as anybody can tell. A consent that lacks a scope and an
  /// application that may not read one resource are told in words of their own.
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
      "\(fault.message), for everybody who was asked for (\(shown)): trouble of the application or of the provider, not of the participants; "
        + "look at the application in the provider's console, then run again")
  }

  private func sendWithinBudget(_ request: HTTPRequest, for participant: String, counting count: inout Int) async throws -> JudgedResponse {
    let now = time.monotonic
    if let wait = budget.withLock({ $0.reserve(participant, now: now) }) { throw limited(participant, wait) }
    do {
      try checkInterruption()
      count += 1
      let response = try await transport.send(request)
      let fault =
        (200..<300).contains(response.status)
        ? nil : wire.judge(status: response.status, headers: response.headers, body: response.body)
      settle(participant, response, isRefused: fault?.cause == .rateLimited)
      return JudgedResponse(response: response, fault: fault)
    } catch {
      let now = time.monotonic
      budget.withLock { $0.settle(participant, now: now) }
      throw error
    }
  }

  private func settle(_ participant: String, _ response: HTTPResponse, isRefused: Bool) {
    let now = time.monotonic
    let headers = wire.budgetHeaders
    let remaining = headers.flatMap { response.headers[$0.remaining] }.flatMap { Int($0.filter { $0 != " " }) }.map { max(0, $0) }
    let reset = headers.flatMap { WaitHeaders.seconds(response.headers[$0.reset]) }
    let wait = isRefused ? WaitHeaders.named(response.headers, budgetHeaders: headers) : nil
    budget.withLock { $0.settle(participant, now: now, remaining: remaining, reset: reset, isRefused: isRefused, wait: wait) }
  }

  /// One token request. Whatever comes of it is an outcome, never an error.
  func tokenOutcome(_ request: HTTPRequest, for participant: String) async -> TokenKeeper.Outcome {
    do {
      let outcome: TokenKeeper.Outcome = try await tokenBreaker.pass(lost: { lost(at: request.url, $0, wasReached: $1) }) {
        let answered = try await self.outcome(of: request)
        switch answered {
        case .stop(let stop): return (answered, stop)
        // Nobody is known to be served yet: a wrong address refuses everybody's token, and is not to be asked for all of them at once.
        case .invalidGrant: throw Undecided(outcome: answered)
        default: return (answered, nil)
        }
      }
      return await weigh(outcome, of: participant)
    } catch let error as Undecided {
      return error.outcome
    } catch let error as TransportError {
      return wire.tokenOutcome(error)
    } catch let stop as StopRun {
      return .stop(stop)
    } catch {
      // Nothing of the wire: a mistake in this program must not put a participant in doubt.
      return .stop(StopRun(.failed, .internal, "the token request of \(participant) failed: \(error)"))
    }
  }

  /// An answer that says nothing of whether the provider serves this client.
  private struct Undecided: Error {
    var outcome: TokenKeeper.Outcome
  }

  private func outcome(of request: HTTPRequest) async throws -> TokenKeeper.Outcome {
    do {
      return wire.tokenOutcome(try await transmit(request), tokenURL: request.url)
    } catch let error as TransportError {
      guard case .answer(let answer) = wire.tokenOutcome(error) else { throw error }
      return .answer(answer)
    }
  }

  /// A refusal that does not speak of the token may meet everybody.
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
    return try await transport.send(request)
  }

  /// A request may have waited for its turn since it was asked for.
  private func checkInterruption() throws(TransportError) {
    if interruption.isInterrupted { throw TransportError(.cancelled, "the run ended before the request was sent") }
  }

  private func lost(at address: String, _ error: TransportError, wasReached: Bool) -> StopRun {
    let found = wasReached ? "can no longer be reached" : "cannot be reached, for no participant"
    let next = wasReached ? "what is left is asked by the next run; is there a network?" : "is the address right, and is there a network?"
    return StopRun(.unavailable, .connection, "\(wire.title) at \(address) \(found): \(error.message); \(next)")
  }
}

/// A response with what it means.
struct JudgedResponse: Sendable {
  var response: HTTPResponse
  /// nil: a status of success.
  var fault: ProviderFault?

  /// The provider refuses the whole client.
  var stop: StopRun? { fault.flatMap { $0.stopsRun ? StopRun(.unavailable, $0.cause, $0.message) : nil } }
}

extension TransportError {
  /// There was no connection on which the request could have left.
  var isUnreachable: Bool { kind == .unreachable || kind == .tls }
}
