import FlowCore

/// A row as a test sees it: values by column.
struct FlowTestRows {
  /// The column that the store adds to every table.
  static let owner = "participant_id"

  struct Cell {
    enum Value {
      case null
      case integer(Int64)
      case real(Double)
      case text(String)
    }
    var column: String
    var value: Value

    var isNumber: Bool {
      switch value {
      case .integer, .real: true
      case .null, .text: false
      }
    }

    /// The value in the words of the expected one: an instant is stored as seconds.
    func text(like expected: String?) -> String {
      switch value {
      case .null: "null"
      case .integer(let number): expected.flatMap { Instant(rfc3339: $0) } == nil ? "\(number)" : Instant(seconds: number).text
      case .real(let number): "\(number)"
      case .text(let text): "'\(text)'"
      }
    }

    func matches(_ expected: String?) -> Bool {
      guard let expected else { if case .null = value { return true } else { return false } }
      switch value {
      case .null: return false
      case .integer(let number): return Int64(expected) == number || Instant(rfc3339: expected)?.seconds == number
      case .real(let number): return Double(expected) == number
      case .text(let text): return text == expected
      }
    }
  }

  var rows: [[Cell]]

  /// - Parameter owner: the participant of the rows; nil: no column says it.
  init(_ batch: RecordBatch, owner: String? = nil) {
    rows = (0..<batch.count).map { index in
      (owner.map { [Cell(column: Self.owner, value: .text($0))] } ?? [])
        + batch.columns.map { column in
          if column.isNull?[index] == true { return Cell(column: column.name, value: .null) }
          switch column.values {
          case .integer(let values): return Cell(column: column.name, value: .integer(values[index]))
          case .real(let values): return Cell(column: column.name, value: .real(values[index]))
          case .text(let values): return Cell(column: column.name, value: .text(values[index]))
          }
        }
    }
  }

  /// Compares in order; a column that an expected row does not name is not compared.
  func differences(from expected: [FlowTestExpectation.Values], at path: String) -> [FlowTestDifference] {
    var found: [FlowTestDifference] = []
    if expected.count != rows.count { found.append(FlowTestDifference(path, expected: Self.count(expected.count), found: Self.count(rows.count))) }
    for (index, wanted) in expected.enumerated() where index < rows.count {
      for value in wanted {
        let place = "\(path)[\(index)].\(value.name)"
        guard let cell = rows[index].first(where: { $0.column == value.name }) else {
          found.append(FlowTestDifference(place, expected: value.value.text ?? "null", found: "no such column"))
          continue
        }
        if !cell.matches(value.value.text) {
          found.append(FlowTestDifference(place, expected: cell.isNumber ? value.value.text ?? "null" : value.value.shown, found: cell.text(like: value.value.text)))
        }
      }
    }
    for (index, wanted) in expected.enumerated().dropFirst(rows.count) {
      found.append(FlowTestDifference("\(path)[\(index)]", expected: "{ \(wanted.map { "\($0.name): \($0.value.text ?? "null")" }.joined(separator: ", ")) }", found: "no row"))
    }
    for (index, row) in rows.enumerated().dropFirst(expected.count).prefix(Self.shownExtra) {
      found.append(
        FlowTestDifference("\(path)[\(index)]", expected: "no row", found: "{ \(row.map { "\($0.column): \($0.text(like: nil))" }.joined(separator: ", ")) }"))
    }
    return found
  }

  /// How many rows that nobody expected are shown.
  private static let shownExtra = 5
  private static func count(_ number: Int) -> String { number == 1 ? "1 row" : "\(number) rows" }
}

extension ExpectedValue {
  var shown: String { text.map { "'\($0)'" } ?? "null" }
}
