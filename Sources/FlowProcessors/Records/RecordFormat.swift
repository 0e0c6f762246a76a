import FlowCore

/// How the records of a content are written down.
enum RecordForm: String, CaseIterable, Sendable { case json, csv }

/// Reads the records of a FlowFile: the properties that NiFi has in a record reader.
struct RecordReading: Sendable {
  static let reader = Property<RecordForm>(
    "reader", .choice, default: "json", "Form of the records: `json` (a list of objects, one object, or an object a line; an empty content fails) or `csv` (RFC 4180; an empty content has no records). Both in UTF-8. Their fields are found in the content.")

  static let startingField = Property<String>(
    "json_starting_field", .text, "Of JSON: the records are the value of the first member of this name, at any depth, of each object of a list or a line; one without it fails, and `[]` has no records. Absent: the content itself.")
  static let trims = Property<Bool>(
    "csv_trim_fields", .boolean, default: "true", "Of CSV: whether white space at the beginning and the end of names and values is left out.")
  static let types = Property<CSVRecords.Types>(
    "csv_types", .choice, default: "inferred", "Of CSV: `inferred` reads a column of numbers as numbers and one of `true` and `false` as truth values; `text` reads every field as a text.")
  static let fieldCount = Property<CSVRecords.FieldCount>(
    "csv_field_count", .choice, default: "same", "Of CSV: `same` refuses a content with a line that has more or fewer fields than the first; `any` reads what is missing as null, and what is too much as `unknown_field_index_N`.")

  static let properties = [
    PropertyDescriptor(reader), PropertyDescriptor(startingField), PropertyDescriptor(CSVForm.separator), PropertyDescriptor(CSVForm.header),
    PropertyDescriptor(trims), PropertyDescriptor(types), PropertyDescriptor(fieldCount),
  ]

  private let form: RecordForm
  private let startingField: String?
  private let csv: CSVForm
  private let trims: Bool
  private let types: CSVRecords.Types
  private let fieldCount: CSVRecords.FieldCount

  init(_ configuration: ProcessorConfiguration) {
    form = configuration[Self.reader]
    startingField = configuration.values.optional(Self.startingField)
    csv = CSVForm(configuration)
    trims = configuration[Self.trims]
    types = configuration[Self.types]
    fieldCount = configuration[Self.fieldCount]
  }

  /// Rows that a processor of this flow has made are read as they are. Throws `ProcessorError` (`bad_data`, `disk`).
  func records(of flowFile: FlowFile, _ contents: ContentFolder) async throws -> DataTable {
    if case .records(let batch) = flowFile.content { return try JSONRecords.read(batch.jsonLines) }
    let bytes = try await flowFile.content.loaded(contents) ?? []
    switch form {
    case .json:
      // A writer of this flow leaves an empty content if there are no records, an object a line. Any other one has lost its records.
      let mayBeEmpty = startingField == nil && flowFile[RecordWriting.countAttribute] == "0"
      return try JSONRecords.read(bytes, from: startingField, mayBeEmpty: mayBeEmpty)
    case .csv: return try CSVRecords.read(bytes, separator: csv.separator, hasHeader: csv.hasHeader, trims: trims, types: types, fieldCount: fieldCount)
    }
  }
}

/// Writes records as a content: the properties that NiFi has in a record writer.
struct RecordWriting: Sendable {
  static let writer = Property<RecordForm>("writer", .choice, default: "json", "Form in which records are written: `json` or `csv` (RFC 4180).")
  static let grouping = Property<JSONRecords.Grouping>("output_grouping", .choice, default: "array", "Of JSON: one list (`array`), or an object a line.")

  static let separator = Property<UInt8>("output_csv_separator", .separator, "Of CSV that is written: the character between fields. Absent: `csv_separator`.")
  static let header = Property<Bool>("output_csv_header", .boolean, "Of CSV that is written: whether the first line names the fields. Absent: `csv_header`.")

  static let recordSeparator = Property<[UInt8]>("record_separator", .recordSeparator, default: "\\r\\n", "Of CSV that is written: the end of each line, `\\r\\n` (RFC 4180) or `\\n`.")
  static let suppression = Property<JSONRecords.Suppression>(
    "suppress_null_values", .choice, default: "never_suppress", "Of JSON that is written: `always_suppress` leaves out members that are null, `suppress_missing` only those that the record does not have.")

  static let properties =
    [PropertyDescriptor(writer), PropertyDescriptor(grouping), PropertyDescriptor(suppression), PropertyDescriptor(separator), PropertyDescriptor(header), PropertyDescriptor(recordSeparator)]
  /// For a processor that has no reader, which brings them otherwise.
  static let propertiesWithoutReader = [
    PropertyDescriptor(writer), PropertyDescriptor(grouping), PropertyDescriptor(suppression), PropertyDescriptor(CSVForm.separator), PropertyDescriptor(CSVForm.header),
    PropertyDescriptor(recordSeparator),
  ]
  static let countAttribute = "record.count"
  static let attributes = [
    AttributeDescriptor(countAttribute, "Number of records in the content."), AttributeDescriptor("mime.type", "`application/json` or `text/csv`."),
  ]

  private let form: RecordForm
  private let grouping: JSONRecords.Grouping
  private let suppression: JSONRecords.Suppression
  private let recordSeparator: [UInt8]
  private let csv: CSVForm

  init(_ configuration: ProcessorConfiguration) {
    form = configuration[Self.writer]
    grouping = configuration[Self.grouping]
    suppression = configuration[Self.suppression]
    recordSeparator = configuration[Self.recordSeparator]
    let values = configuration.values
    csv = CSVForm(configuration, separator: values.optional(Self.separator), hasHeader: values.optional(Self.header))
  }

  func write(_ records: DataTable, to flowFile: inout FlowFile) {
    switch form {
    case .json:
      flowFile.content = .bytes(JSONRecords.write(records, as: grouping, nulls: suppression))
      flowFile["mime.type"] = "application/json"
    case .csv:
      flowFile.content = .bytes(CSVRecords.write(records, separator: csv.separator, hasHeader: csv.hasHeader, recordSeparator: recordSeparator))
      flowFile["mime.type"] = "text/csv"
    }
    flowFile[Self.countAttribute] = String(records.rows.count)
  }
}

/// What is left open by RFC 4180.
struct CSVForm: Sendable {
  static let separator = Property<UInt8>("csv_separator", .separator, default: ",", "Of CSV: the character between fields, such as `,`, `;` or `tab`.")
  static let header = Property<Bool>(
    "csv_header", .boolean, default: "true", "Of CSV: whether the first line names the fields. Without it they are read as `column_1`, `column_2` and so on.")

  let separator: UInt8
  let hasHeader: Bool

  /// - Parameters: what stands in place of the configuration's.
  init(_ configuration: ProcessorConfiguration, separator: UInt8? = nil, hasHeader: Bool? = nil) {
    self.separator = separator ?? configuration[Self.separator]
    self.hasHeader = hasHeader ?? configuration[Self.header]
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

extension PropertyKind where Value == [UInt8] {
  /// What can end a line of CSV, with or without NiFi's escapes.
  fileprivate static var recordSeparator: PropertyKind {
    .scalar("text", expected: #"\r\n or \n"#) { text in
      switch text {
      case #"\r\n"#, "\r\n": CSVText.endOfRecord
      case #"\n"#, "\n": [0x0A]
      default: nil
      }
    }
  }
}
