import FlowCore
import FlowEngine

/// The FlowFiles that processors send on, for any number of taps.
///
/// A tap keeps a few FlowFiles until they are taken, and counts the others: it never slows the run down. May be used from any thread.
package final class TapBoard: Sendable {
  private let state = Locked(TapState())

  package init() {}

  /// Begins a tap. It must be removed.
  func add(_ target: TapTarget) -> Int { state.withLock { $0.add(target) } }
  func remove(_ id: Int) { state.withLock { $0.remove(id) } }
  /// What a tap has kept since it was last asked, and how many FlowFiles it has dropped since it began.
  func take(_ id: Int) -> (kept: [PassedFlowFile], dropped: Int) { state.withLock { $0.take(id) } }

  /// Whether a tap looks at a processor.
  func wants(_ processor: String) -> Bool { state.withLock { $0.wants(processor) } }
  func note(_ steps: [FlowFileEvent]) { state.withLock { $0.note(steps) } }
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
  /// FlowFiles that a tap keeps until they are taken.
  static let limit = 50

  fileprivate struct Tap: Sendable {
    var target: TapTarget
    var kept: [PassedFlowFile] = []
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

  mutating func take(_ id: Int) -> (kept: [PassedFlowFile], dropped: Int) {
    guard let tap = taps[id] else { return ([], 0) }
    taps[id]?.kept = []
    return (tap.kept, tap.dropped)
  }

  func wants(_ processor: String) -> Bool { !taps.isEmpty && taps.values.contains { $0.target.processor == processor } }

  mutating func note(_ steps: [FlowFileEvent]) {
    guard !taps.isEmpty else { return }
    for id in taps.keys {
      for step in steps { taps[id]?.note(step) }
    }
  }
}

extension TapState.Tap {
  fileprivate mutating func note(_ step: FlowFileEvent) {
    guard step.processor == target.processor, case .routed(let relationship, let destination) = step.kind,
      target.relationship == nil || relationship == target.relationship
    else { return }
    if kept.count < TapState.limit { kept.append(PassedFlowFile(step, relationship, destination)) } else { dropped += 1 }
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
