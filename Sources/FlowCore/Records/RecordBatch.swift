/// Typed rows in columnar form, passed from ExtractRecords to WriteRecords.
///
/// A value type with copy-on-write columns, each of `count` values. NULL is marked in `isNull`, and the value at that
/// index is 0 or the empty text.
package struct RecordBatch: Sendable, Equatable {
  package struct Column: Sendable, Equatable {
    package var name: String
    package var values: Values
    /// Which rows are NULL; nil if none is.
    package var isNull: [Bool]?

    package init(name: String, values: Values, isNull: [Bool]? = nil) {
      self.name = name
      self.values = values
      self.isNull = isNull
    }
  }
  package enum Values: Sendable, Equatable {
    case integer([Int64])
    case real([Double])
    case text([String])

    package var count: Int {
      switch self {
      case .integer(let values): values.count
      case .real(let values): values.count
      case .text(let values): values.count
      }
    }
  }

  package var columns: [Column]
  package var count: Int
  /// The number of rows dropped because they were outside the window.
  package var droppedCount = 0
  /// The number of rows skipped because they had no value.
  package var emptyCount = 0

  package init(columns: [Column], count: Int) {
    precondition(
      columns.allSatisfy { $0.values.count == count && $0.isNull?.count ?? count == count },
      "every column of a batch holds as many values, and marks, as it has rows")
    self.columns = columns
    self.count = count
  }

  package subscript(name: String) -> Column? { columns.first { $0.name == name } }

  /// Memory of the values in bytes, for queue thresholds.
  package var sizeBytes: Int {
    columns.reduce(0) { sum, column in
      switch column.values {
      case .integer(let values): sum + values.count * 8
      case .real(let values): sum + values.count * 8
      // Swift stores texts of up to 15 UTF-8 bytes without an allocation.
      case .text(let values): values.reduce(sum) { $0 + 16 + ($1.utf8.count > 15 ? $1.utf8.count : 0) }
      }
    }
  }
}

// MARK: - Parts

extension RecordBatch {
  /// The rows with these numbers, in this order. The counts of dropped and skipped rows are not taken over.
  package func rows(_ numbers: [Int]) -> RecordBatch {
    if let first = numbers.first, let last = numbers.last, last - first == numbers.count - 1, zip(numbers, numbers.dropFirst()).allSatisfy({ $0 + 1 == $1 }) {
      return rows(first..<last + 1)
    }
    return RecordBatch(columns: columns.map { $0.rows(numbers) }, count: numbers.count)
  }

  package func rows(_ range: Range<Int>) -> RecordBatch {
    RecordBatch(columns: range.count == count ? columns : columns.map { $0.rows(range) }, count: range.count)
  }

  /// The rows of batches with equal columns, one after the other.
  package static func joined(_ batches: [RecordBatch]) -> RecordBatch {
    guard let first = batches.first else { return RecordBatch(columns: [], count: 0) }
    guard batches.count > 1 else { return first }
    let columns = first.columns.indices.map { index in Column.joined(batches.map { $0.columns[index] }) }
    var joined = RecordBatch(columns: columns, count: batches.reduce(0) { $0 + $1.count })
    joined.droppedCount = batches.reduce(0) { $0 + $1.droppedCount }
    joined.emptyCount = batches.reduce(0) { $0 + $1.emptyCount }
    return joined
  }
}

extension RecordBatch.Column {
  fileprivate func rows(_ numbers: some Sequence<Int>) -> Self {
    let kept: RecordBatch.Values =
      switch values {
      case .integer(let values): .integer(numbers.map { values[$0] })
      case .real(let values): .real(numbers.map { values[$0] })
      case .text(let values): .text(numbers.map { values[$0] })
      }
    return Self(name: name, values: kept, isNull: isNull.map { marks in numbers.map { marks[$0] } })
  }

  fileprivate func rows(_ range: Range<Int>) -> Self {
    let kept: RecordBatch.Values =
      switch values {
      case .integer(let values): .integer(Array(values[range]))
      case .real(let values): .real(Array(values[range]))
      case .text(let values): .text(Array(values[range]))
      }
    return Self(name: name, values: kept, isNull: isNull.map { Array($0[range]) })
  }

  fileprivate static func joined(_ columns: [Self]) -> Self {
    var values = columns[0].values
    for column in columns.dropFirst() {
      switch (values, column.values) {
      case (.integer(let left), .integer(let right)): values = .integer(left + right)
      case (.real(let left), .real(let right)): values = .real(left + right)
      case (.text(let left), .text(let right)): values = .text(left + right)
      default: preconditionFailure("batches of one mapping have columns of the same kinds")
      }
    }
    let isNull = columns.allSatisfy { $0.isNull == nil } ? nil : columns.flatMap { $0.isNull ?? [Bool](repeating: false, count: $0.values.count) }
    return Self(name: columns[0].name, values: values, isNull: isNull)
  }
}
