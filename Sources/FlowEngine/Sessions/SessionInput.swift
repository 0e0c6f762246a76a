import FlowCore

/// The engine's side of a session: the FlowFiles that it takes from its processor's queues, new lineages, immediate counters. Confined to
/// the session's task.
final class SessionInput: SessionHost {
  private let flow: Flow
  private let trigger: Trigger
  private let limit: Int
  private(set) var delivered: [TakenFlowFile] = []
  /// Reserved by the scheduler but not yet requested by the session.
  private(set) var reserved: TakenFlowFile?
  /// Held by the processor and not yet requested.
  private(set) var untouchedHeld: [TakenFlowFile]
  private var newCount = 0
  /// The place of each delivered one, once there are many.
  private var places: [FlowFileID: Int] = [:]

  init(_ trigger: Trigger, limit: Int, flow: Flow) {
    self.trigger = trigger
    self.limit = limit
    self.flow = flow
    reserved = trigger.first
    untouchedHeld = trigger.held
  }

  func next() -> FlowFile? {
    guard newCount < limit else { return nil }
    if let first = reserved {
      reserved = nil
      deliver(first)
      return first.flowFile
    }
    guard let taken = flow.scheduler.take(trigger.processor, isRelief: trigger.isRelief) else { return nil }
    deliver(taken)
    return taken.flowFile
  }

  private func deliver(_ taken: TakenFlowFile) {
    newCount += 1
    delivered.append(taken)
  }

  func takeHeld() -> [HeldFlowFile] {
    defer { untouchedHeld = [] }
    delivered += untouchedHeld
    return untouchedHeld.map { HeldFlowFile($0.flowFile, since: $0.heldSince ?? .zero) }
  }

  func openLineage() -> LineageID { flow.lineages.makeID() }

  func count(_ counter: String, _ delta: Int64) { flow.statistics.count(counter, delta, of: trigger.processor) }

  func noteWait(_ reason: String, _ change: Int) { flow.outsideWaits.note(reason, change, of: trigger.processor) }

  /// When the processor wanted those that it has not asked for.
  var untouchedUntil: Duration? { untouchedHeld.isEmpty ? nil : trigger.heldUntil }
  var untouchedForCount: Int { untouchedHeld.isEmpty ? 1 : trigger.heldForCount }

  /// Those that cannot wait any more, because nothing more can come, and that the session did not ask for.
  var overdue: [TakenFlowFile] { trigger.isInputEnded && !trigger.isStopping ? untouchedHeld : [] }

  /// Every FlowFile that left its queue for this session.
  var all: [TakenFlowFile] { reserved.map { delivered + [$0] } ?? delivered }

  func taken(_ id: FlowFileID) -> TakenFlowFile? {
    guard delivered.count > 64 else { return delivered.first { $0.flowFile.id == id } }
    if places.count != delivered.count {
      places = Dictionary(delivered.enumerated().map { ($0.element.flowFile.id, $0.offset) }) { first, _ in first }
    }
    return places[id].map { delivered[$0] }
  }
}
