import FlowCore
import StudyModel

/// One value of a row. Numbers are equal if their values are, text if its bytes are.
package enum RecordValue: Sendable, Hashable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)

  package static func == (left: RecordValue, right: RecordValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.integer(let left), .integer(let right)): left == right
    case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
    case (.real(let left), .real(let right)): left == right
    case (.integer(let left), .real(let right)), (.real(let right), .integer(let left)): Int64(exactly: right) == left
    default: false
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .integer(let value): hasher.combine(Double(value))
    case .real(let value): hasher.combine(value)
    case .text(let value): for byte in value.utf8 { hasher.combine(byte) }
    }
  }

  /// Orders NULL before numbers before text, and text by its UTF-8 bytes. Returns a negative number, zero or a positive
  /// number.
  package func compared(to other: RecordValue) -> Int {
    switch (self, other) {
    case _ where self == other: return 0
    case (.integer(let own), .integer(let other)): return own < other ? -1 : 1
    case (.text(let own), .text(let other)): return own.utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
    default:
      guard let number, let otherNumber = other.number else { return rank - other.rank }
      return number < otherNumber ? -1 : 1
    }
  }

  private var rank: Int {
    switch self {
    case .null: 0
    case .integer, .real: 1
    case .text: 2
    }
  }

  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    case .null, .text: nil
    }
  }
}

extension RecordBatch.Column {
  /// NaN becomes NULL, as stores keep it.
  package func value(_ row: Int) -> RecordValue {
    if isNull?[row] == true { return .null }
    return switch values {
    case .integer(let values): .integer(values[row])
    case .real(let values): values[row].isNaN ? .null : .real(values[row])
    case .text(let values): .text(values[row])
    }
  }
}

extension RecordBatch.Column {
  /// Makes a column from stored values.
  package init(_ column: TableSchema.Column, _ values: [RecordValue]) {
    let isNull = values.map { $0 == .null }
    let stored: RecordBatch.Values =
      switch column.kind {
      case .integer, .instant, .offset: .integer(values.map { if case .integer(let value) = $0 { value } else { 0 } })
      case .real: .real(values.map { $0.number ?? 0 })
      case .text, .date: .text(values.map { if case .text(let value) = $0 { value } else { "" } })
      }
    self.init(name: column.name, values: stored, isNull: isNull.contains(true) ? isNull : nil)
  }
}
