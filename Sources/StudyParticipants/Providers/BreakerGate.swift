import FlowCore

/// Delays requests as `CircuitBreaker` decides, without blocking a thread.
final class BreakerGate: Sendable {
  /// Resumed with whether the request is a probe.
  private typealias Waiter = CheckedContinuation<Bool, any Error>
  private typealias Breaker = CircuitBreaker<Waiter>
  private let state = Locked(Breaker())
  private let time: any TimeSource
  private let interruption: Interruption

  init(time: any TimeSource, interruption: Interruption) {
    self.time = time
    self.interruption = interruption
  }

  /// Runs `body` once the breaker admits the request, and again if no connection could be made. `body` returns its
  /// result and what the response says about the provider. Throws `StopRun` if nothing more is to be sent; `lost`
  /// makes the one for an unreachable provider and is given whether any request was answered before.
  func pass<Result: Sendable>(
    lost: (TransportError, Bool) -> StopRun, _ body: () async throws -> (Result, RequestEnd)
  ) async throws -> Result {
    var tries = 0
    while true {
      var isProbe = try await enter()
      attempts: while true {
        do {
          let (result, end) = try await body()
          leave(end, isProbe)
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

  /// Throws if the run ends meanwhile; another request then becomes the probe.
  private func wait(_ pause: Duration, after error: TransportError) async throws {
    await interruption.sleep(for: pause)
    guard interruption.isInterrupted || Task.isCancelled else { return }
    leave(.lost, true)
    throw error
  }

  /// Returns whether the request is a probe.
  private func enter() async throws -> Bool {
    try await withCheckedThrowingContinuation { (continuation: Waiter) in
      Self.resume(continuation, with: state.withLock { $0.enter(continuation) })
    }
  }

  private func leave(_ end: RequestEnd, _ isProbe: Bool) {
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
