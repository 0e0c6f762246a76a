import FlowCore

/// The types that flowrun stores, with their object ids (`pg_type.dat` of PostgreSQL; they never change).
enum PostgresType: UInt32, Sendable {
  case boolean = 16
  case bigint = 20
  case integer = 23
  case text = 25
  case oid = 26
  case double = 701
  case date = 1082
  case timestamp = 1184

  /// The type of an array of such values.
  var array: UInt32 {
    switch self {
    case .boolean: 1000
    case .bigint: 1016
    case .integer: 1007
    case .text: 1009
    case .oid: 1028
    case .double: 1022
    case .date: 1182
    case .timestamp: 1185
    }
  }

  /// The type's name in SQL. Text is compared by its bytes, as everywhere in flowrun.
  var declaration: String {
    switch self {
    case .boolean: "boolean"
    case .bigint: "bigint"
    case .integer: "integer"
    case .text: "text COLLATE \"C\""
    case .oid: "oid"
    case .double: "double precision"
    case .date: "date"
    case .timestamp: "timestamp with time zone"
    }
  }

  /// The name by which `format_type` knows it.
  var catalogName: String { self == .text ? "text" : declaration }
}

/// PostgreSQL counts times and dates from 2000-01-01.
enum PostgresEpoch {
  /// Seconds from 1970 to 2000.
  static let seconds: Int64 = 946_684_800
  /// Days from 1970 to 2000.
  static let days: Int64 = 10_957

  /// Microseconds since 2000 of an instant in seconds since 1970; nil beyond the times that PostgreSQL can store (until the year 294276).
  static func microseconds(ofSeconds seconds: Int64) -> Int64? {
    guard (-200_000_000_000...9_000_000_000_000).contains(seconds) else { return nil }
    return (seconds - self.seconds) * 1_000_000
  }
}
