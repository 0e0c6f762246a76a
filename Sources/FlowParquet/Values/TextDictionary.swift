/// A dictionary of texts by their bytes: to Swift, texts with other bytes may be equal.
struct TextDictionary: ValueDictionary {
  private var entries = TextList()
  private var hashes: [UInt64] = []
  /// Open addressing, as in `BitsDictionary`.
  private var places = [UInt32](repeating: 0, count: 512)

  var count: Int { entries.count }
  var plainByteCount: Int { entries.plainByteCount }
  func appendPlain(to bytes: inout [UInt8]) { entries.appendPlain(to: &bytes) }

  /// nil if there would be more entries, or bytes of entries, than the limits.
  mutating func indices(of texts: TextRuns, limit: Int, limitBytes: Int) -> [UInt32]? {
    var indices: [UInt32] = []
    indices.reserveCapacity(texts.count)
    var isTooLarge = false
    texts.forEach { text, times in
      guard !isTooLarge else { return }
      let hash = Self.hash(text)
      var entry = entry(of: text, hash)
      if entry == nil {
        isTooLarge = entries.count == limit || plainByteCount + 4 + text.count > limitBytes
        if !isTooLarge { entry = insert(text, hash) }
      }
      if let entry { indices.append(contentsOf: repeatElement(entry, count: times)) }
    }
    return isTooLarge ? nil : indices
  }

  mutating func truncate(to count: Int) {
    entries.truncate(to: count)
    hashes.removeLast(hashes.count - count)
  }

  mutating func removeAll() {
    entries.removeAll()
    hashes.removeAll(keepingCapacity: true)
    places.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  private func entry(of text: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32? {
    var place = Int(truncatingIfNeeded: hash) & (places.count - 1)
    while places[place] != 0 {
      let entry = Int(places[place]) - 1
      if hashes[entry] == hash, entries.withText(entry, { $0.isSame(as: text) }) { return UInt32(entry) }
      place = (place + 1) & (places.count - 1)
    }
    return nil
  }

  private mutating func insert(_ text: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32 {
    entries.append(text)
    hashes.append(hash)
    if hashes.count * 2 > places.count {
      places = [UInt32](repeating: 0, count: places.count * 4)
      for (index, hash) in hashes.dropLast().enumerated() { occupy(hash, UInt32(index + 1)) }
    }
    occupy(hash, UInt32(hashes.count))
    return UInt32(hashes.count - 1)
  }

  private mutating func occupy(_ hash: UInt64, _ number: UInt32) {
    var place = Int(truncatingIfNeeded: hash) & (places.count - 1)
    while places[place] != 0 { place = (place + 1) & (places.count - 1) }
    places[place] = number
  }

  /// Eight bytes at a time.
  private static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
    var hash = UInt64(text.count).mixed
    var index = 0
    while index + 8 <= text.count {
      hash = (hash ^ UInt64(littleEndian: text.loadUnaligned(fromByteOffset: index, as: UInt64.self))).mixed
      index += 8
    }
    var rest: UInt64 = 0
    while index < text.count {
      rest = rest << 8 | UInt64(text[index])
      index += 1
    }
    return (hash ^ rest).mixed
  }
}
