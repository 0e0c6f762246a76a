/// Records whose columns nobody has declared, as NiFi's record readers give them: read from JSON, CSV or a database, and written to one of them.
///
/// A record without a column's field has `.absent` there, which is written as NULL. Numbers keep the digits with which they were written, so that passing through changes none.
package struct DataTable: Sendable, Equatable {
  /// Different from each other, in the order in which they were met.
  package var columns: [String]
  /// Each as long as `columns`.
  package var rows: [[DataValue]]

  package init(columns: [String], rows: [[DataValue]] = []) {
    precondition(rows.allSatisfy { $0.count == columns.count }, "a row has a value for each column")
    self.columns = columns
    self.rows = rows
  }

  /// A part of its records, with the same columns.
  package subscript(range: Range<Int>) -> DataTable { DataTable(columns: columns, rows: Array(rows[range])) }
}

/// A value of a record.
package enum DataValue: Sendable, Hashable {
  /// The record does not have the field: a change of a database leaves its column alone.
  case absent
  case null
  case boolean(Bool)
  /// As JSON writes it.
  case number(String)
  case text(String)
  /// An object or a list, as JSON.
  case json(String)

  /// A number; infinity and what is not a number are texts, as JSON has neither.
  package init(_ number: Double) { self = number.isFinite ? .number(number.description) : .text(number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity") }

  /// Memory in bytes, roughly.
  package var sizeBytes: Int {
    switch self {
    case .absent, .null, .boolean: 17
    case .number(let text), .text(let text), .json(let text): 17 + (text.utf8.count > 15 ? text.utf8.count : 0)
    }
  }
}
