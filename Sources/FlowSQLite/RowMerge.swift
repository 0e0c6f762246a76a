import FlowCore
import GRDBSQLite
import StudyModel

/// A batch held against the rows that the table has already: one ordered walk over both.
struct RowMerge {
  /// Row numbers of the batch whose key the table does not have, in key order; nil: all of them.
  private(set) var new: [Int]?
  /// Row numbers whose key is there with other values.
  private(set) var changed: [Int] = []
  private(set) var unchanged = 0
  /// Rows of the table, in the window, that the batch lacks.
  private(set) var vanished = 0
  /// Rows of the table in the window.
  private(set) var existingInWindow = 0
  /// The whole batch is new: the table has no row where the walk went.
  var isFresh: Bool { new == nil }

  /// Walks `existing` (key columns, then value columns, ordered by key) beside the batch.
  /// `isInWindow` says whether the row that the statement stands on lies in the slice.
  init(
    _ order: RowOrder, key: [RecordBatch.Column], values: [RecordBatch.Column], existing: SQLStatement,
    isInWindow: (OpaquePointer) -> Bool
  ) throws {
    var position = 0
    var found: [Int] = []
    var sawRow = false
    try existing.scan { statement in
      sawRow = true
      let inWindow = isInWindow(statement)
      if inWindow { existingInWindow += 1 }
      while position < order.count {
        let row = order.row(at: position)
        let comparison = RowMerge.compareKey(key, row, statement)
        if comparison > 0 { break }
        position += 1
        if comparison < 0 {
          found.append(row)
          continue
        }
        if RowMerge.isEqual(values, row, statement, from: Int32(key.count)) { unchanged += 1 } else { changed.append(row) }
        return true
      }
      if inWindow { vanished += 1 }
      return true
    }
    guard sawRow else { return }
    while position < order.count {
      found.append(order.row(at: position))
      position += 1
    }
    new = found
  }

  private static func compareKey(_ key: [RecordBatch.Column], _ row: Int, _ statement: OpaquePointer) -> Int {
    for (index, column) in key.enumerated() {
      let order = StoredValue.compare(column.values, row, statement, Int32(index))
      if order != 0 { return order }
    }
    return 0
  }

  private static func isEqual(_ columns: [RecordBatch.Column], _ row: Int, _ statement: OpaquePointer, from first: Int32) -> Bool {
    for (index, column) in columns.enumerated() {
      guard StoredValue.isSame(column, row, statement, first + Int32(index)) else { return false }
    }
    return true
  }
}

/// A value of a batch beside the one in a result column, without making an object of the latter.
enum StoredValue {
  /// Order of SQLite: numbers before text before blobs; text by its bytes.
  static func compare(_ values: RecordBatch.Values, _ row: Int, _ statement: OpaquePointer, _ index: Int32) -> Int {
    let type = sqlite3_column_type(statement, index)
    switch values {
    case .integer(let values):
      if type == SQLITE_INTEGER { return ordering(values[row], sqlite3_column_int64(statement, index)) }
      return type == SQLITE_FLOAT ? ordering(Double(values[row]), sqlite3_column_double(statement, index)) : -1
    case .real(let values):
      return type == SQLITE_INTEGER || type == SQLITE_FLOAT
        ? ordering(values[row], sqlite3_column_double(statement, index)) : -1
    case .text(let values):
      guard type == SQLITE_TEXT else { return type == SQLITE_BLOB ? -1 : 1 }
      return compareText(values[row], statement, index)
    }
  }

  /// SQL's IS: NULL is the same as NULL. A not-a-number is stored as NULL.
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
}
