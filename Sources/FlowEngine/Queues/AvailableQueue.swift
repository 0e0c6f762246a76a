import DequeModule
import HeapModule

/// The FlowFiles of a queue that may be taken, in order: first in, first out, or by priority.
struct AvailableQueue: Sendable {
  private enum Storage: Sendable {
    case firstInFirstOut(Deque<QueuedFlowFile>)
    case prioritised(Heap<Ranked>)
  }
  private struct Ranked: Comparable, Sendable {
    var queued: QueuedFlowFile
    static func == (left: Ranked, right: Ranked) -> Bool { left.queued.sequence == right.queued.sequence }
    static func < (left: Ranked, right: Ranked) -> Bool { left.queued.precedes(right.queued) }
  }
  private var storage: Storage

  init(isPrioritised: Bool) {
    storage = isPrioritised ? .prioritised(Heap()) : .firstInFirstOut(Deque())
  }

  var count: Int {
    switch storage {
    case .firstInFirstOut(let queue): queue.count
    case .prioritised(let heap): heap.count
    }
  }

  mutating func append(_ queued: QueuedFlowFile) {
    modify({ $0.append(queued) }, { $0.insert(Ranked(queued: queued)) })
  }

  mutating func popFirst() -> QueuedFlowFile? {
    modify({ $0.popFirst() }, { $0.popMin()?.queued })
  }

  /// Puts back what was taken, to its old place. Costs a step for each FlowFile ahead of it that was put back before.
  mutating func putBack(_ queued: QueuedFlowFile) {
    modify(
      { queue in
        let place = queue.firstIndex { queued.precedes($0) } ?? queue.endIndex
        queue.insert(queued, at: place)
      },
      { $0.insert(Ranked(queued: queued)) })
  }

  /// Empties the queue; what was in it, in order.
  mutating func removeAll() -> [QueuedFlowFile] {
    var all: [QueuedFlowFile] = []
    while let next = popFirst() { all.append(next) }
    return all
  }

  /// Edits the storage in place: it is taken out of the enum for the while, so that nothing is copied.
  private mutating func modify<Result>(
    _ editQueue: (inout Deque<QueuedFlowFile>) -> Result, _ editHeap: (inout Heap<Ranked>) -> Result
  ) -> Result {
    switch storage {
    case .firstInFirstOut(var queue):
      storage = .firstInFirstOut([])
      defer { storage = .firstInFirstOut(queue) }
      return editQueue(&queue)
    case .prioritised(var heap):
      storage = .prioritised([])
      defer { storage = .prioritised(heap) }
      return editHeap(&heap)
    }
  }
}
