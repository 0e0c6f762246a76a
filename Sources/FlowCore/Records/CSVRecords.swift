/// Records as CSV (RFC 4180).
package enum CSVRecords {
  /// What the values of a column are, of which CSV says nothing.
  package enum Types: String, CaseIterable, Sendable {
    /// As all of them look.
    case inferred
    /// Texts.
    case text
  }

  /// How many fields a record has.
  package enum FieldCount: String, CaseIterable, Sendable {
    /// As many as the first line.
    case same
    /// Any number: those that are missing are NULL, the others are in columns `unknown_field_index_N`, counted from 0, as NiFi calls them.
    case any
  }

  /// Reads records. An empty field is NULL, `""` an empty text. A column whose values are all numbers as JSON writes them has numbers, one with only
  /// `true` and `false` truth values, any other one texts: `007` stays a text. Empty lines are skipped, unless there is only one column.
  /// - Parameters:
  ///   - hasHeader: whether the first record names the columns; otherwise they are `column_1`, `column_2` and so on.
  ///   - trims: whether white space at the beginning and the end of names and values is left out.
  ///   - types: whether columns have numbers and truth values at all.
  ///   - fieldCount: whether a record with more or fewer fields than the first is refused.
  /// - Throws: `ProcessorError` (`bad_data`) with the line.
  package static func read(
    _ content: [UInt8], separator: UInt8 = CSVText.comma, hasHeader: Bool = true, trims: Bool = false, types: Types = .inferred, fieldCount: FieldCount = .same
  ) throws(ProcessorError) -> DataTable {
    var cutter = CSVText.Cutter(content, separator: separator)
    var columns: [String]?
    var fields: [[CSVText.Field]] = []
    while !cutter.isAtEnd {
      let line = cutter.line
      let record: [CSVText.Field]
      switch cutter.next() {
      case .record(let fields): record = trims ? fields.map(trimmed) : fields
      case .mistake(let mistake): throw refused("line \(mistake.line) has \(mistake.found)", mistake.expected)
      }
      if record.count == 1, record[0].bytes.isEmpty, !record[0].isQuoted, columns?.count != 1 { continue }
      guard let names = columns else {
        columns = try hasHeader ? header(record, line: line) : record.indices.map { "column_\($0 + 1)" }
        if !hasHeader { fields.append(record) }
        continue
      }
      guard record.count == names.count || fieldCount == .any else {
        throw refused("line \(line) has \(record.count) \(record.count == 1 ? "field" : "fields")", "\(names.count), as the first line")
      }
      fields.append(record)
    }
    return try table(widened(columns ?? [], fields), fields, types)
  }

  /// The columns with those of the fields beyond them.
  private static func widened(_ columns: [String], _ records: [[CSVText.Field]]) throws(ProcessorError) -> [String] {
    var columns = columns
    let widest = records.reduce(columns.count) { max($0, $1.count) }
    for place in columns.count..<widest {
      let name = "unknown_field_index_\(place)"
      guard !columns.contains(name) else { throw refused("column '\(name)' is named, and is also what field \(place + 1) without a name is called", "another name") }
      columns.append(name)
    }
    return columns
  }

  private static func trimmed(_ field: CSVText.Field) -> CSVText.Field {
    // As Java trims: a control character is white space, too.
    guard let first = field.bytes.first, let last = field.bytes.last, first <= 0x20 || last <= 0x20 else { return field }
    let start = field.bytes.firstIndex { $0 > 0x20 } ?? field.bytes.endIndex
    let end = field.bytes.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? start
    var trimmed = field
    trimmed.bytes = Array(field.bytes[start..<end])
    return trimmed
  }

  private static func header(_ record: [CSVText.Field], line: Int) throws(ProcessorError) -> [String] {
    var names: [String] = []
    for field in record {
      guard let name = String(validating: field.bytes, as: UTF8.self) else { throw refused("line \(line) has a column whose name is not UTF-8", "a file saved as UTF-8") }
      guard !name.isEmpty else { throw refused("line \(line) has a column without a name", "a name for each column") }
      guard !names.contains(name) else { throw refused("line \(line) names column '\(name)' twice", "each column once") }
      names.append(name)
    }
    return names
  }

  private static func table(_ columns: [String], _ records: [[CSVText.Field]], _ types: Types) throws(ProcessorError) -> DataTable {
    let kinds = columns.indices.map { place in types == .text ? .text : kind(of: records.lazy.compactMap { place < $0.count ? $0[place] : nil }) }
    var table = DataTable(columns: columns)
    table.rows.reserveCapacity(records.count)
    for (number, record) in records.enumerated() {
      var row: [DataValue] = []
      row.reserveCapacity(columns.count)
      for (place, field) in record.enumerated() {
        if field.bytes.isEmpty && !field.isQuoted {
          row.append(.null)
          continue
        }
        guard let text = String(validating: field.bytes, as: UTF8.self) else {
          throw refused("field '\(columns[place])' of record \(number + 1) is not UTF-8", "a file saved as UTF-8")
        }
        switch kinds[place] {
        case .number: row.append(.number(text))
        case .boolean: row.append(.boolean(text == "true"))
        case .text: row.append(.text(text))
        }
      }
      table.rows.append(row + Array(repeating: .null, count: columns.count - row.count))
    }
    return table
  }

  private enum Kind { case number, boolean, text }

  private static func kind(of fields: some Sequence<CSVText.Field>) -> Kind {
    var kind: Kind?
    for field in fields where !field.bytes.isEmpty || field.isQuoted {
      let found: Kind =
        JSONText.isNumber(field.bytes) ? .number : field.bytes.elementsEqual("true".utf8) || field.bytes.elementsEqual("false".utf8) ? .boolean : .text
      if found == .text || kind.map({ $0 != found }) ?? false { return .text }
      kind = found
    }
    return kind ?? .text
  }

  private static func refused(_ found: String, _ expected: String) -> ProcessorError { ProcessorError(.badData, "\(found); expected \(expected)") }

  /// The records, each with its separator behind it. NULL and what is absent are empty, an empty text `""`, an object or a list its JSON.
  package static func write(_ table: DataTable, separator: UInt8 = CSVText.comma, hasHeader: Bool = true, recordSeparator: [UInt8] = CSVText.endOfRecord) -> [UInt8] {
    var bytes: [UInt8] = []
    if hasHeader, !table.columns.isEmpty {
      for (place, name) in table.columns.enumerated() {
        if place > 0 { bytes.append(separator) }
        CSVText.write(name, separator: separator, to: &bytes)
      }
      bytes += recordSeparator
    }
    for row in table.rows {
      for (place, value) in row.enumerated() {
        if place > 0 { bytes.append(separator) }
        switch value {
        case .absent, .null: break
        case .boolean(let value): bytes += (value ? "true" : "false").utf8
        case .number(let text): bytes += text.utf8
        case .text(let text), .json(let text): CSVText.write(text, separator: separator, to: &bytes)
        }
      }
      bytes += recordSeparator
    }
    return bytes
  }
}
