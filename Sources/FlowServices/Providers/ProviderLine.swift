import FlowCore

/// The way from here to the provider: signs, keeps to the budget, and notices when nobody is answered.
final class ProviderLine: Sendable {
  private let wire: any ProviderWire
  private let base: String
  private let transport: any HTTPTransport
  private let time: any TimeSource
  private let store: ParticipantStore
  private let interruption: Interruption
  private let budget = Locked(RateBudget())
  private let reachability = Locked(Reachability())
  /// Token requests and requests for data are refused for reasons of their own, so each kind has its first ones.
  private let tokenVanguard = VanguardGate()
  private let dataVanguard = VanguardGate()

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

  /// Sends a signed request within the participant's budget, and takes over what the answer says of the budget.
  func send(_ request: HTTPRequest, for participant: String, bearer: String) async throws -> HTTPResponse {
    var request = request
    request.headers["Authorization"] = "Bearer \(bearer)"
    return try await dataVanguard.pass {
      let response = try await sendWithinBudget(request, for: participant)
      return (response, stop(by: response))
    }
  }

  private func sendWithinBudget(_ request: HTTPRequest, for participant: String) async throws -> HTTPResponse {
    let now = time.monotonic
    if let wait = budget.withLock({ $0.reserve(participant, now: now) }) { throw limited(participant, wait) }
    do {
      let response = try await reach(request, for: participant)
      settle(participant, response)
      return response
    } catch {
      let now = time.monotonic
      budget.withLock { $0.settle(participant, now: now) }
      throw error
    }
  }

  /// What the answer means to the whole run, if anything. Whoever asked judges it too, and says so.
  private func stop(by response: HTTPResponse) -> StopRun? {
    guard !(200..<300).contains(response.status) else { return nil }
    let fault = wire.judge(status: response.status, headers: response.headers, body: response.body)
    return fault.stopsRun ? StopRun(.unavailable, fault.cause, fault.message) : nil
  }

  private func settle(_ participant: String, _ response: HTTPResponse) {
    let now = time.monotonic
    let headers = wire.budgetHeaders
    let remaining = headers.flatMap { response.headers[$0.remaining] }.flatMap { Int($0.filter { $0 != " " }) }
    let reset = headers.flatMap { WaitHeaders.seconds(response.headers[$0.reset]) }
    let isRefused = response.status == 429
    let wait = isRefused ? WaitHeaders.named(response.headers, budgetHeaders: headers) : nil
    budget.withLock { $0.settle(participant, now: now, remaining: remaining, reset: reset, isRefused: isRefused, wait: wait) }
  }

  /// One token request. Whatever comes of it is an outcome, never an error.
  func tokenOutcome(_ request: HTTPRequest, for participant: String) async -> TokenKeeper.Outcome {
    do {
      return try await tokenVanguard.pass {
        let outcome = try await outcome(of: request, for: participant)
        switch outcome {
        case .stop(let stop): return (outcome, stop)
        // Nobody is known to be served yet: a wrong address refuses everybody's token, and is not to be asked for all of them at once.
        case .invalidGrant: throw Undecided(outcome: outcome)
        default: return (outcome, nil)
        }
      }
    } catch let error as Undecided {
      return error.outcome
    } catch let error as TransportError {
      return wire.tokenOutcome(error)
    } catch let stop as StopRun {
      return .stop(stop)
    } catch {
      return .lost(reason: "the request failed", retryAfter: nil)
    }
  }

  /// An answer that says nothing of whether the provider serves this client.
  private struct Undecided: Error {
    var outcome: TokenKeeper.Outcome
  }

  private func outcome(of request: HTTPRequest, for participant: String) async throws -> TokenKeeper.Outcome {
    do {
      return wire.tokenOutcome(try await reach(request, for: participant), tokenURL: request.url)
    } catch let error as TransportError {
      guard case .answer(let answer) = wire.tokenOutcome(error) else { throw error }
      return .answer(answer)
    }
  }

  /// Sends; what did not leave this machine is tried again at once or two. Throws `StopRun` when nobody gets an answer.
  private func reach(_ request: HTTPRequest, for participant: String) async throws -> HTTPResponse {
    // It may have waited for its turn since it was asked for.
    guard !interruption.isInterrupted else { throw TransportError(.cancelled, "the run ended before the request was sent") }
    let waits = reachability.withLock { $0.waits }
    for wait in waits + [.zero] {
      do {
        let response = try await transport.send(request)
        reachability.withLock { $0.answered() }
        return response
      } catch let error as TransportError where error.isUnreachable {
        guard wait > .zero, !interruption.isInterrupted else { throw try unreachable(error, participant) }
        await interruption.sleep(for: wait)
      }
    }
    preconditionFailure("the last try returns or throws")
  }

  private func unreachable(_ error: TransportError, _ participant: String) throws -> any Error {
    let held = store.heldParticipants
    guard reachability.withLock({ $0.failed(participant, held: held) }) else { return error }
    return StopRun(
      .unavailable, .connection,
      "\(wire.title) at \(base) cannot be reached, for no participant: \(error.message); is the address right, and is there a network?")
  }
}

extension TransportError {
  /// There was no connection on which the request could have left.
  var isUnreachable: Bool { kind == .unreachable || kind == .tls }
}
