/// Texts as the bytes of their UTF-8.
struct TextValues: ColumnValues {
  private var texts = TextList()
  private var entries = TextDictionary()
  private var bounds = TextBounds()

  var count: Int { texts.count }
  var plainByteCount: Int { texts.plainByteCount }
  var dictionary: any ValueDictionary { entries }

  mutating func append(_ column: PreparedColumn, rows: Range<Int>) -> Int {
    guard case .text(let strings) = column.values else { preconditionFailure("columns are prepared as their kind demands") }
    for row in rows where column.isNull?[row] != true {
      texts.append(strings[row])
      if texts.plainByteCount >= PageLimits.bytes { return row + 1 - rows.lowerBound }
    }
    return rows.count
  }

  func appendPlain(to bytes: inout [UInt8]) { texts.appendPlain(to: &bytes) }
  mutating func dictionaryIndices() -> [UInt32]? {
    entries.indices(of: texts, limit: PageLimits.dictionaryEntries, limitBytes: PageLimits.dictionaryBytes)
  }
  mutating func truncateDictionary(to count: Int) { entries.truncate(to: count) }
  mutating func noteBounds() { bounds.note(texts) }
  mutating func removeValues() { texts.removeAll() }

  mutating func takeBounds() -> ValueBounds {
    defer {
      bounds = TextBounds()
      entries.removeAll()
    }
    return bounds.bounds
  }
}

/// Texts one after the other in one piece of memory.
struct TextList {
  private(set) var bytes: [UInt8] = []
  /// Where each text ends.
  private(set) var ends: [Int] = []

  var count: Int { ends.count }
  /// With a length of four bytes each.
  var plainByteCount: Int { bytes.count + ends.count * 4 }

  mutating func append(_ text: String) {
    // Strings of Swift have their UTF-8 at hand; those that another language made may not.
    if text.utf8.withContiguousStorageIfAvailable({ bytes.append(contentsOf: $0) }) == nil { bytes.append(contentsOf: text.utf8) }
    ends.append(bytes.count)
  }

  mutating func append(_ text: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: text)
    ends.append(bytes.count)
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  mutating func truncate(to count: Int) {
    bytes.removeLast(bytes.count - range(before: count))
    ends.removeLast(ends.count - count)
  }

  /// Where the text of this number begins.
  private func range(before number: Int) -> Int { number == 0 ? 0 : ends[number - 1] }

  func appendPlain(to target: inout [UInt8]) {
    target.reserveCapacity(target.count + plainByteCount)
    forEach { _, text in
      target.appendLittleEndian(UInt32(text.count))
      target.append(contentsOf: text)
    }
  }

  /// Calls for each text, with its number.
  func forEach(_ body: (Int, UnsafeRawBufferPointer) -> Void) {
    bytes.withUnsafeBytes { bytes in
      var start = 0
      for (number, end) in ends.enumerated() {
        body(number, UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        start = end
      }
    }
  }

  func withText<Result>(_ number: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range(before: number)..<ends[number]])) }
  }
}
