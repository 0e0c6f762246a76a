import FlowCore

/// JSON to typed rows, as a mapping in the flow file says. Strict: one value that does not fit fails the FlowFile as a whole.
///
///     - name: extract heart rate
///       type: ExtractRecords
///       properties:
///         rows: /activities-heart-intraday/dataset
///         columns:
///           instant:    { kind: instant, time_of_day: time, required: true }
///           utc_offset: { kind: offset, zone_of: instant }
///           value:      { kind: integer, required: true, minimum: 0 }
///       to: { success: look for duplicates }
package struct ExtractRecords: Processor {
  static let rows = Property<JSONPath>.required(
    "rows", .rowsPath,
    "Where the rows are: a list gives one row an element, an object gives one row. `*` is every element of a list on the way.")
  static let rowsMayBeAbsent = Property<Bool>(
    "rows_may_be_absent", .boolean, default: "false",
    "A document without that list or object has no rows (an empty page). Otherwise it fails.")
  static let columns = Property<RecordColumns>.required(
    "columns", .recordColumns, "The columns, by name: what each holds and where it comes from.")
  static let withinSlice = Property<Bool>(
    "within_slice", .boolean, default: "true",
    "Drops and counts rows whose first `instant` column lies outside the slice, where the FlowFile has one.")

  static let success = Relationship("success", "The content is the rows.")
  static let failure = Relationship(
    Relationship.failureName,
    "The content is no whole JSON document (`not_json`) or does not fit the mapping (`bad_data`); it is kept as it was.")

  static let rowsCounter = AttributeDescriptor("rows", "Rows extracted.")
  static let outsideCounter = AttributeDescriptor("rows outside the slice", "Rows dropped because they lie outside the slice.")

  package static let descriptor = ProcessorDescriptor(
    type: "ExtractRecords", summary: "Turns JSON content into typed rows.",
    properties: [
      PropertyDescriptor(rows), PropertyDescriptor(rowsMayBeAbsent), PropertyDescriptor(columns),
      PropertyDescriptor(withinSlice),
    ],
    relationships: [success, failure],
    reads: [
      AttributeDescriptor(AttributeName.sliceDate, "The date of the first row, for columns with `time_of_day`; times are UTC."),
      AttributeDescriptor(AttributeName.sliceStart, "From when rows are kept."),
      AttributeDescriptor(AttributeName.sliceEnd, "Until when rows are kept; exclusive."),
      AttributeDescriptor(AttributeName.zone, "The zone of columns with `zone_of`; they are NULL without it."),
    ],
    concurrency: 2, counters: [rowsCounter, outsideCounter],
    records: { values in .produces(columns: values[columns].mapped.map { TableSchema.Column($0.name, $0.kind) }) })

  private let mapping: RecordMapping
  private let expressions: [NamedValue<any AttributeExpression>]
  private let keepsWithinSlice: Bool
  private let extractor: any RecordExtractor
  private let zones = ZoneCache()

  package init(_ configuration: ProcessorConfiguration) throws {
    mapping = Self.mapping(configuration.values)
    expressions = configuration[Self.columns].expressions
    keepsWithinSlice = configuration[Self.withinSlice] && mapping.columns.contains { $0.kind == .instant }
    extractor = configuration.environment.json
  }

  /// The mapping that these properties declare.
  package static func mapping(_ values: PropertyValues) -> RecordMapping {
    RecordMapping(rows: values[rows], rowsMayBeAbsent: values[rowsMayBeAbsent], columns: values[columns].mapped)
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    do {
      let batch = try extractor.extract(document(of: flowFile), mapping: mapping, context: context(of: flowFile))
      var extracted = flowFile
      extracted.content = .records(batch)
      session.count(Self.rowsCounter.name, batch.count)
      session.count(Self.outsideCounter.name, batch.droppedCount)
      session.transfer(extracted, to: Self.success)
    } catch let error as ExtractionError {
      let failure = FlowFileFailure(cause: error.cause, message: error.description)
      session.transfer(flowFile, to: Self.failure, because: failure)
    } catch let error as ProcessorError {
      session.transfer(flowFile, to: Self.failure, because: error.failure)
    }
  }

  private func document(of flowFile: FlowFile) throws -> [UInt8] {
    switch flowFile.content {
    case .bytes(let bytes): return bytes
    case .empty: return []
    case .records: throw ProcessorError(.badData, "the content is rows already; expected a JSON document")
    }
  }

  private func context(of flowFile: FlowFile) throws -> ExtractionContext {
    var context = ExtractionContext()
    for expression in expressions {
      context.attributeValues[expression.name] = try expression.value.evaluate(flowFile)
    }
    if mapping.columns.contains(where: \.needsZone) { context.utcOffset = try zones.utcOffset(of: flowFile) }
    if mapping.columns.contains(where: \.needsFirstDate) { context.firstDate = try firstDate(of: flowFile) }
    if keepsWithinSlice { context.window = try window(of: flowFile) }
    return context
  }

  private func firstDate(of flowFile: FlowFile) throws -> CivilDate? {
    let name = AttributeName.sliceDate
    return try flowFile.read(name, expected: "a date yyyy-MM-dd") { CivilDate(text: $0) }
  }

  /// nil where the FlowFile has no slice.
  private func window(of flowFile: FlowFile) throws -> Range<Int64>? {
    let expected = "an instant such as 2026-01-05T00:00:00Z"
    guard
      let start = try flowFile.read(AttributeName.sliceStart, expected: expected, { Instant(rfc3339: $0) }),
      let end = try flowFile.read(AttributeName.sliceEnd, expected: expected, { Instant(rfc3339: $0) })
    else { return nil }
    guard start <= end else {
      throw ProcessorError(.badData, "the slice ends at \(end.text), before its start \(start.text)")
    }
    return start.seconds..<end.seconds
  }
}

extension MappedColumn {
  fileprivate var needsZone: Bool {
    if case .zone = origin { true } else { false }
  }
  fileprivate var needsFirstDate: Bool {
    if case .timeOfDay = origin { true } else { false }
  }
}

extension FlowFile {
  /// Reads an attribute; nil where it is absent or empty. Throws `ProcessorError` (`bad_data`) where it does not fit.
  func read<Value>(_ name: String, expected: String, _ parse: (String) -> Value?) throws -> Value? {
    guard let text = self[name], !text.isEmpty else { return nil }
    guard let value = parse(text) else {
      throw ProcessorError(.badData, "attribute \(name) is '\(text)'; expected \(expected)")
    }
    return value
  }
}
