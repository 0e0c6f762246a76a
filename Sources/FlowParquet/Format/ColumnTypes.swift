/// The type of a column's values in the file (parquet.thrift, `Type`).
enum PhysicalType: Int32 {
  case integer32 = 1
  case integer64 = 2
  case double = 5
  case byteArray = 6
}

extension ParquetColumn.Kind {
  var physicalType: PhysicalType {
    switch self {
    case .integer32, .date: .integer32
    case .integer64, .instant: .integer64
    case .real: .double
    case .text: .byteArray
    }
  }

  /// `ConvertedType`: what the values mean, for readers that do not know logical types.
  var convertedType: Int32? {
    switch self {
    case .text: 0
    case .date: 6
    case .instant: 9
    case .integer32: 17
    case .integer64: 18
    case .real: nil
    }
  }

  /// `LogicalType`: what the values mean.
  var logicalType: ((inout CompactWriter) -> Void)? {
    switch self {
    case .text: { $0.field(1) { _ in } }
    case .date: { $0.field(6) { _ in } }
    case .instant: {
      $0.field(8) { timestamp in
        // Adjusted to UTC; in milliseconds.
        timestamp.field(1, true)
        timestamp.field(2) { unit in unit.field(1) { _ in } }
      }
    }
    case .integer32: { $0.field(10) { $0.integer(bits: 32) } }
    case .integer64: { $0.field(10) { $0.integer(bits: 64) } }
    case .real: nil
    }
  }
}

extension CompactWriter {
  /// `IntType`, signed.
  fileprivate mutating func integer(bits: Int8) {
    field(1, bits)
    field(2, true)
  }
}
