/// A dictionary of values of at most 64 bits; reals by their bits, so that none is taken for another.
struct BitsDictionary {
  private(set) var entries: [Int64] = []
  /// Open addressing: the number of an entry and 1, or 0. At most half of the places are taken.
  private var places = [UInt32](repeating: 0, count: 512)

  /// nil if there would be more than `limit` entries.
  mutating func indices(of values: [Int64], limit: Int) -> [UInt32]? {
    var isTooLarge = false
    let indices = [UInt32](unsafeUninitializedCapacity: values.count) { indices, count in
      while count < values.count, !isTooLarge {
        count = look(up: values, from: count, into: indices)
        guard count < values.count else { return }
        isTooLarge = entries.count == limit
        if !isTooLarge { insert(values[count]) }
      }
    }
    return isTooLarge ? nil : indices
  }

  mutating func truncate(to count: Int) { entries.removeLast(entries.count - count) }

  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    places.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  /// Looks up values until one is not an entry; returns its number.
  private func look(up values: [Int64], from start: Int, into indices: UnsafeMutableBufferPointer<UInt32>) -> Int {
    let mask = places.count - 1
    return values.withUnsafeBufferPointer { values in
      entries.withUnsafeBufferPointer { entries in
        places.withUnsafeBufferPointer { places in
          for index in start..<values.count {
            let value = values[index]
            var place = Self.hash(value) & mask
            while places[place] != 0, entries[Int(places[place]) - 1] != value { place = (place + 1) & mask }
            guard places[place] != 0 else { return index }
            indices.initializeElement(at: index, to: places[place] - 1)
          }
          return values.count
        }
      }
    }
  }

  private mutating func insert(_ value: Int64) {
    entries.append(value)
    if entries.count * 2 > places.count {
      places = [UInt32](repeating: 0, count: places.count * 4)
      for (index, entry) in entries.dropLast().enumerated() { occupy(entry, UInt32(index + 1)) }
    }
    occupy(value, UInt32(entries.count))
  }

  private mutating func occupy(_ value: Int64, _ number: UInt32) {
    var place = Self.hash(value) & (places.count - 1)
    while places[place] != 0 { place = (place + 1) & (places.count - 1) }
    places[place] = number
  }

  private static func hash(_ value: Int64) -> Int { Int(truncatingIfNeeded: UInt64(bitPattern: value).mixed) }
}
