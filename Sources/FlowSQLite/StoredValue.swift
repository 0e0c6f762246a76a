import FlowCore
import GRDB
import GRDBSQLite
import StudyLedger
import StudyModel

/// Compares a batch value with a result column without creating an object for the latter.
enum StoredValue {
  /// SQLite's order: numbers before text before blobs; text by its bytes.
  static func compare(_ values: RecordBatch.Values, _ row: Int, _ statement: OpaquePointer, _ index: Int32) -> Int {
    switch values {
    case .integer(let values): return compare(values[row], statement, index)
    case .real(let values):
      let type = sqlite3_column_type(statement, index)
      return type == SQLITE_INTEGER || type == SQLITE_FLOAT
        ? ordering(values[row], sqlite3_column_double(statement, index)) : -1
    case .text(let values):
      let type = sqlite3_column_type(statement, index)
      guard type == SQLITE_TEXT else { return type == SQLITE_BLOB ? -1 : 1 }
      return compareText(values[row], statement, index)
    }
  }

  /// The same for a whole number; not 0 if NULL is stored.
  static func compare(_ number: Int64, _ statement: OpaquePointer, _ index: Int32) -> Int {
    switch sqlite3_column_type(statement, index) {
    case SQLITE_INTEGER: ordering(number, sqlite3_column_int64(statement, index))
    case SQLITE_FLOAT: ordering(Double(number), sqlite3_column_double(statement, index))
    default: -1
    }
  }

  /// Equality as in SQL's IS: NULL equals NULL. NaN is stored as NULL.
  static func isSame(_ column: RecordBatch.Column, _ row: Int, _ statement: OpaquePointer, _ index: Int32) -> Bool {
    let isStoredNull = sqlite3_column_type(statement, index) == SQLITE_NULL
    var isNull = column.isNull?[row] ?? false
    if case .real(let values) = column.values, values[row].isNaN { isNull = true }
    if isNull || isStoredNull { return isNull && isStoredNull }
    return compare(column.values, row, statement, index) == 0
  }

  private static func compareText(_ text: String, _ statement: OpaquePointer, _ index: Int32) -> Int {
    let stored = UnsafeBufferPointer(
      start: sqlite3_column_text(statement, index), count: Int(sqlite3_column_bytes(statement, index)))
    var text = text
    return text.withUTF8 { bytes in
      if bytes.elementsEqual(stored) { return 0 }
      return bytes.lexicographicallyPrecedes(stored) ? -1 : 1
    }
  }

  private static func ordering<Value: Comparable>(_ left: Value, _ right: Value) -> Int { left < right ? -1 : left > right ? 1 : 0 }
}

extension RecordValue {
  init(_ value: DatabaseValue) {
    self =
      switch value.storage {
      case .null: .null
      case .int64(let value): .integer(value)
      case .double(let value): .real(value)
      case .string(let value): .text(value)
      case .blob(let value): .text(String(decoding: value, as: UTF8.self))
      }
  }

  var databaseValue: DatabaseValue {
    switch self {
    case .null: .null
    case .integer(let value): value.databaseValue
    case .real(let value): value.databaseValue
    case .text(let value): value.databaseValue
    }
  }
}
