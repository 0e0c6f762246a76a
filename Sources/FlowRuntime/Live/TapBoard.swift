import FlowCore
import FlowEngine
import StudyModel

/// The FlowFiles that processors send on, for any number of taps.
///
/// A tap keeps a few FlowFiles until they are taken, and counts the others: it never slows the run down. May be used from any thread.
package final class TapBoard: Sendable {
  private struct State: Sendable {
    var taps = TapState()
    var secrets: @Sendable (_ participant: String?) -> [String] = { _ in [] }
  }
  private let state = Locked(State())

  init() {}

  /// - Parameter secrets: what must not be shown of a participant's FlowFiles. Asked as they pass, because a participant's tokens are forgotten
  ///   when nothing more is collected for it.
  func begin(secrets: @escaping @Sendable (_ participant: String?) -> [String]) { state.withLock { $0.secrets = secrets } }

  /// Begins a tap. It must be removed.
  func add(_ target: TapTarget) -> Int { state.withLock { $0.taps.add(target) } }
  func remove(_ id: Int) { state.withLock { $0.taps.remove(id) } }
  /// The oldest FlowFiles that a tap keeps, and how many it has dropped since it began.
  /// - Parameter isLast: takes everything.
  func take(_ id: Int, isLast: Bool) -> (kept: [PassedFlowFile], dropped: Int) { state.withLock { $0.taps.take(id, isLast: isLast) } }

  /// Whether a tap looks at a processor.
  func wants(_ processor: String) -> Bool { state.withLock { $0.taps.wants(processor) } }

  func note(_ steps: [FlowFileEvent]) {
    var (accepted, secrets) = state.withLock { ($0.taps.accept(steps), $0.secrets) }
    guard !accepted.isEmpty else { return }
    // Outside the lock: the services have their own.
    for index in accepted.indices { accepted[index].flowFile.secrets = secrets(accepted[index].flowFile.participant) }
    state.withLock { [accepted] in $0.taps.keep(accepted) }
  }
}

/// What a tap looks at.
package struct TapTarget: Sendable, Equatable, Codable {
  package var processor: String
  /// nil for all.
  package var relationship: String?

  package init(processor: String, relationship: String? = nil) {
    self.processor = processor
    self.relationship = relationship
  }
}

/// The taps of a run and what they hold.
struct TapState: Sendable {
  /// FlowFiles that a tap keeps until they are taken: those of a burst.
  static let limit = 250
  /// FlowFiles that are taken at once while the run goes on.
  static let portion = 20

  fileprivate struct Tap: Sendable {
    var target: TapTarget
    var kept: [PassedFlowFile] = []
    /// Accepted, and kept in a moment.
    var acceptedCount = 0
    var dropped = 0
  }
  private var taps: [Int: Tap] = [:]
  private var nextID = 0

  mutating func add(_ target: TapTarget) -> Int {
    nextID += 1
    taps[nextID] = Tap(target: target)
    return nextID
  }

  mutating func remove(_ id: Int) { taps[id] = nil }

  /// - Parameter isLast: takes everything.
  mutating func take(_ id: Int, isLast: Bool) -> (kept: [PassedFlowFile], dropped: Int) {
    guard let tap = taps[id] else { return ([], 0) }
    let taken = tap.kept.prefix(isLast ? TapState.limit : TapState.portion)
    taps[id]?.kept.removeFirst(taken.count)
    return (Array(taken), tap.dropped)
  }

  func wants(_ processor: String) -> Bool { !taps.isEmpty && taps.values.contains { $0.target.processor == processor } }

  /// Counts what a tap has no room for. The caller gives what is accepted to `keep`.
  mutating func accept(_ steps: [FlowFileEvent]) -> [(tap: Int, flowFile: PassedFlowFile)] {
    guard !taps.isEmpty else { return [] }
    var accepted: [(tap: Int, flowFile: PassedFlowFile)] = []
    for id in taps.keys {
      for step in steps { if let flowFile = taps[id]?.accept(step) { accepted.append((id, flowFile)) } }
    }
    return accepted
  }

  mutating func keep(_ accepted: [(tap: Int, flowFile: PassedFlowFile)]) {
    for (id, flowFile) in accepted {
      taps[id]?.acceptedCount -= 1
      taps[id]?.kept.append(flowFile)
    }
  }
}

extension TapState.Tap {
  fileprivate mutating func accept(_ step: FlowFileEvent) -> PassedFlowFile? {
    guard step.processor == target.processor, case .routed(let relationship, let destination) = step.kind,
      target.relationship == nil || relationship == target.relationship
    else { return nil }
    guard kept.count + acceptedCount < TapState.limit else {
      dropped += 1
      return nil
    }
    acceptedCount += 1
    return PassedFlowFile(step, relationship, destination)
  }
}

/// What a tap keeps of a FlowFile: not its content, which may be large, or a file that is removed with the last FlowFile that names it.
struct PassedFlowFile: Sendable {
  let time: Instant
  let processor: String
  let relationship: String
  let destination: String
  let id: FlowFileID
  let attributes: Attributes
  /// `empty`, `bytes`, `records` or `file`.
  let content: String
  let sizeBytes: Int
  /// What must not be shown of it.
  var secrets: [String] = []

  var participant: String? { attributes[AttributeName.participant] }

  fileprivate init(_ step: FlowFileEvent, _ relationship: String, _ destination: String) {
    time = step.time
    processor = step.processor
    self.relationship = relationship
    self.destination = destination
    id = step.flowFile.id
    attributes = step.flowFile.attributes
    (content, sizeBytes) =
      switch step.flowFile.content {
      case .empty: ("empty", 0)
      case .bytes(let bytes): ("bytes", bytes.count)
      case .records(let batch): ("records", batch.sizeBytes)
      case .claim(let claim): ("file", claim.sizeBytes)
      }
  }
}
