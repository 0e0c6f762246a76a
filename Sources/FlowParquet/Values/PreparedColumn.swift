import FlowBase
import FlowCore

/// The values of one column of a batch as the file has them: checked, dates as days and instants as milliseconds since 1970.
struct PreparedColumn {
  enum Values {
    case integer([Int64])
    case real([Double])
    case text([String])
  }

  var values: Values
  /// nil if no row is NULL.
  var isNull: [Bool]?

  /// - Parameter firstRow: the row of the file that the first row of the batch becomes, from 1.
  /// - Throws: `ParquetProblem` if the batch has no such column, or a value that the column cannot hold.
  init(_ column: ParquetColumn, in batch: RecordBatch, firstRow: Int64) throws(ParquetProblem) {
    guard let found = batch[column.name] else {
      throw ParquetProblem(
        column: column.name, found: "no values in a batch with the columns \(batch.columns.map { "'\($0.name)'" }.joined(separator: ", "))",
        expected: "a column of this name in every batch")
    }
    let isNull = found.isNull?.contains(true) == true ? found.isNull : nil
    if column.isRequired, let row = isNull?.firstIndex(of: true) {
      throw ParquetProblem(column: column.name, row: firstRow + Int64(row), found: "NULL", expected: "a value: the column is required")
    }
    let check = ValueCheck(column: column, isNull: isNull, firstRow: firstRow)
    switch (column.kind, found.values) {
    case (.integer64, .integer(let integers)): values = .integer(integers)
    case (.integer32, .integer(let integers)): values = .integer(try check.within(Int64(Int32.min)...Int64(Int32.max), "an integer of 32 bits", integers))
    case (.instant, .integer(let seconds)): values = .integer(try check.milliseconds(seconds))
    case (.real, .real(let reals)): values = .real(reals)
    case (.text, .text(let texts)): values = .text(try check.lengths(texts))
    case (.date, .text(let texts)): values = .integer(try check.days(texts))
    case (_, let others):
      throw ParquetProblem(column: column.name, found: "\(others.words) in a batch", expected: column.kind.words)
    }
    self.isNull = isNull
  }
}

/// Converts the values of a column; what NULL rows hold is not looked at.
private struct ValueCheck {
  /// Pages count their bytes in 31 bits.
  private static let longestText = 1 << 30
  let column: ParquetColumn
  let isNull: [Bool]?
  let firstRow: Int64

  private func isValue(_ row: Int) -> Bool { isNull?[row] != true }

  private func problem(_ row: Int, _ found: String, _ expected: String) -> ParquetProblem {
    ParquetProblem(column: column.name, row: firstRow + Int64(row), found: found, expected: expected)
  }

  /// - Parameter words: what is expected.
  func within(_ range: ClosedRange<Int64>, _ words: String, _ integers: [Int64]) throws(ParquetProblem) -> [Int64] {
    let isInside = integers.withUnsafeBufferPointer { integers in
      var least = Int64.max
      var largest = Int64.min
      for integer in integers {
        least = min(least, integer)
        largest = max(largest, integer)
      }
      return least >= range.lowerBound && largest <= range.upperBound
    }
    if !isInside, let row = integers.indices.first(where: { isValue($0) && !range.contains(integers[$0]) }) {
      throw problem(row, "\(integers[row])", "\(words), from \(range.lowerBound) to \(range.upperBound)")
    }
    return integers
  }

  func milliseconds(_ seconds: [Int64]) throws(ParquetProblem) -> [Int64] {
    let seconds = try within(Int64.min / 1000...Int64.max / 1000, "seconds since 1970 whose milliseconds fit into 64 bits", seconds)
    return [Int64](unsafeUninitializedCapacity: seconds.count) { milliseconds, count in
      // NULL rows may hold anything.
      for (index, second) in seconds.enumerated() { milliseconds.initializeElement(at: index, to: second &* 1000) }
      count = seconds.count
    }
  }

  func days(_ texts: [String]) throws(ParquetProblem) -> [Int64] {
    var days: [Int64] = []
    days.reserveCapacity(texts.count)
    // Dates repeat, or follow each other.
    var previous = (text: "1970-01-01", days: Int64(0))
    for (row, text) in texts.enumerated() {
      if isValue(row), text != previous.text {
        guard let date = CivilDate(text: text) else { throw problem(row, "'\(text.prefix(24))'", "a date yyyy-MM-dd") }
        previous = (text, date.daysSince1970)
      }
      days.append(previous.days)
    }
    return days
  }

  func lengths(_ texts: [String]) throws(ParquetProblem) -> [String] {
    if let row = texts.firstIndex(where: { $0.utf8.count > Self.longestText }) {
      throw problem(row, "a text of \(texts[row].utf8.count) bytes", "at most \(Self.longestText)")
    }
    return texts
  }
}

extension ParquetColumn.Kind {
  /// What a batch has to hold.
  fileprivate var words: String {
    switch self {
    case .integer32, .integer64: "integers"
    case .instant: "integers: seconds since 1970"
    case .real: "reals"
    case .text: "texts"
    case .date: "texts: dates yyyy-MM-dd"
    }
  }
}

extension RecordBatch.Values {
  fileprivate var words: String {
    switch self {
    case .integer: "integers"
    case .real: "reals"
    case .text: "texts"
    }
  }
}
