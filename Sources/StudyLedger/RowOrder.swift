import FlowCore
import StudyModel

/// The rows of a batch in the order of a table's key, each key once. If a key repeats, its last row is used.
package struct RowOrder: Sendable {
  /// Row numbers in key order; nil if the batch is already in order.
  @usableFromInline private(set) var permutation: [Int]?
  package private(set) var count: Int
  /// Rows dropped because a later row has the same key.
  package private(set) var repeated = 0
  /// Whether two rows with the same key differ in their values.
  package private(set) var hasContradiction = false

  /// Throws `ProcessorError` (`bad_data`) if a key column is missing or NULL.
  package init(_ batch: RecordBatch, key: [String]) throws {
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

  // Called for every row, from other modules too.
  @inlinable package func row(at position: Int) -> Int { permutation?[position] ?? position }

  /// Keeps the rows that satisfy a condition.
  package func filter(_ isKept: (Int) -> Bool) -> RowOrder {
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

  /// Returns a negative number, zero or a positive number; text is compared by its UTF-8 bytes.
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

private func ordering<Value: Comparable>(_ left: Value, _ right: Value) -> Int { left < right ? -1 : left > right ? 1 : 0 }

private func byteOrdering(_ left: String, _ right: String) -> Int {
  if left.utf8.elementsEqual(right.utf8) { return 0 }
  return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
}

extension RecordBatch {
  /// Whether two rows hold the same values.
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

extension TableSchema {
  /// Throws `ProcessorError` (`internal`) if the batch has a column that the table lacks.
  package func check(_ batch: RecordBatch) throws {
    guard let unknown = batch.columns.first(where: { column in !columns.contains { $0.name == column.name } }) else { return }
    throw ProcessorError(.internal, "the rows have a column '\(unknown.name)' that table '\(name)' was not prepared for")
  }

  /// The rows of a batch to write, in key order. Throws `ProcessorError` (`bad_data`) for missing or NULL keys, and for
  /// two rows of one date that differ: a date has one value, and nothing says which is right. If an instant has two
  /// samples, the last one is used.
  package func order(of batch: RecordBatch) throws -> RowOrder {
    let order = try RowOrder(batch, key: key)
    if order.hasContradiction, timeColumn?.kind == .date {
      throw ProcessorError(
        .badData, "the answer has two rows of one \(key.joined(separator: " and ")) for table '\(name)' that differ; expected one")
    }
    return order
  }
}
