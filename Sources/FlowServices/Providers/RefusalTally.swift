import FlowCore

/// Tells a refusal that meets everybody, which is trouble of the application or of the provider, from one participant's own. Plain state;
/// `Waiter` is what is resumed.
///
/// A refused request waits a moment. Refusals of several participants, and nobody served meanwhile, are everybody's. Where a kind of request
/// was never served although others were, the application may lack a right to it: that is not everybody's.
struct RefusalTally<Waiter: Sendable>: Sendable {
  /// So many participants refused and nobody served are everybody; fewer where there are fewer, but for one alone.
  static var enough: Int { 5 }

  private struct Held: Sendable {
    var isPersonal: Bool
    var waiter: Waiter
  }
  /// Refused since somebody was served last.
  private var participants: Set<String> = []
  private var servedKinds: Set<String> = []
  private var waiting: [Int: Held] = [:]
  private var nextID = 0

  init() {}

  /// Somebody was served. Returns those who wait: their refusals are their own.
  mutating func served(_ kind: String) -> [Waiter] {
    servedKinds.insert(kind)
    participants = []
    return takeAll()
  }

  /// Returns under which number the refusal waits; nil: it is the participant's own.
  /// - Parameter isPersonal: the provider's words speak of the participant, so that a few of them prove nothing.
  mutating func refused(_ participant: String, _ kind: String, isPersonal: Bool, _ waiter: Waiter) -> Int? {
    guard servedKinds.isEmpty || servedKinds.contains(kind) else { return nil }
    participants.insert(participant)
    nextID += 1
    waiting[nextID] = Held(isPersonal: isPersonal, waiter: waiter)
    return nextID
  }

  /// The moment of a refusal is over. Returns whom to resume, and the participants that are refused together; nil: it is its own.
  /// - Parameter held: the participants of this run that are under way.
  mutating func momentIsOver(_ id: Int, held: Set<String>) -> (resumed: [Waiter], everybody: [String]?) {
    guard let entry = waiting.removeValue(forKey: id) else { return ([], nil) }
    let enough = entry.isPersonal ? Self.enough : min(Self.enough, max(participants.union(held).count, 2))
    guard participants.count >= enough else { return ([entry.waiter], nil) }
    return ([entry.waiter] + takeAll(), participants.sorted())
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
      guard let id = state.withLock({ $0.refused(participant, kind, isPersonal: isPersonal, continuation) }) else {
        return continuation.resume(returning: nil)
      }
      _ = time.schedule(after: Self.moment) { [self] in
        let underWay = held()
        let (resumed, everybody) = state.withLock { $0.momentIsOver(id, held: underWay) }
        for waiter in resumed { waiter.resume(returning: everybody) }
      }
    }
  }
}
