import FlowCore
import StudyModel

/// Writes the values of a batch's column in the format of a table's column.
struct ColumnEncoder: Sendable {
  let name: String
  let type: PostgresType
  private let column: RecordBatch.Column
  private let table: String

  init(_ column: RecordBatch.Column, _ type: PostgresType, table: String) {
    name = column.name
    self.type = type
    self.column = column
    self.table = table
  }

  /// Appends the value of a row with its length. Throws `ProcessorError` (`bad_data`) for a value that the column cannot hold.
  func append(row: Int, to writer: inout BinaryWriter) throws {
    if let isNull = column.isNull, isNull[row] { return writer.appendNull() }
    switch column.values {
    case .integer(let values): try append(values[row], to: &writer)
    case .real(let values):
      guard !values[row].isNaN else { return writer.appendNull() }
      if type == .double { writer.append(values[row]) } else { try append(try whole(values[row]), to: &writer) }
    case .text(let values): try append(values[row], to: &writer)
    }
  }

  private func append(_ value: Int64, to writer: inout BinaryWriter) throws {
    switch type {
    case .bigint: writer.append(value)
    case .integer:
      guard let small = Int32(exactly: value) else { throw misfit("\(value)", "a whole number from \(Int32.min) to \(Int32.max)") }
      writer.append(small)
    case .timestamp:
      guard let microseconds = PostgresEpoch.microseconds(ofSeconds: value) else { throw misfit("\(value)", "seconds since 1970") }
      writer.append(microseconds)
    case .double: writer.append(Double(value))
    case .text, .date, .boolean, .oid: throw misfit("a number", type.catalogName)
    }
  }

  private func append(_ text: String, to writer: inout BinaryWriter) throws {
    switch type {
    case .text:
      guard !text.utf8.contains(0) else { throw misfit("a text with a NUL character", "text as PostgreSQL stores it, without NUL") }
      writer.append(text)
    case .date:
      guard let date = CivilDate(text: text) else { throw misfit("'\(text)'", "a date, yyyy-MM-dd") }
      writer.append(Int32(date.daysSince1970 - PostgresEpoch.days))
    default: throw misfit("a text", type.catalogName)
    }
  }

  private func whole(_ value: Double) throws -> Int64 {
    guard let whole = Int64(exactly: value.rounded()) else { throw misfit("\(value)", "a whole number") }
    return whole
  }

  private func misfit(_ found: String, _ expected: String) -> ProcessorError {
    ProcessorError(.badData, "table '\(table)', column '\(name)': found \(found); expected \(expected)")
  }
}

/// The rows of a batch for COPY, a piece at a time.
struct CopyRows: CopySource {
  /// A piece is a few hundred kilobytes: large enough for one system call to matter little, small enough for memory.
  private static let rowsPerPiece = 4096
  private static let signature: [UInt8] = [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]

  private let participantID: Int32?
  private let columns: [ColumnEncoder]
  private let count: Int
  private let row: @Sendable (Int) -> Int
  private var position = 0
  private var hasHeader = false
  private var hasTrailer = false

  /// - Parameters:
  ///   - participantID: the first value of every row; nil: the columns are all.
  ///   - row: the number of the batch's row at a position.
  init(participantID: Int32?, _ columns: [ColumnEncoder], count: Int, row: @escaping @Sendable (Int) -> Int) {
    self.participantID = participantID
    self.columns = columns
    self.count = count
    self.row = row
  }

  mutating func next() throws -> [UInt8]? {
    guard !hasTrailer else { return nil }
    let end = min(position + Self.rowsPerPiece, count)
    var writer = BinaryWriter()
    writer.reserve((end - position) * (10 + columns.count * 12) + 24)
    if !hasHeader {
      hasHeader = true
      writer.appendRaw(Self.signature)
      // No flags, no extension.
      writer.appendRaw(Int64(0))
    }
    for position in position..<end {
      writer.appendRaw(Int16(columns.count + (participantID == nil ? 0 : 1)))
      if let participantID { writer.append(participantID) }
      let row = row(position)
      for column in columns { try column.append(row: row, to: &writer) }
    }
    position = end
    if position == count {
      hasTrailer = true
      writer.appendRaw(Int16(-1))
    }
    return writer.bytes
  }
}
