import FlowCore
import StudyModel

/// Distinguishes a refusal that affects everyone, caused by the application or the provider, from one that concerns a
/// single participant. Plain state; `Waiter` is what gets resumed.
///
/// A refused request waits a moment. If several participants are refused and none is served meanwhile, the refusal
/// affects everyone. If a kind of request has never been served although others were, the application may lack the
/// right to it, which does not count.
struct RefusalTally<Waiter: Sendable>: Sendable {
  /// Number of refused participants, with none served, that counts as everyone; in a smaller batch all of them, but at
  /// least two.
  static var enough: Int { 5 }

  /// Refusals further apart than this are unrelated.
  static var memory: Duration { .seconds(30) }

  private struct Held: Sendable {
    var isPersonal: Bool
    var waiter: Waiter
  }
  /// Participants refused since the last served request, and when: may exceed the number waiting if few requests are in
  /// flight.
  private var participants: [String: Duration] = [:]
  private var servedKinds: Set<String> = []
  private var waiting: [Int: Held] = [:]
  private var nextID = 0

  init() {}

  /// Records a served request. Returns the waiters, whose refusals concern only themselves.
  mutating func served(_ kind: String) -> [Waiter] {
    servedKinds.insert(kind)
    participants = [:]
    return takeAll()
  }

  /// Returns the id under which the refusal waits; nil if it concerns only the participant.
  /// - Parameter isPersonal: whether the error concerns the participant, so that a few such errors prove nothing.
  mutating func refused(_ participant: String, _ kind: String, isPersonal: Bool, at now: Duration, _ waiter: Waiter) -> Int? {
    guard servedKinds.isEmpty || servedKinds.contains(kind) else { return nil }
    participants[participant] = now
    nextID += 1
    waiting[nextID] = Held(isPersonal: isPersonal, waiter: waiter)
    return nextID
  }

  /// Ends the wait of a refusal. Returns the waiters to resume and the participants refused together; nil if the
  /// refusal concerns only the participant.
  /// - Parameter held: the participants that this run currently holds.
  mutating func momentIsOver(_ id: Int, held: Set<String>, at now: Duration) -> (resumed: [Waiter], everybody: [String]?) {
    guard let entry = waiting.removeValue(forKey: id) else { return ([], nil) }
    participants = participants.filter { now - $0.value <= Self.memory }
    let refused = Set(participants.keys)
    // If others were served in this run, application and provider work: a few refusals do not mean everyone.
    let isSmall = !entry.isPersonal && servedKinds.isEmpty
    let enough = isSmall ? min(Self.enough, max(refused.union(held).count, 2)) : Self.enough
    guard refused.count >= enough else { return ([entry.waiter], nil) }
    return ([entry.waiter] + takeAll(), refused.sorted())
  }

  private mutating func takeAll() -> [Waiter] {
    defer { waiting = [:] }
    return waiting.sorted { $0.key < $1.key }.map(\.value.waiter)
  }
}

/// Delays refused requests as `RefusalTally` decides, without blocking a thread.
final class RefusalGate: Sendable {
  /// Resumed with the participants refused together; nil if the refusal concerns only this one.
  private typealias Waiter = CheckedContinuation<[String]?, Never>
  private let state = Locked(RefusalTally<Waiter>())
  private let time: any TimeSource
  /// How long a refusal waits for others to be served.
  static let moment: Duration = .seconds(3)

  init(time: any TimeSource) { self.time = time }

  func served(_ kind: String) {
    for waiter in state.withLock({ $0.served(kind) }) { waiter.resume(returning: nil) }
  }

  /// The participants refused together with this one; nil if the refusal concerns only it.
  func refused(_ participant: String, _ kind: String, isPersonal: Bool, held: @escaping @Sendable () -> Set<String>) async -> [String]? {
    await withCheckedContinuation { (continuation: Waiter) in
      guard let id = state.withLock({ $0.refused(participant, kind, isPersonal: isPersonal, at: time.monotonic, continuation) }) else {
        return continuation.resume(returning: nil)
      }
      _ = time.schedule(after: Self.moment) { [self] in
        let underWay = held()
        let now = time.monotonic
        let (resumed, everybody) = state.withLock { $0.momentIsOver(id, held: underWay, at: now) }
        for waiter in resumed { waiter.resume(returning: everybody) }
      }
    }
  }
}
