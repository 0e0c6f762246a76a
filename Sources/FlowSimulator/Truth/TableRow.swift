import FlowBase

/// A row of a table of the shipped flows for nights, activities and the body, with its columns.
package struct TableRow: Sendable, Equatable {
  package enum Value: Sendable, Equatable, CustomStringConvertible {
    case integer(Int)
    case real(Double)
    case text(String)
    /// Not reported by the provider.
    case null

    /// The value as the database shows it; NULL as `-`.
    package var description: String {
      switch self {
      case .integer(let value): "\(value)"
      case .real(let value): "\(value)"
      case .text(let value): value
      case .null: "-"
      }
    }

    var json: String {
      switch self {
      case .text(let value): "\"\(jsonEscaped(value))\""
      case .null: "null"
      case .integer, .real: description
      }
    }
  }

  package struct Column: Sendable, Equatable {
    package let name: String
    package let value: Value
  }

  package let table: String
  package let columns: [Column]

  init(_ table: String, _ columns: [(String, Value)]) {
    self.table = table
    self.columns = columns.map { Column(name: $0.0, value: $0.1) }
  }
}
