import FlowCore

/// Decides whether a request may leave while it is not known that the provider answers this client. Plain state; `Waiter` is what is
/// resumed.
///
/// - At the start it is half open: a few requests probe, the others wait. The first answer closes it, and all may go. A refusal of the whole
///   client, or a provider that a probe cannot reach, opens it: nothing more leaves.
/// - Once closed, a connection that fails makes it half open again: one request probes and the others wait. An answer to anybody closes it; a
///   probe that fails for long enough opens it.
///
/// So a provider that is lost stops the run, and no FlowFile uses up its retries meanwhile.
struct CircuitBreaker<Waiter: Sendable>: Sendable {
  /// Probes at once until anybody was answered.
  static var width: Int { 4 }
  /// Pauses between the tries of a probe before anybody was answered: a wrong address must end the run within seconds.
  static var firstPauses: [Duration] { [.milliseconds(300), .seconds(1)] }
  /// Pauses between the tries of a probe later on; as many failures as pauses and one more open the breaker.
  static var laterPauses: [Duration] { [.milliseconds(300), .seconds(1), .seconds(2)] + Array(repeating: .seconds(3), count: 6) }
  /// Where every try waits for a connection in vain, this long and so many failures are enough.
  static var patience: (time: Duration, failures: Int) { (.seconds(60), 4) }
  /// A request that cannot be connected while others are answered gives up after so many tries.
  static var triesAmongAnswered: Int { 3 }

  enum Admission: Equatable {
    case go(asProbe: Bool)
    case wait
    /// Nothing more is sent.
    case refused(StopRun)
  }

  /// How a request ended.
  enum End {
    /// The provider serves this client, or refuses this one request.
    case answered
    /// The provider refuses the whole client.
    case refused(StopRun)
    /// No answer, though it may have left: nothing is known.
    case lost
  }

  /// What a request does that could not be connected.
  enum Advice: Equatable {
    case tryAgain(after: Duration)
    /// Another request probes.
    case queue
    /// Others are answered, so this failure is its own.
    case giveUp
    case refused(StopRun)
  }

  private enum Phase: Sendable {
    case unproven, closed
    case halfOpen(failures: Int, since: Duration, hasProbe: Bool)
    case open(StopRun)
  }

  private var phase = Phase.unproven
  private var underWay = 0
  private var waiting: [Waiter] = []

  init() {}

  /// Somebody was answered.
  var isProven: Bool {
    switch phase {
    case .unproven, .open: false
    case .closed, .halfOpen: true
    }
  }

  mutating func enter(_ waiter: Waiter) -> Admission {
    switch phase {
    case .open(let stop): return .refused(stop)
    case .closed: return .go(asProbe: false)
    case .unproven where underWay < Self.width:
      underWay += 1
      return .go(asProbe: true)
    case .halfOpen(let failures, let since, hasProbe: false):
      phase = .halfOpen(failures: failures, since: since, hasProbe: true)
      return .go(asProbe: true)
    case .unproven, .halfOpen:
      waiting.append(waiter)
      return .wait
    }
  }

  /// Takes note of a request's end. Returns who is to be resumed, and with what.
  mutating func leave(_ end: End, isProbe: Bool) -> [(waiter: Waiter, admission: Admission)] {
    switch (phase, end) {
    case (.open, _), (.closed, _): return []
    case (.unproven, .refused(let stop)): return open(stop)
    case (_, .answered), (_, .refused):
      phase = .closed
      return resumeAll(.go(asProbe: false))
    case (_, .lost): return isProbe ? passOn() : []
    }
  }

  /// Takes note of a request that could not be connected.
  /// - Parameters:
  ///   - tries: of this request, this one included.
  ///   - stop: what the run stops with should the provider be lost.
  mutating func unreachable(
    tries: Int, isProbe: Bool, now: Duration, stop: StopRun
  ) -> (advice: Advice, resumed: [(waiter: Waiter, admission: Admission)]) {
    switch phase {
    case .open(let stop): return (.refused(stop), [])
    case .unproven:
      guard tries <= Self.firstPauses.count else { return (.refused(stop), open(stop)) }
      return (.tryAgain(after: Self.firstPauses[tries - 1]), [])
    case .closed:
      guard tries < Self.triesAmongAnswered else { return (.giveUp, []) }
      phase = .halfOpen(failures: 1, since: now, hasProbe: true)
      return (.tryAgain(after: Self.laterPauses[0]), [])
    case .halfOpen(_, _, hasProbe: true) where !isProbe: return (.queue, [])
    case .halfOpen(let failures, let since, _):
      let failures = failures + 1
      let isOverdue = failures >= Self.patience.failures && now - since >= Self.patience.time
      guard failures <= Self.laterPauses.count, !isOverdue else { return (.refused(stop), open(stop)) }
      phase = .halfOpen(failures: failures, since: since, hasProbe: true)
      return (.tryAgain(after: Self.laterPauses[failures - 1]), [])
    }
  }

  /// A probe is gone without having learnt anything: the next one takes its place.
  private mutating func passOn() -> [(waiter: Waiter, admission: Admission)] {
    if !waiting.isEmpty { return [(waiting.removeFirst(), .go(asProbe: true))] }
    switch phase {
    case .unproven: underWay -= 1
    case .halfOpen(let failures, let since, _): phase = .halfOpen(failures: failures, since: since, hasProbe: false)
    case .closed, .open: break
    }
    return []
  }

  private mutating func open(_ stop: StopRun) -> [(waiter: Waiter, admission: Admission)] {
    phase = .open(stop)
    return resumeAll(.refused(stop))
  }

  private mutating func resumeAll(_ admission: Admission) -> [(waiter: Waiter, admission: Admission)] {
    defer { waiting = [] }
    return waiting.map { ($0, admission) }
  }
}
