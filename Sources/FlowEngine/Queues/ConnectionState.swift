import FlowCore
import HeapModule

/// The queue between two processors.
///
/// A FlowFile in it is available, penalised (it waits beside the queue until its time) or in flight (a session has it). What is
/// available or in flight counts against the thresholds; what is penalised does not, so that one FlowFile that waits for an hour
/// does not fill the queue that the others need. Its return may therefore carry the queue above a threshold.
struct ConnectionState: Sendable {
  private struct Penalised: Comparable, Sendable {
    var entry: QueueEntry
    var until: Duration
    static func == (left: Penalised, right: Penalised) -> Bool { left.entry == right.entry }
    static func < (left: Penalised, right: Penalised) -> Bool {
      left.until == right.until ? left.entry < right.entry : left.until < right.until
    }
  }

  let limits: QueueLimits
  private var available: AvailableQueue
  private var penalised = Heap<Penalised>()
  private(set) var inFlightCount = 0
  /// Of what is available or in flight.
  private(set) var countedBytes = 0
  private var nextSequence: UInt64 = 0

  init(_ limits: QueueLimits) {
    self.limits = limits
    available = AvailableQueue(isPrioritised: limits.prioritise != nil)
  }

  var availableCount: Int { available.count }
  var penalisedCount: Int { penalised.count }
  /// What counts against the threshold.
  var countedCount: Int { available.count + inFlightCount }
  /// All that has not left it.
  var heldCount: Int { countedCount + penalised.count }
  /// A threshold is reached: the processors that feed it wait.
  var isFull: Bool {
    (limits.count > 0 && countedCount >= limits.count) || (limits.bytes > 0 && countedBytes >= limits.bytes)
  }
  /// When the next penalty ends.
  var nextRelease: Duration? { penalised.min?.until }

  /// Adds a FlowFile at the end.
  mutating func append(_ queued: QueuedFlowFile) {
    countedBytes += queued.sizeBytes
    available.append(makeEntry(queued, prioritise: limits.prioritise))
  }

  /// Lets a FlowFile wait until a time (monotonic); then it joins the end of the queue.
  mutating func penalise(_ queued: QueuedFlowFile, until: Duration) {
    penalised.insert(Penalised(entry: makeEntry(queued, prioritise: nil), until: until))
  }

  /// Gives the first FlowFile to a session; it stays counted until it is acknowledged.
  mutating func take() -> QueueEntry? {
    guard let entry = available.popFirst() else { return nil }
    inFlightCount += 1
    return entry
  }

  /// A FlowFile that a session took has left for good.
  mutating func acknowledge(_ entry: QueueEntry) {
    precondition(inFlightCount > 0, "a FlowFile was acknowledged that no session had taken")
    inFlightCount -= 1
    discount(entry.queued)
  }

  private mutating func discount(_ queued: QueuedFlowFile) {
    precondition(countedBytes >= queued.sizeBytes, "a queue has lost count of its bytes")
    countedBytes -= queued.sizeBytes
  }

  /// A FlowFile that a session took goes back to its old place.
  mutating func putBack(_ entry: QueueEntry) {
    precondition(inFlightCount > 0, "a FlowFile was put back that no session had taken")
    inFlightCount -= 1
    available.putBack(entry)
  }

  /// Lets those join the queue whose penalty is over.
  mutating func release(at now: Duration) {
    while let next = penalised.min, next.until <= now {
      append(penalised.removeMin().entry.queued)
    }
  }

  /// Takes out all that waits for a penalty's end.
  mutating func removePenalised() -> [QueuedFlowFile] {
    var all: [QueuedFlowFile] = []
    while let next = penalised.popMin() { all.append(next.entry.queued) }
    return all
  }

  private mutating func makeEntry(_ queued: QueuedFlowFile, prioritise: String?) -> QueueEntry {
    defer { nextSequence += 1 }
    return QueueEntry(queued, sequence: nextSequence, prioritise: prioritise)
  }

  /// Takes out all that no session has.
  mutating func removeAll() -> [QueuedFlowFile] {
    let waiting = available.removeAll().map(\.queued)
    for queued in waiting { discount(queued) }
    return waiting + removePenalised()
  }
}
