import FlowCore

/// How the records of a content are written down.
enum RecordForm: String, CaseIterable, Sendable { case json, csv }

/// Reads the records of a FlowFile: the properties that NiFi has in a record reader.
struct RecordReading: Sendable {
  static let reader = Property<RecordForm>(
    "reader", .choice, default: "json", "Form of the records: `json` (a list of objects, one object, or an object a line) or `csv` (RFC 4180). Their fields are found in the content.")

  static let properties = [PropertyDescriptor(reader), PropertyDescriptor(CSVForm.separator), PropertyDescriptor(CSVForm.header)]

  private let form: RecordForm
  private let csv: CSVForm

  init(_ configuration: ProcessorConfiguration) {
    form = configuration[Self.reader]
    csv = CSVForm(configuration)
  }

  /// Rows that a processor of this flow has made are read as they are. Throws `ProcessorError` (`bad_data`, `disk`).
  func records(of flowFile: FlowFile, _ contents: ContentFolder) async throws -> DataTable {
    if case .records(let batch) = flowFile.content { return try JSONRecords.read(batch.jsonLines) }
    let bytes = try await flowFile.content.loaded(contents) ?? []
    switch form {
    case .json: return try JSONRecords.read(bytes)
    case .csv: return try CSVRecords.read(bytes, separator: csv.separator, hasHeader: csv.hasHeader)
    }
  }
}

/// Writes records as a content: the properties that NiFi has in a record writer.
struct RecordWriting: Sendable {
  static let writer = Property<RecordForm>("writer", .choice, default: "json", "Form in which records are written: `json` or `csv` (RFC 4180).")
  static let grouping = Property<JSONRecords.Grouping>("output_grouping", .choice, default: "array", "Of JSON: one list (`array`), or an object a line.")

  static let properties = [PropertyDescriptor(writer), PropertyDescriptor(grouping)]
  /// For a processor that has no reader, which brings them otherwise.
  static let propertiesWithCSV = properties + [PropertyDescriptor(CSVForm.separator), PropertyDescriptor(CSVForm.header)]
  static let attributes = [
    AttributeDescriptor("record.count", "Number of records in the content."), AttributeDescriptor("mime.type", "`application/json` or `text/csv`."),
  ]

  private let form: RecordForm
  private let grouping: JSONRecords.Grouping
  private let csv: CSVForm

  init(_ configuration: ProcessorConfiguration) {
    form = configuration[Self.writer]
    grouping = configuration[Self.grouping]
    csv = CSVForm(configuration)
  }

  func write(_ records: DataTable, to flowFile: inout FlowFile) {
    switch form {
    case .json:
      flowFile.content = .bytes(JSONRecords.write(records, as: grouping))
      flowFile["mime.type"] = "application/json"
    case .csv:
      flowFile.content = .bytes(CSVRecords.write(records, separator: csv.separator, hasHeader: csv.hasHeader))
      flowFile["mime.type"] = "text/csv"
    }
    flowFile["record.count"] = String(records.rows.count)
  }
}

/// What is left open by RFC 4180.
struct CSVForm: Sendable {
  static let separator = Property<UInt8>("csv_separator", .separator, default: ",", "Of CSV: the character between fields, such as `,`, `;` or `tab`.")
  static let header = Property<Bool>(
    "csv_header", .boolean, default: "true", "Of CSV: whether the first line names the fields. Without it they are read as `column_1`, `column_2` and so on.")

  let separator: UInt8
  let hasHeader: Bool

  init(_ configuration: ProcessorConfiguration) {
    separator = configuration[Self.separator]
    hasHeader = configuration[Self.header]
  }
}

extension PropertyKind where Value == UInt8 {
  /// A character that can stand between fields.
  fileprivate static var separator: PropertyKind {
    .scalar("character", expected: "one of , ; | : or tab") { text in
      if text == "tab" || text == "\t" { return 0x09 }
      return [",", ";", "|", ":"].contains(text) ? text.utf8.first : nil
    }
  }
}
