import FlowCore
import StudyModel

/// Holds refused participants until the verdict on all of them: for a bounded time, and not beyond the end of the run.
final class RefusalBench: Sendable {
  private typealias Waiter = CheckedContinuation<FirstRefusals.Verdict, Never>
  private struct State {
    var refusals = FirstRefusals()
    var waiting: [Waiter] = []
  }
  /// As long as a token request of another participant may take.
  private static let patience: Duration = .seconds(20)

  private let store: ParticipantStore
  private let register: ParticipantRegister
  private let state = Locked(State())

  init(store: ParticipantStore, register: ParticipantRegister) {
    self.store = store
    self.register = register
  }

  /// Whether every participant is refused, so that nothing more is requested.
  var isEverybody: Bool { state.withLock { $0.refusals.isEverybody } }
  /// The participants refused in this run, in order.
  var refused: [String] { state.withLock { $0.refusals.refused } }

  func settle(_ participant: String) { note { $0.settle(participant) } }
  func trial(_ participant: String) { note { $0.trial(participant) } }
  func serve() { note { $0.serve() } }

  /// Waits for the verdict on the refusal of this participant's token; `open` if the run ends first.
  func verdict(on participant: String, _ interruption: Interruption) async -> FirstRefusals.Verdict {
    note { $0.refuse(participant) }
    let timer = Locked<ScheduledAction?>(nil)
    let verdict = await withCheckedContinuation { (continuation: Waiter) in
      let held = store.heldParticipants
      let moreCome = register.hasMore(than: held)
      // Verdict and registration under one lock: otherwise `decide` could run between them and miss this waiter.
      let verdict = state.withLock { state in
        let verdict = state.refusals.verdict(held: held, moreCome: moreCome)
        if verdict == .open { state.waiting.append(continuation) }
        return verdict
      }
      guard verdict == .open else { return continuation.resume(returning: verdict) }
      let scheduled = interruption.schedule(after: Self.patience) { [self] in
        if interruption.isInterrupted { leaveOpen() } else { decide(isOverdue: true) }
      }
      timer.withLock { $0 = scheduled }
    }
    timer.withLock { $0 }?.cancel()
    return verdict
  }

  private func note(_ change: (inout FirstRefusals) -> Void) {
    state.withLock { change(&$0.refusals) }
    decide(isOverdue: false)
  }

  /// The run ends before a verdict: no participant is marked.
  private func leaveOpen() {
    let waiting = state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    for waiter in waiting { waiter.resume(returning: .open) }
  }

  private func decide(isOverdue: Bool) {
    guard state.withLock({ !$0.waiting.isEmpty }) else { return }
    let held = store.heldParticipants
    let moreCome = register.hasMore(than: held)
    let (waiting, verdict) = state.withLock { state -> ([Waiter], FirstRefusals.Verdict) in
      let verdict = state.refusals.verdict(held: held, moreCome: moreCome, isOverdue: isOverdue)
      guard verdict != .open else { return ([], verdict) }
      defer { state.waiting = [] }
      return (state.waiting, verdict)
    }
    for waiter in waiting { waiter.resume(returning: verdict) }
  }
}
