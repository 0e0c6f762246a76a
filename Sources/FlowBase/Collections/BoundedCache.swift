/// Values that can be made again, by key: emptied when it is full, so that ever new keys do not take ever more memory.
package struct BoundedCache<Key: Hashable, Value> {
  private var values: [Key: Value] = [:]
  private let limit: Int

  /// Precondition: the limit is positive.
  package init(limit: Int) {
    precondition(limit > 0, "a cache has room for a value")
    self.limit = limit
  }

  package var count: Int { values.count }

  /// The value of a key, made if it is not there. Throws what `make` throws, and keeps nothing then.
  package mutating func value<Failure: Error>(for key: Key, _ make: () throws(Failure) -> Value) throws(Failure) -> Value {
    if let value = values[key] { return value }
    let value = try make()
    if values.count >= limit { values.removeAll(keepingCapacity: true) }
    values[key] = value
    return value
  }
}

extension BoundedCache: Sendable where Key: Sendable, Value: Sendable {}
