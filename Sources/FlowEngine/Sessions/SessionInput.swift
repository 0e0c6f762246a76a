import FlowCore

/// The FlowFiles that a session takes from its processor's queues. Confined to the session's task.
final class SessionInput {
  private let scheduler: Scheduler
  private let trigger: Trigger
  private let limit: Int
  private(set) var delivered: [TakenFlowFile] = []
  /// Reserved by the scheduler but not yet requested by the session.
  private(set) var reserved: TakenFlowFile?

  init(_ trigger: Trigger, limit: Int, scheduler: Scheduler) {
    self.trigger = trigger
    self.limit = limit
    self.scheduler = scheduler
    reserved = trigger.first
  }

  func next() -> FlowFile? {
    guard delivered.count < limit else { return nil }
    if let first = reserved {
      reserved = nil
      delivered.append(first)
      return first.flowFile
    }
    guard let taken = scheduler.take(trigger.processor, isRelief: trigger.isRelief) else { return nil }
    delivered.append(taken)
    return taken.flowFile
  }

  /// Every FlowFile that left its queue for this session.
  var all: [TakenFlowFile] { reserved.map { delivered + [$0] } ?? delivered }

  func taken(_ id: FlowFileID) -> TakenFlowFile? { delivered.first { $0.flowFile.id == id } }
}
