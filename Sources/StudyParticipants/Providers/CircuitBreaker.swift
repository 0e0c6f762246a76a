import FlowCore

/// Circuit breaker: decides whether a request may be sent while it is unknown whether the provider serves this client.
/// Plain state; `Waiter` is what gets resumed.
///
/// - It starts half-open: a few requests probe, the others wait. The first response closes it and releases all. If the
///   provider refuses the whole client or a probe cannot reach it, the breaker opens and nothing more is sent.
/// - Once closed, a failed connection makes it half-open again: one request probes and the others wait. Any response
///   closes it; a probe that keeps failing opens it.
///
/// An outage therefore stops the run, and no FlowFile spends its retries on it.
struct CircuitBreaker<Waiter: Sendable>: Sendable {
  /// Concurrent probes until the first response.
  static var width: Int { 4 }
  /// Pauses between a probe's attempts before the first response: a wrong address must end the run within seconds.
  static var firstPauses: [Duration] { [.milliseconds(300), .seconds(1)] }
  /// Pauses between a probe's attempts later on; one more failure than there are pauses opens the breaker.
  static var laterPauses: [Duration] { [.milliseconds(300), .seconds(1), .seconds(2)] + Array(repeating: .seconds(3), count: 6) }
  /// If every attempt times out while connecting, the breaker opens after this time and number of failures.
  static var patience: (time: Duration, failures: Int) { (.seconds(60), 4) }
  /// A request that cannot connect while others are answered gives up after this many attempts.
  static var triesAmongAnswered: Int { 3 }

  enum Admission: Equatable {
    case go(asProbe: Bool)
    /// Queued; resumed by a later `leave` or `unreachable`.
    case wait
    /// Nothing more is sent.
    case refused(StopRun)
  }

  /// What a request that could not connect does next.
  enum Advice: Equatable {
    case tryAgain(after: Duration)
    /// Waits again while another request probes.
    case queue
    /// Other requests are answered, so the failure concerns this one only.
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

  /// Whether any request has been answered.
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

  /// Records the end of a request. Returns the waiters to resume and how.
  mutating func leave(_ end: RequestEnd, isProbe: Bool) -> [(waiter: Waiter, admission: Admission)] {
    switch (phase, end) {
    case (.open, _), (.closed, _): return []
    case (.unproven, .refused(let stop)): return open(stop)
    case (_, .answered), (_, .refused):
      phase = .closed
      return resumeAll(.go(asProbe: false))
    case (_, .lost): return isProbe ? passOn() : []
    }
  }

  /// Records a request that could not connect.
  /// - Parameters:
  ///   - tries: attempts of this request, including this one.
  ///   - stop: stops the run if the provider turns out to be unreachable.
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

  /// A probe ended without a result: the next waiting request takes its place.
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

/// What the end of a request says about the provider.
enum RequestEnd {
  /// The provider serves this client, even if it rejected this one request.
  case answered
  /// The provider refuses the whole client.
  case refused(StopRun)
  /// No response, although the request may have been sent, or one that does not tell whether this client is served.
  case lost
}
