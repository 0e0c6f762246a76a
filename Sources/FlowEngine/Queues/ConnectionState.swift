import FlowCore
import HeapModule

/// The queue between two processors.
///
/// A FlowFile in it is available, penalised (waiting beside the queue until a given time) or in flight (taken by a
/// session). Available and in-flight FlowFiles count against the thresholds. Penalised ones do not, so that one
/// FlowFile with an hour's penalty does not block the others. Their return may therefore exceed a threshold.
/// The exception are those that a processor makes wait in great numbers, as ControlRate does: they count, so that the
/// thresholds bound them.
struct ConnectionState: Sendable {
  private struct Penalised: Comparable, Sendable {
    var entry: QueueEntry
    var until: Duration
    /// What it waits for.
    var reason: String?
    var isCounted: Bool
    static func == (left: Penalised, right: Penalised) -> Bool { left.entry == right.entry }
    static func < (left: Penalised, right: Penalised) -> Bool {
      left.until == right.until ? left.entry < right.entry : left.until < right.until
    }
  }

  let limits: QueueLimits
  private var available: AvailableQueue
  private var penalised = Heap<Penalised>()
  private var countedPenalisedCount = 0
  private(set) var inFlightCount = 0
  /// Bytes of all that count against the thresholds.
  private(set) var countedBytes = 0
  private var nextSequence: UInt64 = 0

  init(_ limits: QueueLimits) {
    self.limits = limits
    available = AvailableQueue(isPrioritised: limits.prioritise != nil)
  }

  var availableCount: Int { available.count }
  var penalisedCount: Int { penalised.count }
  /// The number that counts against the threshold.
  var countedCount: Int { available.count + inFlightCount + countedPenalisedCount }
  /// The number of all FlowFiles that have not left.
  var heldCount: Int { available.count + inFlightCount + penalised.count }
  /// A threshold is reached: the processors that feed the queue must wait.
  var isFull: Bool {
    (limits.count > 0 && countedCount >= limits.count) || (limits.bytes > 0 && countedBytes >= limits.bytes)
  }
  /// The end of the next penalty (monotonic); nil if there is none.
  var nextRelease: Duration? { penalised.min?.until }

  /// The end of the next penalty, with its reason, and the end of the last one; nil if there is none.
  var penalty: FlowSnapshot.Penalty? {
    guard let first = penalised.min, let last = penalised.max else { return nil }
    return FlowSnapshot.Penalty(reason: first.reason, firstEnd: first.until, lastEnd: last.until)
  }

  /// Adds a FlowFile at the end.
  mutating func append(_ queued: QueuedFlowFile) {
    countedBytes += queued.sizeBytes
    available.append(makeEntry(queued, prioritise: limits.prioritise))
  }

  /// Holds a FlowFile until a time (monotonic); then it joins the end of the queue.
  /// - Parameters:
  ///   - reason: what it waits for, for displays.
  ///   - isCounted: whether it counts against the thresholds meanwhile.
  mutating func penalise(_ queued: QueuedFlowFile, until: Duration, because reason: String? = nil, isCounted: Bool = false) {
    // On its return it gets a new entry, with a position at the end and the priority of its attributes.
    penalised.insert(Penalised(entry: makeEntry(queued, prioritise: nil), until: until, reason: reason, isCounted: isCounted))
    guard isCounted else { return }
    countedPenalisedCount += 1
    countedBytes += queued.sizeBytes
  }

  /// No longer counts what counted while it was penalised.
  private mutating func discount(_ penalised: Penalised) {
    guard penalised.isCounted else { return }
    precondition(countedPenalisedCount > 0, "a queue has lost count of its penalised FlowFiles")
    countedPenalisedCount -= 1
    discount(penalised.entry.queued)
  }

  /// Takes the first FlowFile for a session; it remains counted until it is acknowledged.
  mutating func take() -> QueueEntry? {
    guard let entry = available.popFirst() else { return nil }
    inFlightCount += 1
    return entry
  }

  /// Removes a FlowFile taken by a session from the counts.
  mutating func acknowledge(_ entry: QueueEntry) {
    precondition(inFlightCount > 0, "a FlowFile was acknowledged that no session had taken")
    inFlightCount -= 1
    discount(entry.queued)
  }

  private mutating func discount(_ queued: QueuedFlowFile) {
    precondition(countedBytes >= queued.sizeBytes, "a queue has lost count of its bytes")
    countedBytes -= queued.sizeBytes
  }

  /// Returns a FlowFile taken by a session to its former position.
  mutating func putBack(_ entry: QueueEntry) {
    precondition(inFlightCount > 0, "a FlowFile was put back that no session had taken")
    inFlightCount -= 1
    available.putBack(entry)
  }

  /// Moves FlowFiles whose penalty has ended to the queue.
  mutating func release(at now: Duration) {
    while let next = penalised.min, next.until <= now {
      let returning = penalised.removeMin()
      discount(returning)
      append(returning.entry.queued)
    }
  }

  /// Removes all penalised FlowFiles.
  mutating func removePenalised() -> [QueuedFlowFile] {
    var all: [QueuedFlowFile] = []
    while let next = penalised.popMin() {
      discount(next)
      all.append(next.entry.queued)
    }
    return all
  }

  private mutating func makeEntry(_ queued: QueuedFlowFile, prioritise: String?) -> QueueEntry {
    defer { nextSequence += 1 }
    return QueueEntry(queued, sequence: nextSequence, prioritise: prioritise)
  }

  /// Removes all FlowFiles that are not in flight.
  mutating func removeAll() -> [QueuedFlowFile] {
    let waiting = available.removeAll().map(\.queued)
    for queued in waiting { discount(queued) }
    return waiting + removePenalised()
  }
}
