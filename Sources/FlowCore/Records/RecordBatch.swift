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
