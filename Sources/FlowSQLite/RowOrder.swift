import FlowCore
import StudyModel

/// The rows of a batch in the order of a table's key, each key once. Where a batch repeats a key, its last row counts.
struct RowOrder {
  /// Row numbers in key order; nil: as they stand.
  private var permutation: [Int]?
  private(set) var count: Int
  /// Rows left out because a later row has the same key.
  private(set) var repeated = 0
  /// Two rows of one key differ in their values.
  private(set) var hasContradiction = false

  /// Throws `ProcessorError` (`bad_data`) where a key column is missing or NULL.
  init(_ batch: RecordBatch, key: [String]) throws {
    count = batch.count
    guard count > 0 else { return }
    let columns = try key.map { name in
      guard let column = batch[name] else {
        throw ProcessorError(.badData, "the rows have no column '\(name)', which is part of the key")
      }
      if let row = column.isNull?.firstIndex(of: true) {
        throw ProcessorError(.badData, "column '\(name)' is NULL in row \(row + 1); expected a value, it is part of the key")
      }
      return column.values
    }
    if !RowOrder.isStrictlyAscending(columns, count: batch.count) { sort(batch, by: columns) }
  }

  func row(at position: Int) -> Int { permutation?[position] ?? position }

  /// Keeps the rows that satisfy a condition.
  func filter(_ isKept: (Int) -> Bool) -> RowOrder {
    let kept = (0..<count).map(row(at:)).filter(isKept)
    guard kept.count < count else { return self }
    var order = self
    order.permutation = kept
    order.count = kept.count
    return order
  }

  private mutating func sort(_ batch: RecordBatch, by columns: [RecordBatch.Values]) {
    let sorted = (0..<count).sorted { left, right in
      let order = RowOrder.compare(left, right, columns)
      return order == 0 ? left < right : order < 0
    }
    let last = sorted.indices.filter { place in
      place + 1 == sorted.count || RowOrder.compare(sorted[place], sorted[place + 1], columns) != 0
    }
    permutation = last.map { sorted[$0] }
    repeated = count - last.count
    hasContradiction = repeated > 0 && zip(sorted, sorted.dropFirst()).contains { left, right in
      RowOrder.compare(left, right, columns) == 0 && !batch.isSame(left, right)
    }
    count = last.count
  }

  private static func isStrictlyAscending(_ columns: [RecordBatch.Values], count: Int) -> Bool {
    guard count > 1 else { return true }
    if columns.count == 1, case .integer(let values) = columns[0] {
      var previous = values[0]
      for value in values.dropFirst() {
        guard value > previous else { return false }
        previous = value
      }
      return true
    }
    return (1..<count).allSatisfy { compare($0 - 1, $0, columns) < 0 }
  }

  /// Negative, zero or positive, in the order of SQLite's BINARY collation: text by its UTF-8 bytes.
  private static func compare(_ left: Int, _ right: Int, _ columns: [RecordBatch.Values]) -> Int {
    for column in columns {
      let order =
        switch column {
        case .integer(let values): ordering(values[left], values[right])
        case .real(let values): ordering(values[left], values[right])
        case .text(let values): byteOrdering(values[left], values[right])
        }
      if order != 0 { return order }
    }
    return 0
  }
}

func ordering<Value: Comparable>(_ left: Value, _ right: Value) -> Int { left < right ? -1 : left > right ? 1 : 0 }

private func byteOrdering(_ left: String, _ right: String) -> Int {
  if left.utf8.elementsEqual(right.utf8) { return 0 }
  return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
}

extension RecordBatch {
  /// Whether two rows hold the same.
  fileprivate func isSame(_ left: Int, _ right: Int) -> Bool {
    columns.allSatisfy { column in
      guard (column.isNull?[left] ?? false) == (column.isNull?[right] ?? false) else { return false }
      return switch column.values {
      case .integer(let values): values[left] == values[right]
      case .real(let values): values[left] == values[right]
      case .text(let values): values[left] == values[right]
      }
    }
  }
}
