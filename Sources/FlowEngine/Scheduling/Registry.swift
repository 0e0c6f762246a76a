/// Operations in flight (timers, tasks) that can be cancelled together.
///
/// A thing may come to its end on another thread before its owner has noted it here; the id, made before it starts, tells.
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

  /// Returns true if the registry is closed: the entry is to be called off.
  mutating func note(_ id: Int, _ entry: Entry) -> Bool {
    if endedEarly.remove(id) != nil { return false }
    underWay[id] = entry
    return isClosed
  }

  mutating func ended(_ id: Int) {
    if underWay.removeValue(forKey: id) == nil { endedEarly.insert(id) }
  }

  /// What is to be called off, the oldest first. What is noted later is called off then.
  mutating func close() -> [Entry] {
    isClosed = true
    return underWay.sorted { $0.key < $1.key }.map(\.value)
  }
}
