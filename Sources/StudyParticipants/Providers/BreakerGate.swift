import FlowCore

/// Holds requests back as a `CircuitBreaker` decides, without holding a thread.
final class BreakerGate: Sendable {
  /// Resumed with whether the request goes as a probe.
  private typealias Waiter = CheckedContinuation<Bool, any Error>
  private typealias Breaker = CircuitBreaker<Waiter>
  private let state = Locked(Breaker())
  private let time: any TimeSource
  private let interruption: Interruption

  init(time: any TimeSource, interruption: Interruption) {
    self.time = time
    self.interruption = interruption
  }

  /// Runs a request when its turn has come, again where it could not be connected. `body` returns its result, and what the answer means to
  /// the whole run, if anything. Throws `StopRun` where nothing more is to be sent; `lost` makes the one for a provider out of reach, told
  /// whether anybody was answered before.
  func pass<Result: Sendable>(
    lost: (TransportError, Bool) -> StopRun, _ body: () async throws -> (Result, StopRun?)
  ) async throws -> Result {
    var tries = 0
    while true {
      var isProbe = try await enter()
      attempts: while true {
        do {
          let (result, stop) = try await body()
          leave(stop.map { .refused($0) } ?? .answered, isProbe)
          return result
        } catch let error as TransportError where error.isUnreachable {
          tries += 1
          switch note(unreachable: tries, isProbe, lost(error, state.withLock { $0.isProven })) {
          case .tryAgain(let pause):
            isProbe = true
            try await wait(pause, after: error)
          case .queue: break attempts
          case .giveUp: throw error
          case .refused(let stop): throw stop
          }
        } catch {
          leave(.lost, isProbe)
          throw error
        }
      }
    }
  }

  /// Throws where the run ends meanwhile; another request then takes the probe's place.
  private func wait(_ pause: Duration, after error: TransportError) async throws {
    await interruption.sleep(for: pause)
    guard interruption.isInterrupted || Task.isCancelled else { return }
    leave(.lost, true)
    throw error
  }

  /// Returns whether the request goes as a probe.
  private func enter() async throws -> Bool {
    try await withCheckedThrowingContinuation { (continuation: Waiter) in
      Self.resume(continuation, with: state.withLock { $0.enter(continuation) })
    }
  }

  private func leave(_ end: Breaker.End, _ isProbe: Bool) {
    for (waiter, admission) in state.withLock({ $0.leave(end, isProbe: isProbe) }) { Self.resume(waiter, with: admission) }
  }

  private func note(
    unreachable tries: Int, _ isProbe: Bool, _ stop: StopRun
  ) -> Breaker.Advice {
    let now = time.monotonic
    let (advice, resumed) = state.withLock { $0.unreachable(tries: tries, isProbe: isProbe, now: now, stop: stop) }
    for (waiter, admission) in resumed { Self.resume(waiter, with: admission) }
    return advice
  }

  private static func resume(
    _ waiter: Waiter, with admission: Breaker.Admission
  ) {
    switch admission {
    case .go(let asProbe): waiter.resume(returning: asProbe)
    case .refused(let stop): waiter.resume(throwing: stop)
    case .wait: break
    }
  }
}
