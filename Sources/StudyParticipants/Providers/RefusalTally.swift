import FlowCore
import StudyModel

/// Tells a refusal that meets everybody, which is trouble of the application or of the provider, from one participant's own. Plain state;
/// `Waiter` is what is resumed.
///
/// A refused request waits a moment. Refusals of several participants, and nobody served meanwhile, are everybody's. Where a kind of request
/// was never served although others were, the application may lack a right to it: that is not everybody's.
struct RefusalTally<Waiter: Sendable>: Sendable {
  /// So many participants refused and nobody served are everybody; fewer where there are fewer, but for one alone.
  static var enough: Int { 5 }

  /// Refusals further apart have nothing to do with each other.
  static var memory: Duration { .seconds(30) }

  private struct Held: Sendable {
    var isPersonal: Bool
    var waiter: Waiter
  }
  /// Refused since somebody was served last, and when: more than can wait at once where few requests are under way.
  private var participants: [String: Duration] = [:]
  private var servedKinds: Set<String> = []
  private var waiting: [Int: Held] = [:]
  private var nextID = 0

  init() {}

  /// Somebody was served. Returns those who wait: their refusals are their own.
  mutating func served(_ kind: String) -> [Waiter] {
    servedKinds.insert(kind)
    participants = [:]
    return takeAll()
  }

  /// Returns under which number the refusal waits; nil: it is the participant's own.
  /// - Parameter isPersonal: the provider's words speak of the participant, so that a few of them prove nothing.
  mutating func refused(_ participant: String, _ kind: String, isPersonal: Bool, at now: Duration, _ waiter: Waiter) -> Int? {
    guard servedKinds.isEmpty || servedKinds.contains(kind) else { return nil }
    participants[participant] = now
    nextID += 1
    waiting[nextID] = Held(isPersonal: isPersonal, waiter: waiter)
    return nextID
  }

  /// The moment of a refusal is over. Returns whom to resume, and the participants that are refused together; nil: it is its own.
  /// - Parameter held: the participants of this run that are under way.
  mutating func momentIsOver(_ id: Int, held: Set<String>, at now: Duration) -> (resumed: [Waiter], everybody: [String]?) {
    guard let entry = waiting.removeValue(forKey: id) else { return ([], nil) }
    participants = participants.filter { now - $0.value <= Self.memory }
    let refused = Set(participants.keys)
    // Where others were served in this run, the application and the provider are sound: a few are not everybody.
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

/// Holds refused requests as a `RefusalTally` decides, without holding a thread.
final class RefusalGate: Sendable {
  /// Resumed with the participants that are refused together; nil: the refusal is this one's own.
  private typealias Waiter = CheckedContinuation<[String]?, Never>
  private let state = Locked(RefusalTally<Waiter>())
  private let time: any TimeSource
  /// How long a refusal waits for whether others are served.
  static let moment: Duration = .seconds(3)

  init(time: any TimeSource) { self.time = time }

  func served(_ kind: String) {
    for waiter in state.withLock({ $0.served(kind) }) { waiter.resume(returning: nil) }
  }

  /// The participants that are refused together with this one; nil: the refusal is its own.
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
