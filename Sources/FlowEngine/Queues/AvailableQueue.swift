import DequeModule
import HeapModule

/// The available FlowFiles of a queue in order: first in, first out, or by priority.
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

  /// Returns a taken FlowFile to its former position. The cost is linear in the FlowFiles ahead of it that were put
  /// back before.
  mutating func putBack(_ entry: QueueEntry) {
    modify(
      { queue in
        let place = queue.firstIndex { entry < $0 } ?? queue.endIndex
        queue.insert(entry, at: place)
      },
      { $0.insert(entry) })
  }

  /// Empties the queue and returns its entries in order.
  mutating func removeAll() -> [QueueEntry] {
    var all: [QueueEntry] = []
    while let next = popFirst() { all.append(next) }
    return all
  }

  /// Edits the storage in place. It is moved out of the enum meanwhile, which avoids a copy of the whole queue.
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
