import FlowCore
import FlowParquet

/// Writes record batches as CSV by RFC 4180: CRLF after every record, a header, quotes where a text needs them. NULL is empty, an empty text is
/// `""`. An instant is in RFC 3339 (UTC), a date `yyyy-MM-dd`, a real number the shortest text that reads back as the same number.
struct CSVWriter {
  private let columns: [ParquetColumn]
  private let sink: ([UInt8]) throws -> Void

  /// - Parameter sink: takes the bytes of the file in their order.
  init(_ columns: [ParquetColumn], to sink: @escaping ([UInt8]) throws -> Void) throws {
    self.columns = columns
    self.sink = sink
    var header: [UInt8] = []
    for (index, column) in columns.enumerated() {
      if index > 0 { header.append(CSVText.comma) }
      CSVText.write(column.name, to: &header)
    }
    try sink(header + CSVText.endOfRecord)
  }

  /// - Throws: `ProcessorError` (`internal`) for a column that the batch lacks; what the sink throws.
  func append(_ batch: RecordBatch) throws {
    let found = try columns.map { column in
      guard let values = batch[column.name] else { throw ProcessorError(.internal, "a batch of rows has no column '\(column.name)'") }
      return (kind: column.kind, values: values)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(batch.count * columns.count * 12)
    for row in 0..<batch.count {
      for (index, column) in found.enumerated() {
        if index > 0 { bytes.append(CSVText.comma) }
        if column.values.isNull?[row] == true { continue }
        switch column.values.values {
        case .integer(let values): Self.write(values[row], as: column.kind, to: &bytes)
        case .real(let values): Self.write(values[row], to: &bytes)
        case .text(let values): CSVText.write(values[row], to: &bytes)
        }
      }
      bytes += CSVText.endOfRecord
      if bytes.count >= Self.pieceBytes {
        try sink(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
    }
    if !bytes.isEmpty { try sink(bytes) }
  }

  // MARK: Values

  private static let pieceBytes = 1 << 20

  private static func write(_ value: Int64, as kind: ParquetColumn.Kind, to bytes: inout [UInt8]) {
    if kind == .instant { return bytes.append(contentsOf: Instant(seconds: value).text.utf8) }
    // Digits by hand: a text for each number costs several times as much.
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let start = bytes.count
    var rest = value.magnitude
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }

  /// Not a number is as good as nothing known. Infinity has the name that common readers take.
  private static func write(_ value: Double, to bytes: inout [UInt8]) {
    if value.isNaN { return }
    bytes.append(contentsOf: "\(value)".utf8)
  }
}
