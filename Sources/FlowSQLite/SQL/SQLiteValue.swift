import FlowBase
import FlowCore
import GRDBSQLite

/// A value as SQLite stores one.
enum SQLiteValue: Hashable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  /// A JSON number, as the nearest that SQLite has: a whole number of 64 bits, or floating point.
  init(number text: String) { self = Int64(text).map { .integer($0) } ?? .real(Double(text) ?? .nan) }

  /// As a record has it that knows nothing more about the column.
  var dataValue: DataValue {
    switch self {
    case .null: .null
    case .integer(let number): .number(String(number))
    case .real(let number): DataValue(number)
    case .text(let text): .text(text)
    case .blob(let bytes): .text("\\x" + Hexadecimal.text(bytes))
    }
  }

  /// A column of the current row; nil for a text that is not UTF-8.
  init?(_ row: OpaquePointer, _ column: Int32) {
    switch sqlite3_column_type(row, column) {
    case SQLITE_INTEGER: self = .integer(sqlite3_column_int64(row, column))
    case SQLITE_FLOAT: self = .real(sqlite3_column_double(row, column))
    case SQLITE_TEXT:
      let start = sqlite3_column_text(row, column)
      let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(row, column)))
      guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
      self = .text(text)
    case SQLITE_BLOB:
      let start = sqlite3_column_blob(row, column)
      self = .blob(Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(row, column)))))
    default: self = .null
    }
  }
}

extension SQLStatement {
  func bind(_ value: SQLiteValue, at index: Int32) {
    switch value {
    case .null: bindNull(at: index)
    case .integer(let number): bind(number, at: index)
    case .real(let number): bind(number, at: index)
    case .text(let text): bind(text, at: index)
    case .blob(let bytes): bind(bytes, at: index)
    }
  }
}
