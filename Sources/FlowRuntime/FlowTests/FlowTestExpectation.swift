import FlowCore

/// What a test expects of a flow. What it does not name is not compared, except that nothing may fail or be deferred unexpectedly.
struct FlowTestExpectation: ConfigurationRecord {
  typealias Values = [NamedValue<ExpectedValue>]

  static let relationships = Property<[NamedValue<[NamedValue<Int>]>]>(
    "relationships", .map(of: .map(of: .integer(0...1_000_000))), default: "", "FlowFiles that leave a processor, by processor and relationship. Relationships that are not named are expected to stay unused.")
  static let flowFiles = Property<[ExpectedFlowFile]>("flowfiles", .list(of: .record(ExpectedFlowFile.self)), default: "", "FlowFiles in the order in which they leave.")
  static let rows = Property<[NamedValue<[Values]>]>(
    "rows", .map(of: .list(of: .map(of: .expectedValue))), default: "", "All rows of a table in the order of participant and key; columns that a row does not name are not compared.")
  static let requests = Property<[String]>("requests", .list(of: .text), "Every request, as method, path and query, in any order; `*` stands for any text.")
  static let errors = Property<[ExpectedEntry]>("errors", .list(of: .record(ExpectedEntry.self)), default: "", "What goes to the error folder, in any order. Default: nothing.")
  static let deferred = Property<Int>("deferred", .integer(0...1_000_000), default: "0", "FlowFiles that are left to the next run.")
  static let files = Property<[NamedValue<ExpectedValue>]>("files", .map(of: .expectedValue), default: "", "Content of files that the flow writes, by path; null: there is none.")

  static let properties = [
    PropertyDescriptor(relationships), PropertyDescriptor(flowFiles), PropertyDescriptor(rows), PropertyDescriptor(requests), PropertyDescriptor(errors),
    PropertyDescriptor(deferred), PropertyDescriptor(files),
  ]

  let relationships: [NamedValue<[NamedValue<Int>]>]
  let flowFiles: [ExpectedFlowFile]
  let rows: [NamedValue<[Values]>]
  let requests: [String]?
  let errors: [ExpectedEntry]
  let deferred: Int
  let files: [NamedValue<ExpectedValue>]

  init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    relationships = values[Self.relationships]
    flowFiles = values[Self.flowFiles]
    rows = values[Self.rows]
    requests = values.optional(Self.requests)
    errors = values[Self.errors]
    deferred = values[Self.deferred]
    files = values[Self.files]
    let asks = [Self.relationships.name, Self.flowFiles.name, Self.rows.name, Self.requests.name, Self.errors.name, Self.deferred.name, Self.files.name]
    guard asks.contains(where: { node.member($0) != nil }) else {
      reader.report(.missingProperty, at: node.position, found: "the test expects nothing", expected: "at least one of " + asks.joined(separator: ", "))
      return nil
    }
  }
}

/// A FlowFile that is to leave a processor.
struct ExpectedFlowFile: ConfigurationRecord {
  static let from = Property<PlacedName>.required("from", .placedName, "The processor that it leaves.")
  static let relationship = Property<PlacedName>("relationship", .placedName, default: "success", "The relationship through which it leaves.")
  static let attributes = Property<FlowTestExpectation.Values>("attributes", .map(of: .expectedValue), default: "", "Attributes; null: absent.")
  static let content = Property<String>("content", .optionalText, "The content; JSON is compared by value.")
  static let records = Property<[FlowTestExpectation.Values]>("records", .list(of: .map(of: .expectedValue)), "All rows of the content, where it is rows.")

  static let properties = [
    PropertyDescriptor(from), PropertyDescriptor(relationship), PropertyDescriptor(attributes), PropertyDescriptor(content), PropertyDescriptor(records),
  ]

  let from: PlacedName
  let relationship: PlacedName
  let attributes: FlowTestExpectation.Values
  let content: String?
  let records: [FlowTestExpectation.Values]?

  init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    from = values[Self.from]
    relationship = values[Self.relationship]
    attributes = values[Self.attributes]
    content = values.optional(Self.content)
    records = values.optional(Self.records)
    if content != nil, records != nil {
      reader.report(.conflictingProperties, at: node.position, found: "'content' and 'records' are both given", expected: "one of them")
      return nil
    }
  }
}

/// An entry of the error folder.
struct ExpectedEntry: ConfigurationRecord {
  static let processor = Property<PlacedName>.required("processor", .placedName, "The processor that failed.")
  static let cause = Property<String>("cause", .text, "The cause, such as bad_data.")
  static let message = Property<String>("message", .text, "The message; `*` stands for any text.")

  static let properties = [PropertyDescriptor(processor), PropertyDescriptor(cause), PropertyDescriptor(message)]

  let processor: PlacedName
  let cause: String?
  let message: String?

  init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    processor = values[Self.processor]
    cause = values.optional(Self.cause)
    message = values.optional(Self.message)
  }

  func matches(_ entry: ErrorEntry) -> Bool {
    processor.text == entry.processor && (cause ?? entry.failure.cause.rawValue) == entry.failure.cause.rawValue
      && Glob.matches(entry.failure.message, pattern: message ?? "*", readsBrackets: false)
  }

  var text: String { "\(processor.text): \(cause ?? "any cause")\(message.map { ": \($0)" } ?? "")" }
}
