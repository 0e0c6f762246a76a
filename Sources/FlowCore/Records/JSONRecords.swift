/// Records as JSON.
package enum JSONRecords {
  /// How several records are put together.
  package enum Grouping: String, CaseIterable, Sendable {
    case array
    case onePerLine = "one_line_per_object"
  }

  /// Which nulls are left out.
  package enum Suppression: String, CaseIterable, Sendable {
    case never = "never_suppress"
    /// All, also those within objects.
    case always = "always_suppress"
    /// Of fields that the record does not have, and others have.
    case missing = "suppress_missing"
  }

  /// Reads a list of objects, one object, or several one after another (JSON Lines). The columns are all members that any of them has, in the order
  /// in which they are met; of two members with one name, the last counts.
  /// - Parameters:
  ///   - field: the records are the value of the first member of this name, at any depth; of a list or of several values, that of each. A list
  ///     without elements has none. nil: the content itself.
  ///   - mayBeEmpty: whether a content without any value has no records, as JSON Lines.
  /// - Throws: `ProcessorError` (`bad_data`) for anything else, also if nothing has the name or the text is malformed, with the number of the record.
  package static func read(_ document: [UInt8], from field: String? = nil, mayBeEmpty: Bool = true) throws(ProcessorError) -> DataTable {
    guard let text = AnswerText.strictlyDecoded(document) else { throw refused("the content is not UTF-8\(UTF8Fault.place(in: document))", "JSON saved as UTF-8") }
    let scanner = JSONScanner(text)
    guard let values = scanner.values else { throw refused("the content is no JSON") }
    if values.isEmpty {
      if mayBeEmpty { return DataTable(columns: []) }
      throw refused("the content is empty", "JSON; for no records, []")
    }
    var records = values.count == 1 ? try elements(of: values[0], scanner) : values
    if let field { records = try members(field, of: records, scanner) }
    var reader = Reader(scanner: scanner)
    for (number, record) in records.enumerated() { try reader.add(record, number: number + 1) }
    return reader.table
  }

  /// The elements of a list; any other value is the only one.
  private static func elements(of value: Range<Int>, _ scanner: JSONScanner) throws(ProcessorError) -> [Range<Int>] {
    guard scanner.isList(value) else { return [value] }
    guard let elements = scanner.elements(of: value) else { throw refused("the content's list is not well formed") }
    return elements
  }

  /// The records in the member of each answer: one that does not have it would pass for an answer without records. A list without elements is one.
  private static func members(_ name: String, of answers: [Range<Int>], _ scanner: JSONScanner) throws(ProcessorError) -> [Range<Int>] {
    let expected = "one with the records, [] if there are none"
    var records: [Range<Int>] = []
    for (number, answer) in answers.enumerated() {
      if scanner.isList(answer), scanner.elements(of: answer)?.isEmpty == true { continue }
      guard let value = try member(name, of: [answer], scanner) else {
        throw refused("no member '\(name)'" + (answers.count > 1 ? " in value \(number + 1)" : ""), expected)
      }
      records += try elements(of: value, scanner)
    }
    return records
  }

  /// The value of the first member of a name, in the order of the text.
  private static func member(_ name: String, of values: [Range<Int>], _ scanner: JSONScanner) throws(ProcessorError) -> Range<Int>? {
    guard values.allSatisfy({ !(scanner.isObject($0) || scanner.isList($0)) || scanner.isStrict($0) }) else { throw refused("the content is no JSON") }
    // What is still to be looked at; the next is the last.
    var waiting = values.reversed().map { (name: nil as String?, value: $0) }
    while let (found, value) = waiting.popLast() {
      if found == name { return value }
      guard scanner.isObject(value) || scanner.isList(value) else { continue }
      let inner = scanner.members(of: value)?.map { (name: $0.name as String?, value: $0.value) } ?? scanner.elements(of: value)?.map { (name: nil, value: $0) } ?? []
      waiting += inner.reversed()
    }
    return nil
  }

  private static func refused(_ found: String, _ expected: String = "records in JSON: a list of objects, one object, or an object a line") -> ProcessorError {
    ProcessorError(.badData, "\(found); expected \(expected)")
  }

  private struct Reader {
    let scanner: JSONScanner
    private var columns: [String] = []
    private var places: [String: Int] = [:]
    private var rows: [[DataValue]] = []

    init(scanner: JSONScanner) { self.scanner = scanner }

    /// A column that only later records have is absent from the earlier ones.
    var table: DataTable {
      DataTable(columns: columns, rows: rows.map { row in row + Array(repeating: .absent, count: columns.count - row.count) })
    }

    mutating func add(_ record: Range<Int>, number: Int) throws(ProcessorError) {
      guard scanner.isObject(record), let members = scanner.members(of: record) else { throw refused("record \(number) is no JSON object") }
      var row = [DataValue](repeating: .absent, count: columns.count)
      for member in members {
        guard let value = value(member.value) else { throw refused("field '\(member.name)' of record \(number) is no JSON value") }
        if let place = places[member.name] {
          row[place] = value
        } else {
          places[member.name] = columns.count
          columns.append(member.name)
          row.append(value)
        }
      }
      rows.append(row)
    }

    private func value(_ range: Range<Int>) -> DataValue? {
      if scanner.isText(range) { return scanner.text(of: range).map { .text($0) } }
      guard scanner.isStrict(range) else { return nil }
      let text = String(decoding: scanner.bytes[range], as: UTF8.self)
      if scanner.isObject(range) || scanner.isList(range) { return .json(text) }
      switch text {
      case "null": return .null
      case "true": return .boolean(true)
      case "false": return .boolean(false)
      default: return .number(text)
      }
    }
  }

  /// The records as a list, or one a line. Every record has every column, and what is absent is null, but for nulls that are left out.
  package static func write(_ table: DataTable, as grouping: Grouping = .array, nulls: Suppression = .never) -> [UInt8] {
    var bytes: [UInt8] = grouping == .array ? [UInt8(ascii: "[")] : []
    let names = table.columns.map { JSONText.quotedBytes($0) + [UInt8(ascii: ":")] }
    for (number, row) in table.rows.enumerated() {
      if number > 0, grouping == .array { bytes.append(UInt8(ascii: ",")) }
      write(row, names, nulls, to: &bytes)
      if grouping == .onePerLine { bytes.append(UInt8(ascii: "\n")) }
    }
    if grouping == .array { bytes.append(UInt8(ascii: "]")) }
    return bytes
  }

  /// One record as an object, with the columns at some places.
  package static func object(_ row: [DataValue], columns: [(place: Int, name: String)]) -> String {
    var bytes: [UInt8] = []
    write(columns.map { row[$0.place] }, columns.map { JSONText.quotedBytes($0.name) + [UInt8(ascii: ":")] }, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func write(_ row: [DataValue], _ names: [[UInt8]], _ nulls: Suppression = .never, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    var isFirst = true
    for (place, value) in row.enumerated() {
      if value == .absent && nulls != .never || value == .null && nulls == .always { continue }
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      bytes += names[place]
      if nulls == .always, case .json(let text) = value {
        let scanner = JSONScanner(Array(text.utf8))
        if let root = scanner.root { writeWithoutNulls(root, scanner, to: &bytes) } else { bytes += text.utf8 }
        continue
      }
      switch value {
      case .absent, .null: bytes += "null".utf8
      case .boolean(let value): bytes += (value ? "true" : "false").utf8
      case .number(let text), .json(let text): bytes += text.utf8
      case .text(let text): JSONText.write(text, to: &bytes)
      }
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// An object without its members that are null, also within lists and objects; any other value as it is. Its depth is that of strict JSON.
  private static func writeWithoutNulls(_ value: Range<Int>, _ scanner: JSONScanner, to bytes: inout [UInt8]) {
    if scanner.isObject(value), let members = scanner.members(of: value) {
      bytes.append(UInt8(ascii: "{"))
      for (place, member) in members.filter({ !scanner.isNull($0.value) }).enumerated() {
        if place > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes += JSONText.quotedBytes(member.name) + [UInt8(ascii: ":")]
        writeWithoutNulls(member.value, scanner, to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    } else if scanner.isList(value), let elements = scanner.elements(of: value) {
      bytes.append(UInt8(ascii: "["))
      for (place, element) in elements.enumerated() {
        if place > 0 { bytes.append(UInt8(ascii: ",")) }
        writeWithoutNulls(element, scanner, to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    } else {
      bytes += scanner.bytes[value]
    }
  }
}
