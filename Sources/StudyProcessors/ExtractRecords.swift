import FlowCore
import StudyModel

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
  static let empty = Property<[EmptyDeclaration]>(
    "empty", .list(of: .record(EmptyDeclaration.self)), default: "",
    "What an answer looks like that has no rows because there are none, beside an empty list. Any other one without them fails.")
  static let columns = Property<RecordColumns>.required(
    "columns", .recordColumns, "The columns, by name: what each holds and where it comes from.")
  static let skipEmpty = Property<Bool>(
    "skip_empty", .boolean, default: "false", "A row is left out, and counted, if all that was read from the document for it is NULL.")
  static let points = Property<[PointDeclaration]>(
    "points", .list(of: .record(PointDeclaration.self)), default: "",
    "Elements that hold one object or list, of one name: any other there fails, and so does a list of which none holds it. An answer to something else is not an empty answer.")
  static let every = Property<Duration>(
    "every", .span, "One row for each span of this length, at its start, from all rows in it; columns say how with `over`.")
  static let provisionalWhile = Property<[ProvisionalRule]>(
    "provisional_while", .list(of: .record(ProvisionalRule.self)), default: "",
    "What shows that the answer is not final: the slice is then `provisional` and asked again once the latest sync has moved.")
  static let withinSlice = Property<Bool>(
    "within_slice", .boolean, default: "true",
    "Drops and counts rows outside of the slice, where the FlowFile has one, by `within`, else the first `instant` column, else the first `date` that is read. Where all are, the answer is to another question, and fails.")
  static let within = Property<WindowDeclaration>(
    "within", .record(WindowDeclaration.self), "By what a row belongs to the slice, where its own columns do not tell: a night belongs to the day on which it ends.")

  static let dated = Property<JSONPath>(
    "dated", .totalPath, "Path of dates that say of which days the answer is, where there are any: none of the slice's, or next to them, and it fails.")

  static let success = Relationship("success", "The content is the rows.")
  static let failure = Relationship(
    Relationship.failureName,
    "The content is not a whole JSON document, does not fit the mapping or answers another question (`bad_data`); it is kept as it was.")

  static let rowsCounter = AttributeDescriptor("rows", "Rows extracted.")
  static let outsideCounter = AttributeDescriptor("rows outside the slice", "Rows dropped because they lie outside the slice.")
  static let emptyCounter = AttributeDescriptor("rows without a value", "Rows left out because they hold no value.")

  package static let descriptor = ProcessorDescriptor(
    type: "ExtractRecords", summary: "Turns JSON content into typed rows.",
    properties: [
      PropertyDescriptor(rows), PropertyDescriptor(empty), PropertyDescriptor(columns),
      PropertyDescriptor(skipEmpty), PropertyDescriptor(points), PropertyDescriptor(every), PropertyDescriptor(provisionalWhile), PropertyDescriptor(withinSlice), PropertyDescriptor(within), PropertyDescriptor(dated),
    ],
    withdrawn: [
      "rows_may_be_absent": "name the form in which the provider says that there is nothing, such as empty: { at: /, only: [] }; see FlowFormat.md"
    ],
    relationships: [success, failure],
    reads: [
      AttributeDescriptor(AttributeName.sliceDate, "The date of the first row, for columns with `time_of_day` (times are UTC); from which dates are kept."),
      AttributeDescriptor(AttributeName.sliceEndDate, "Until which dates are kept; exclusive."),
      AttributeDescriptor(AttributeName.sliceStart, "From when rows are kept."),
      AttributeDescriptor(AttributeName.sliceEnd, "Until when rows are kept; exclusive."),
      AttributeDescriptor(AttributeName.absentParts, "Columns read from these members of the document are left out: what the table has stays."),
      AttributeDescriptor(AttributeName.zone, "The zone of columns with `zone_of`; they are NULL without it."),
    ],
    writes: [
      AttributeDescriptor(AttributeName.sliceProvisional, "`true` where `provisional_while` says so."),
      AttributeDescriptor(AttributeName.sliceUnfinished, "`true` where `provisional_while` says so: what an earlier answer had is not replaced yet."),
    ],
    concurrency: 2, counters: [rowsCounter, outsideCounter, emptyCounter],
    records: { values in .produces(columns: values[columns].mapped.map { TableSchema.Column($0.name, $0.kind) }) },
    columnFacts: { values in values[columns].facts },
    check: { neighbourhood in
      var findings = emptyFindings(neighbourhood.values)
      if neighbourhood.values.optional(every) != nil, !neighbourhood.values[columns].mapped.contains(where: { $0.kind == .instant }) {
        findings.append(Diagnostic(.conflictingProperties, property: "every", found: "no column is an instant", expected: "one, whose spans are meant"))
      }
      return findings
    })

  /// An object that may lack the rows lies on the way to them.
  private static func emptyFindings(_ values: PropertyValues) -> [Diagnostic] {
    let way = values[rows].components
    return values[empty].compactMap { declaration in
      guard case .object(let path, let only, _) = declaration.form, !way.starts(with: path.components) || path.components.count == way.count && only == nil
      else { return nil }
      return Diagnostic(.conflictingProperties, property: "empty", found: "'\(path.text)' is not on the way to '\(values[rows].text)'", expected: "an object there, which lacks what comes next, or with 'only' the row")
    }
  }

  private let mapping: RecordMapping
  private let expressions: [NamedValue<any AttributeExpression>]
  /// By what rows are kept within the slice; nil: all are.
  private let windowColumn: MappedColumn?
  private let skipsEmpty: Bool
  private let aggregation: RecordAggregation?
  private let provisionalRules: [CompiledProvisionalRule]
  /// The mapping, ready for documents.
  private let compiled: any CompiledMapping
  private let name: String
  /// Columns whose values come from the document.
  private let readColumns: [String]
  private let zones = FlowFileZones()

  package init(_ configuration: ProcessorConfiguration) throws {
    mapping = Self.mapping(configuration.values)
    expressions = configuration[Self.columns].expressions
    windowColumn = configuration[Self.withinSlice] ? Self.windowColumn(of: mapping) : nil
    name = configuration.name
    let extractor = configuration.environment.json
    do {
      compiled = try extractor.compile(mapping)
      provisionalRules = try configuration[Self.provisionalWhile].map { try CompiledProvisionalRule($0, extractor) }
    } catch let error as ExtractionError {
      throw Diagnostic(.unsuitableValue, subject: name, found: error.found, expected: error.expected)
    }
    readColumns = mapping.columns.filter(\.isRead).map(\.name)
    skipsEmpty = configuration[Self.skipEmpty]
    let instants = mapping.columns.first { $0.kind == .instant }?.name
    let functions = configuration[Self.columns].functions
    aggregation = configuration.optional(Self.every).flatMap { every in
      instants.map { RecordAggregation(everySeconds: every.wholeMilliseconds / 1000, instantColumn: $0, functions: functions) }
    }
  }

  /// The mapping that these properties declare.
  package static func mapping(_ values: PropertyValues) -> RecordMapping {
    let points = values[points].flatMap(\.rules)
    // A page that keeps to its rule and has no points is empty.
    let emptyPages = points.compactMap { rule in rule.empty.map { EmptyForm.object(at: rule.elements, only: $0, has: []) } }
    var mapping = RecordMapping(
      rows: values[rows], emptyForms: values[empty].map(\.form) + emptyPages,
      columns: values[columns].mapped + [values.optional(within)?.column].compactMap { $0 }, points: points)
    mapping.dated = values.optional(dated)
    return mapping
  }

  private static func windowColumn(of mapping: RecordMapping) -> MappedColumn? {
    mapping.columns.first { $0.name == WindowDeclaration.name } ?? mapping.columns.first { $0.kind == .instant }
      ?? mapping.columns.first { $0.kind == .date && $0.isRead }
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    do {
      let document = try document(of: flowFile)
      var batch = try compiled.extract(document, context: context(of: flowFile))
      batch.columns.removeAll { $0.name == WindowDeclaration.name }
      if skipsEmpty { batch = batch.withoutEmptyRows(mapping) }
      let absent = flowFile[AttributeName.absentParts]?.split(separator: ",").map(String.init) ?? []
      if !absent.isEmpty { batch = batch.withoutColumns(readFrom: absent, mapping) }
      // What the consent does not cover is NULL for a known reason.
      if flowFile.lackingScopes.isEmpty { session.environment.columns.note(batch, columns: readColumns, processor: name) }
      if let aggregation { batch = aggregation.apply(to: batch) }
      var extracted = flowFile
      if try provisionalRules.contains(where: { try $0.holds(in: document) }) {
        extracted[AttributeName.sliceProvisional] = "true"
        extracted[AttributeName.sliceUnfinished] = "true"
      }
      extracted.content = .records(batch)
      // Shared, not copied: what fails from here on can go through a mended mapping.
      extracted.response = document
      session.count(Self.rowsCounter.name, batch.count)
      session.count(Self.outsideCounter.name, batch.droppedCount)
      if batch.emptyCount > 0 { session.count(Self.emptyCounter.name, batch.emptyCount) }
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
    context.window = windowColumn?.kind == .instant || mapping.columns.contains(where: { $0.totalWithin != nil }) ? try window(of: flowFile) : nil
    context.dates = windowColumn?.kind == .date || mapping.dated != nil ? try dates(of: flowFile) : nil
    context.windowColumn = windowColumn?.name
    return context
  }

  private func firstDate(of flowFile: FlowFile) throws -> CivilDate? {
    let name = AttributeName.sliceDate
    return try flowFile.read(name, expected: "a date yyyy-MM-dd") { CivilDate(text: $0) }
  }

  /// nil where the FlowFile has no slice.
  private func dates(of flowFile: FlowFile) throws -> Range<CivilDate>? {
    let expected = "a date yyyy-MM-dd"
    guard
      let start = try flowFile.read(AttributeName.sliceDate, expected: expected, { CivilDate(text: $0) }),
      let end = try flowFile.read(AttributeName.sliceEndDate, expected: expected, { CivilDate(text: $0) })
    else { return nil }
    guard start <= end else { throw ProcessorError(.badData, "the slice ends on \(end.text), before its start \(start.text)") }
    return start..<end
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

extension RecordBatch {
  /// Without the columns that are read from these members of the document: nothing was asked, so nothing is known to be NULL.
  fileprivate func withoutColumns(readFrom members: [String], _ mapping: RecordMapping) -> RecordBatch {
    let left = mapping.columns.filter { column in column.rootMember.map { !members.contains($0) } ?? true }.map(\.name)
    var batch = self
    batch.columns = columns.filter { left.contains($0.name) }
    return batch
  }

  /// Without the rows for which nothing but NULL was read.
  fileprivate func withoutEmptyRows(_ mapping: RecordMapping) -> RecordBatch {
    let read = mapping.columns.filter(\.isRead).compactMap { self[$0.name] }
    let kept = (0..<count).filter { row in read.contains { $0.isNull?[row] != true } }
    guard kept.count < count else { return self }
    var batch = RecordBatch(columns: columns.map { $0.keeping(kept) }, count: kept.count)
    batch.droppedCount = droppedCount
    batch.emptyCount = emptyCount + count - kept.count
    return batch
  }
}

extension RecordBatch.Column {
  fileprivate func keeping(_ rows: [Int]) -> RecordBatch.Column {
    let kept: RecordBatch.Values =
      switch values {
      case .integer(let values): .integer(rows.map { values[$0] })
      case .real(let values): .real(rows.map { values[$0] })
      case .text(let values): .text(rows.map { values[$0] })
      }
    return RecordBatch.Column(name: name, values: kept, isNull: isNull.map { marks in rows.map { marks[$0] } })
  }
}

extension MappedColumn {
  /// Its values are the document's.
  fileprivate var isRead: Bool {
    switch origin {
    case .path, .timeOfDay, .total: true
    case .attribute, .zone: false
    }
  }
  /// The member of the document that an absolute path begins with.
  fileprivate var rootMember: String? {
    switch origin {
    case .path(let path), .total(let path):
      guard path.isAbsolute, case .member(let name)? = path.components.first else { return nil }
      return name
    case .attribute, .timeOfDay, .zone: return nil
    }
  }
  fileprivate var needsZone: Bool {
    if case .zone = origin { true } else { notation == .localTime }
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
