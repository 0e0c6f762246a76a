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

  init(_ trigger: Trigger, limit: Int, flow: Flow) {
    self.trigger = trigger
    self.limit = limit
    self.flow = flow
    reserved = trigger.first
  }

  func next() -> FlowFile? {
    guard delivered.count < limit else { return nil }
    if let first = reserved {
      reserved = nil
      delivered.append(first)
      return first.flowFile
    }
    guard let taken = flow.scheduler.take(trigger.processor, isRelief: trigger.isRelief) else { return nil }
    delivered.append(taken)
    return taken.flowFile
  }

  func openLineage() -> LineageID { flow.lineages.makeID() }

  func count(_ counter: String, _ delta: Int64) { flow.statistics.count(counter, delta, of: trigger.processor) }

  func noteWait(_ reason: String, _ change: Int) { flow.outsideWaits.note(reason, change, of: trigger.processor) }

  /// Every FlowFile that left its queue for this session.
  var all: [TakenFlowFile] { reserved.map { delivered + [$0] } ?? delivered }

  func taken(_ id: FlowFileID) -> TakenFlowFile? { delivered.first { $0.flowFile.id == id } }
}
