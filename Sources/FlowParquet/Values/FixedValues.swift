/// Integers of 32 or 64 bits, dates and instants among them.
struct IntegerValues: ColumnValues {
  /// 4 or 8.
  let width: Int
  /// Pages end before large differences, for DELTA_BINARY_PACKED.
  let areInstants: Bool
  private(set) var values: [Int64] = []
  private var entries = BitsDictionary()
  private var bounds: ClosedRange<Int64>?

  init(width: Int, areInstants: Bool = false) {
    self.width = width
    self.areInstants = areInstants
  }

  var count: Int { values.count }
  var plainByteCount: Int { values.count * width }
  var dictionary: any ValueDictionary { FixedEntries(entries: entries.entries, width: width) }

  mutating func append(_ column: PreparedColumn, rows: Range<Int>) -> Int {
    guard case .integer(let integers) = column.values else { preconditionFailure("columns are prepared as their kind demands") }
    let end = areInstants ? jump(in: integers, rows: rows, isNull: column.isNull) ?? rows.upperBound : rows.upperBound
    values.append(integers, rows: rows.lowerBound..<end, isNull: column.isNull)
    return end - rows.lowerBound
  }

  /// The row before which the page ends.
  private func jump(in integers: [Int64], rows: Range<Int>, isNull: [Bool]?) -> Int? {
    integers.withUnsafeBufferPointer { integers in
      var count = values.count
      var previous = values.last ?? 0
      for row in rows where isNull?[row] != true {
        let (difference, isOverflow) = integers[row].subtractingReportingOverflow(previous)
        if count >= PageLimits.valuesBeforeJump, isOverflow || difference.magnitude > PageLimits.jump { return row }
        previous = integers[row]
        count += 1
      }
      return nil
    }
  }

  func appendPlain(to bytes: inout [UInt8]) { bytes.appendFixed(values, width: width) }
  func appendDelta(to bytes: inout [UInt8]) -> Bool { values.withUnsafeBufferPointer { DeltaBinaryPacked().append($0, to: &bytes) } }

  mutating func dictionaryIndices() -> [UInt32]? { entries.indices(of: values, limit: PageLimits.dictionaryEntries) }
  mutating func truncateDictionary(to count: Int) { entries.truncate(to: count) }

  mutating func noteBounds() {
    guard let first = values.first else { return }
    var least = bounds?.lowerBound ?? first
    var largest = bounds?.upperBound ?? first
    values.withUnsafeBufferPointer { values in
      for value in values {
        least = min(least, value)
        largest = max(largest, value)
      }
    }
    bounds = least...largest
  }

  mutating func removeValues() { values.removeAll(keepingCapacity: true) }

  mutating func takeBounds() -> ValueBounds {
    defer {
      bounds = nil
      entries.removeAll()
    }
    func plain(_ value: Int64) -> [UInt8] {
      var bytes: [UInt8] = []
      bytes.appendFixed([value], width: width)
      return bytes
    }
    return ValueBounds(least: bounds.map { plain($0.lowerBound) }, largest: bounds.map { plain($0.upperBound) })
  }
}

/// Reals, by their bits.
struct RealValues: ColumnValues {
  private var bits: [Int64] = []
  private var entries = BitsDictionary()
  private var least = Double.infinity
  private var largest = -Double.infinity
  /// Values that are no NaN: bounds are those of these values.
  private var numberCount: Int64 = 0
  private var nanCount: Int64 = 0

  var count: Int { bits.count }
  var plainByteCount: Int { bits.count * 8 }
  var dictionary: any ValueDictionary { FixedEntries(entries: entries.entries, width: 8) }

  mutating func append(_ column: PreparedColumn, rows: Range<Int>) -> Int {
    guard case .real(let reals) = column.values else { preconditionFailure("columns are prepared as their kind demands") }
    reals.withUnsafeBufferPointer { $0.withMemoryRebound(to: Int64.self) { bits.append($0, rows: rows, isNull: column.isNull) } }
    return rows.count
  }

  func appendPlain(to bytes: inout [UInt8]) { bytes.appendFixed(bits, width: 8) }

  mutating func dictionaryIndices() -> [UInt32]? { entries.indices(of: bits, limit: PageLimits.dictionaryEntries) }
  mutating func truncateDictionary(to count: Int) { entries.truncate(to: count) }

  mutating func noteBounds() {
    for bits in bits {
      let value = Double(bitPattern: UInt64(bitPattern: bits))
      guard !value.isNaN else {
        nanCount += 1
        continue
      }
      numberCount += 1
      if value < least { least = value }
      if value > largest { largest = value }
    }
  }

  mutating func removeValues() { bits.removeAll(keepingCapacity: true) }

  mutating func takeBounds() -> ValueBounds {
    defer { self = RealValues() }
    func plain(_ value: Double) -> [UInt8] { withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    guard numberCount > 0 else { return ValueBounds(nanCount: nanCount) }
    // Readers compare zeros as they like: the bounds hold both.
    return ValueBounds(least: plain(least == 0 ? -0.0 : least), largest: plain(largest == 0 ? 0.0 : largest), nanCount: nanCount)
  }
}

private struct FixedEntries: ValueDictionary {
  let entries: [Int64]
  let width: Int

  var count: Int { entries.count }
  var plainByteCount: Int { entries.count * width }
  func appendPlain(to bytes: inout [UInt8]) { bytes.appendFixed(entries, width: width) }
}

extension [Int64] {
  fileprivate mutating func append(_ values: [Int64], rows: Range<Int>, isNull: [Bool]?) {
    values.withUnsafeBufferPointer { append($0, rows: rows, isNull: isNull) }
  }

  fileprivate mutating func append(_ values: UnsafeBufferPointer<Int64>, rows: Range<Int>, isNull: [Bool]?) {
    guard let isNull else { return append(contentsOf: UnsafeBufferPointer(rebasing: values[rows])) }
    reserveCapacity(count + rows.count)
    for row in rows where !isNull[row] { append(values[row]) }
  }
}

extension [UInt8] {
  /// PLAIN: each value little-endian.
  /// - Parameter width: 4 or 8 bytes a value; of 4, the values fit.
  fileprivate mutating func appendFixed(_ values: [Int64], width: Int) {
    appendZeros(values.count * width) { target in
      values.withUnsafeBufferPointer { values in
        for (index, value) in values.enumerated() {
          if width == 8 {
            target.storeBytes(of: value.littleEndian, toByteOffset: index * 8, as: Int64.self)
          } else {
            target.storeBytes(of: Int32(truncatingIfNeeded: value).littleEndian, toByteOffset: index * 4, as: Int32.self)
          }
        }
      }
    }
  }
}
