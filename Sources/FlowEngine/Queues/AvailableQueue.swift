import DequeModule
import HeapModule

/// The FlowFiles of a queue that may be taken, in order: first in, first out, or by priority.
struct AvailableQueue: Sendable {
  private enum Storage: Sendable {
    case firstInFirstOut(Deque<QueueEntry>)
    case prioritised(Heap<QueueEntry>)
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

  mutating func append(_ entry: QueueEntry) {
    modify({ $0.append(entry) }, { $0.insert(entry) })
  }

  mutating func popFirst() -> QueueEntry? {
    modify({ $0.popFirst() }, { $0.popMin() })
  }

  /// Puts back what was taken, to its old place. Costs a step for each FlowFile ahead of it that was put back before.
  mutating func putBack(_ entry: QueueEntry) {
    modify(
      { queue in
        let place = queue.firstIndex { entry < $0 } ?? queue.endIndex
        queue.insert(entry, at: place)
      },
      { $0.insert(entry) })
  }

  /// Empties the queue; what was in it, in order.
  mutating func removeAll() -> [QueueEntry] {
    var all: [QueueEntry] = []
    while let next = popFirst() { all.append(next) }
    return all
  }

  /// Edits the storage in place: it is taken out of the enum for the while, so that nothing is copied.
  private mutating func modify<Result>(
    _ editQueue: (inout Deque<QueueEntry>) -> Result, _ editHeap: (inout Heap<QueueEntry>) -> Result
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
