import FlowCore

/// Lets few requests go first. A provider that refuses the whole client (its credentials, its address) is to be asked a handful of times,
/// not once for every participant; as soon as one request was answered otherwise, all may go. Plain state; `Waiter` is what is resumed.
struct Vanguard<Waiter: Sendable>: Sendable {
  /// So many are under way at once until one is answered.
  static var width: Int { 4 }

  enum Entry: Equatable {
    case go, wait
    /// The provider has refused the whole client meanwhile: nothing more is sent.
    case refused(StopRun)
  }

  /// How a request ended.
  enum End {
    /// The provider serves this client, or refuses this one request.
    case answered
    case refused(StopRun)
    /// No answer: nothing is known.
    case lost
  }

  private var isOver = false
  private var underWay = 0
  private var refusal: StopRun?
  private var waiting: [Waiter] = []

  init() {}

  mutating func enter(_ waiter: Waiter) -> Entry {
    if let refusal { return .refused(refusal) }
    if isOver { return .go }
    guard underWay < Self.width else {
      waiting.append(waiter)
      return .wait
    }
    underWay += 1
    return .go
  }

  /// Takes note of a request's end. Returns who is to be resumed, with nil for "go".
  mutating func leave(_ end: End) -> (resumed: [Waiter], refusal: StopRun?) {
    guard !isOver else { return ([], nil) }
    underWay -= 1
    switch end {
    case .answered:
      isOver = true
      return (takeAll(), nil)
    case .refused(let stop):
      refusal = refusal ?? stop
      return (takeAll(), refusal)
    case .lost:
      guard !waiting.isEmpty else { return ([], nil) }
      underWay += 1
      return ([waiting.removeFirst()], nil)
    }
  }

  private mutating func takeAll() -> [Waiter] {
    defer { waiting = [] }
    return waiting
  }
}

/// Holds requests back as a `Vanguard` decides, without holding a thread.
final class VanguardGate: Sendable {
  private typealias Waiter = CheckedContinuation<StopRun?, Never>
  private let state = Locked(Vanguard<Waiter>())

  /// Runs a request when its turn has come. `body` returns its result, and what the answer means to the whole run, if anything.
  /// Throws `StopRun` where another request has learnt meanwhile that nothing more is to be sent.
  func pass<Result: Sendable>(_ body: () async throws -> (Result, StopRun?)) async throws -> Result {
    if let refusal = await enter() { throw refusal }
    do {
      let (result, stop) = try await body()
      leave(stop.map { .refused($0) } ?? .answered)
      return result
    } catch {
      leave(.lost)
      throw error
    }
  }

  private func enter() async -> StopRun? {
    await withCheckedContinuation { (continuation: Waiter) in
      switch state.withLock({ $0.enter(continuation) }) {
      case .go: continuation.resume(returning: nil)
      case .refused(let stop): continuation.resume(returning: stop)
      case .wait: break
      }
    }
  }

  private func leave(_ end: Vanguard<Waiter>.End) {
    let (resumed, refusal) = state.withLock { $0.leave(end) }
    for waiter in resumed { waiter.resume(returning: refusal) }
  }
}
