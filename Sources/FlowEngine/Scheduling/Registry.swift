/// Operations in flight (timers, tasks) that can be cancelled together.
///
/// An operation may end on another thread before its owner has registered it. The id, created before the start, reveals
/// this.
struct Registry<Entry: Sendable>: Sendable {
  private var lastID = 0
  private var underWay: [Int: Entry] = [:]
  private var endedEarly: Set<Int> = []
  private var isClosed = false

  var count: Int { underWay.count }

  mutating func makeID() -> Int {
    lastID += 1
    return lastID
  }

  /// Registers an operation. Returns true if the registry is closed and the operation must be cancelled.
  mutating func note(_ id: Int, _ entry: Entry) -> Bool {
    if endedEarly.remove(id) != nil { return false }
    underWay[id] = entry
    return isClosed
  }

  mutating func ended(_ id: Int) {
    if underWay.removeValue(forKey: id) == nil { endedEarly.insert(id) }
  }

  /// Closes the registry and returns the operations to cancel, oldest first. Later registrations are rejected by
  /// `note`.
  mutating func close() -> [Entry] {
    isClosed = true
    return underWay.sorted { $0.key < $1.key }.map(\.value)
  }
}
