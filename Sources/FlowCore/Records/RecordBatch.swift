/// Typed rows, column by column: what travels between ExtractRecords and WriteRecords.
///
/// A value type; columns are shared copy-on-write. All columns hold `count` values. A null is marked in `isNull` and its place in the
/// values holds 0 or the empty text.
package struct RecordBatch: Sendable, Equatable {
  package struct Column: Sendable, Equatable {
    package var name: String
    package var values: Values
    /// Which rows are NULL; nil when none is.
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
  /// Rows of the document that lay outside the window and were dropped.
  package var droppedCount = 0
  /// Rows of the document without a value, which were left out.
  package var emptyCount = 0

  package init(columns: [Column], count: Int) {
    precondition(
      columns.allSatisfy { $0.values.count == count && $0.isNull?.count ?? count == count },
      "every column of a batch holds as many values, and marks, as it has rows")
    self.columns = columns
    self.count = count
  }

  package subscript(name: String) -> Column? { columns.first { $0.name == name } }

  /// Memory that the values take, for queue thresholds.
  package var sizeBytes: Int {
    columns.reduce(0) { sum, column in
      switch column.values {
      case .integer(let values): sum + values.count * 8
      case .real(let values): sum + values.count * 8
      case .text(let values): values.reduce(sum) { $0 + 16 + ($1.utf8.count > 15 ? $1.utf8.count : 0) }
      }
    }
  }
}
