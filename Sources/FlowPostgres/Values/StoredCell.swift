import FlowCore
import StudyLedger
import StudyModel

/// Compares batch values with a column of an answer, without an object for each row.
struct StoredCell {
  private let answer: Answer
  private let index: Int
  private let type: PostgresType?

  init(_ answer: Answer, _ index: Int) {
    self.answer = answer
    self.index = index
    type = answer.type(index)
  }

  /// The whole number in a row; of a time, seconds since 1970. The value must not be NULL.
  func integer(_ row: Int) -> Int64 { answer.integer(present: row, index, type) }

  /// Negative if the batch's value comes first. NULL comes before every value.
  func compare(_ values: RecordBatch.Values, _ batchRow: Int, row: Int) -> Int {
    guard !answer.isNull(row, index) else { return 1 }
    switch values {
    case .integer(let values):
      return type == .double ? order(Double(values[batchRow]), answer.double(present: row, index)) : order(values[batchRow], integer(row))
    case .real(let values):
      return order(values[batchRow], type == .double ? answer.double(present: row, index) : Double(integer(row)))
    case .text(let values):
      if type == .date { return orderBytes(values[batchRow], CivilDate(daysSince1970: integer(row)).text) }
      return orderBytes(values[batchRow], answer.bytes(row, index))
    }
  }

  /// Equality as in SQL's IS NOT DISTINCT FROM. NaN is stored as NULL.
  func isSame(_ column: RecordBatch.Column, _ batchRow: Int, row: Int) -> Bool {
    let isStoredNull = answer.isNull(row, index)
    var isNull = column.isNull?[batchRow] ?? false
    if case .real(let values) = column.values, values[batchRow].isNaN { isNull = true }
    if isNull || isStoredNull { return isNull && isStoredNull }
    return compare(column.values, batchRow, row: row) == 0
  }

  private func order<Value: Comparable>(_ left: Value, _ right: Value) -> Int { left < right ? -1 : left > right ? 1 : 0 }

  private func orderBytes(_ text: String, _ other: String) -> Int {
    text == other ? 0 : text.utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
  }

  private func orderBytes(_ text: String, _ stored: UnsafeRawBufferPointer) -> Int {
    var text = text
    return text.withUTF8 { bytes in
      if bytes.elementsEqual(stored) { return 0 }
      return bytes.lexicographicallyPrecedes(stored) ? -1 : 1
    }
  }
}
