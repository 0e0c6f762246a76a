/// Texts as the bytes of their UTF-8.
struct TextValues: ColumnValues {
  private var texts = TextRuns()
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
