import FlowCore
import StudyModel

/// Maps JSON to typed rows as the flow file declares. Strict: one invalid value fails the whole FlowFile.
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
    "Path to the rows: a list gives one row per element, an object gives one row. `*` stands for every element of a list on the path.")
  static let empty = Property<[EmptyDeclaration]>(
    "empty", .list(of: .record(EmptyDeclaration.self)), default: "",
    "Forms of a valid answer without rows, other than an empty list. Any other answer without rows fails.")
  static let columns = Property<RecordColumns>.required(
    "columns", .recordColumns, "The columns, by name: the kind and source of each.")
  static let skipEmpty = Property<Bool>(
    "skip_empty", .boolean, default: "false", "A row whose values from the document are all NULL is dropped and counted.")
  static let points = Property<[PointDeclaration]>(
    "points", .list(of: .record(PointDeclaration.self)), default: "",
    "Elements that hold exactly one object or list, of a given name: any other member fails, and so does a list in which no element holds it. This detects the answer to another question, which must not count as empty.")
  static let every = Property<Duration>(
    "every", .span, "One row for each span of this length, at its start, computed from all rows in it; `over` of each column says how.")
  static let provisionalWhile = Property<[ProvisionalRule]>(
    "provisional_while", .list(of: .record(ProvisionalRule.self)), default: "",
    "Conditions under which the answer is not final: the slice is then `provisional` and requested again after the next sync.")
  static let withinSlice = Property<Bool>(
    "within_slice", .boolean, default: "true",
    "Drops and counts rows outside the FlowFile's slice, by `within`, otherwise by the first `instant` column, otherwise by the first `date` column, that is read from the document. If all rows are outside, the answer belongs to another request and fails.")
  static let within = Property<WindowDeclaration>(
    "within", .record(WindowDeclaration.self), "The value that assigns a row to a slice, if its columns do not: a night belongs to the day on which it ends.")

  static let openEnded = Property<Bool>(
    "open_ended", .boolean, default: "false",
    "Whether the request has no end of its own, so that its answer may lie wholly outside the slice: a list of everything from a date on.")

  static let dated = Property<JSONPath>(
    "dated", .totalPath, "Path to the dates of the answer's days: if there are any and none is a day of the slice or next to one, the answer fails.")

  static let success = Relationship("success", "The content is the rows.")
  static let failure = Relationship(
    Relationship.failureName,
    "The content is not a whole JSON document, does not fit the mapping or belongs to another request (`bad_data`); it is left unchanged. Of several slices only those that do not fit leave here.")

  static let rowsCounter = AttributeDescriptor("rows", "Rows extracted.")
  static let outsideCounter = AttributeDescriptor("rows outside the slice", "Rows dropped because they lie outside the slice.")
  static let emptyCounter = AttributeDescriptor("rows without a value", "Rows dropped because they have no value.")

  package static let descriptor = ProcessorDescriptor(
    type: "ExtractRecords", summary: "Turns JSON content into typed rows.",
    properties: [
      PropertyDescriptor(rows), PropertyDescriptor(empty), PropertyDescriptor(columns),
      PropertyDescriptor(skipEmpty), PropertyDescriptor(points), PropertyDescriptor(every), PropertyDescriptor(provisionalWhile), PropertyDescriptor(withinSlice), PropertyDescriptor(within), PropertyDescriptor(openEnded), PropertyDescriptor(dated),
    ],
    withdrawn: [
      "rows_may_be_absent": "declare the form of an answer without rows, such as empty: { at: /, only: [] }; see FlowFormat.md"
    ],
    relationships: [success, failure],
    reads: [
      AttributeDescriptor(AttributeName.sliceDate, "Date of the first row, for columns with `time_of_day` (times are UTC); first date that is kept."),
      AttributeDescriptor(AttributeName.sliceEndDate, "End of the dates that are kept; exclusive."),
      AttributeDescriptor(AttributeName.sliceStart, "Start of the rows that are kept."),
      AttributeDescriptor(AttributeName.sliceEnd, "End of the rows that are kept; exclusive."),
      AttributeDescriptor(AttributeName.sliceParts, "Slices of a FlowFile that covers several: each row belongs to one of them, and columns with `value` are evaluated for each."),
      AttributeDescriptor(AttributeName.sliceAnswer, "The content answers other slices too."),
      AttributeDescriptor(AttributeName.absentParts, "Columns read from these members of the document are omitted: the table keeps its values. If the rows are, none is replaced."),
      AttributeDescriptor(AttributeName.zone, "The zone of columns with `zone_of`; they are NULL without it."),
    ],
    writes: SliceAttributes.documentation(of: "what is left of several slices if one fails by itself") + [
      AttributeDescriptor(AttributeName.sliceProvisional, "`true` if a condition of `provisional_while` holds."),
      AttributeDescriptor(AttributeName.sliceUnfinished, "`true` if a condition of `provisional_while` holds, or the rows' member is omitted: rows of an earlier answer are not replaced."),
      AttributeDescriptor(AttributeName.sliceRows, "Number of rows of each of several slices, separated by commas."),
      AttributeDescriptor(AttributeName.sliceAnswer, "On a slice that fails by itself: the interval that the content answers."),
    ],
    concurrency: 2, counters: [rowsCounter, outsideCounter, emptyCounter],
    records: { values in .produces(columns: values[columns].mapped.map { TableSchema.Column($0.name, $0.kind) }) },
    columnFacts: { values in values[columns].facts },
    check: { neighbourhood in
      var findings = emptyFindings(neighbourhood.values)
      if neighbourhood.values.optional(every) != nil, !neighbourhood.values[columns].mapped.contains(where: { $0.kind == .instant }) {
        findings.append(Diagnostic(.conflictingProperties, property: "every", found: "no column is an instant", expected: "an instant column, which `every` refers to"))
      }
      return findings
    })

  /// Checks that each object form lies on the path to the rows.
  private static func emptyFindings(_ values: PropertyValues) -> [Diagnostic] {
    let way = values[rows].components
    return values[empty].compactMap { declaration in
      guard case .object(let path, let only, _) = declaration.form, !way.starts(with: path.components) || path.components.count == way.count && only == nil
      else { return nil }
      return Diagnostic(.conflictingProperties, property: "empty", found: "'\(path.text)' is not on the path to '\(values[rows].text)'", expected: "an object on that path, or with 'only' the row itself")
    }
  }

  private let mapping: RecordMapping
  private let expressions: [NamedValue<any AttributeExpression>]
  /// The column that assigns rows to the slice; nil keeps all rows.
  private let windowColumn: MappedColumn?
  private let skipsEmpty: Bool
  private let isOpenEnded: Bool
  /// See `RecordColumns`.
  private let alternatives: [String: [String]]
  private let aggregation: RecordAggregation?
  private let provisionalRules: [CompiledProvisionalRule]
  /// The mapping, compiled once for all documents.
  private let compiled: any CompiledMapping
  private let name: String
  /// Names of columns that others are made from.
  private let supporting: Set<String>
  /// Columns with values from the document.
  private let readColumns: [String]
  private let zones = FlowFileZones()

  package init(_ configuration: ProcessorConfiguration) throws {
    mapping = Self.mapping(configuration.values)
    expressions = configuration[Self.columns].expressions
    windowColumn = configuration[Self.withinSlice] ? Self.windowColumn(of: mapping) : nil
    name = configuration.name
    supporting = Set(configuration[Self.columns].supporting.map(\.name))
    let extractor = configuration.environment.json
    do {
      compiled = try extractor.compile(mapping)
      provisionalRules = try configuration[Self.provisionalWhile].map { try CompiledProvisionalRule($0, extractor) }
    } catch let error as ExtractionError {
      throw Diagnostic(.unsuitableValue, subject: name, found: error.found, expected: error.expected)
    }
    readColumns = configuration[Self.columns].mapped.filter(\.isRead).map(\.name)
    skipsEmpty = configuration[Self.skipEmpty]
    isOpenEnded = configuration[Self.openEnded]
    alternatives = configuration[Self.columns].alternatives
    let instants = mapping.columns.first { $0.kind == .instant }?.name
    let functions = configuration[Self.columns].functions
    aggregation = configuration.optional(Self.every).flatMap { every in
      instants.map { RecordAggregation(everySeconds: every.wholeMilliseconds / 1000, instantColumn: $0, functions: functions) }
    }
  }

  /// The mapping declared by these properties.
  package static func mapping(_ values: PropertyValues) -> RecordMapping {
    let points = values[points].flatMap(\.rules)
    // A page that satisfies its point rule and has no points is empty.
    let emptyPages = points.compactMap { rule in rule.empty.map { EmptyForm.object(at: rule.elements, only: $0, has: []) } }
    var mapping = RecordMapping(
      rows: values[rows], emptyForms: values[empty].map(\.form) + emptyPages,
      columns: values[columns].mapped + values[columns].supporting + [values.optional(within)?.column].compactMap { $0 }, points: points)
    mapping.dated = values.optional(dated)
    return mapping
  }

  private static func windowColumn(of mapping: RecordMapping) -> MappedColumn? {
    mapping.columns.first { $0.name == WindowDeclaration.name } ?? mapping.columns.first { $0.kind == .instant && $0.timeIn == nil && $0.isRead }
      ?? mapping.columns.first { $0.kind == .date && $0.isRead }
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    do {
      if case .claim(let claim) = flowFile.content, try await extractPieces(of: claim, flowFile, session) { return }
      let document = try await document(of: flowFile, session.environment.contents)
      let slices = try flowFile.sliceParts()
      if slices.isEmpty {
        try extract(document, of: flowFile, session)
      } else {
        try extract(document, of: flowFile, slices, session)
      }
    } catch let error as ExtractionError {
      session.transfer(flowFile, to: Self.failure, because: Self.failure(error))
    } catch let error as ProcessorError {
      session.transfer(flowFile, to: Self.failure, because: error.failure)
    }
  }

  private static func failure(_ error: ExtractionError) -> FlowFileFailure { FlowFileFailure(cause: error.cause, message: error.description) }

  /// A FlowFile with one slice, or none.
  private func extract(_ document: [UInt8], of flowFile: FlowFile, _ session: ProcessSession) throws {
    var context = try context(of: flowFile)
    let batch: RecordBatch
    if flowFile[AttributeName.sliceAnswer] == nil {
      batch = try compiled.extract(document, context: context)
    } else {
      // The other slices of the answer have gone their own way: their rows are neither judged nor counted.
      context.isPartOfAnswer = true
      batch = try compiled.extract(document, parts: [context]).parts[0].get()
    }
    var extracted = flowFile
    if try isProvisional(document) {
      extracted[AttributeName.sliceProvisional] = "true"
      extracted[AttributeName.sliceUnfinished] = "true"
    }
    if hasOmittedRows(flowFile) { extracted[AttributeName.sliceUnfinished] = "true" }
    send(finished(batch, of: flowFile, session), droppedCount: batch.droppedCount, document, extracted, session)
  }

  /// A FlowFile with several slices. A slice whose rows are invalid leaves as a FlowFile of its own, and the others go on.
  private func extract(_ document: [UInt8], of flowFile: FlowFile, _ slices: [SlicePart], _ session: ProcessSession) throws {
    let records = try compiled.extract(document, parts: try slices.map { try context(of: try flowFile.narrowed(to: [$0])) })
    var kept: [(slice: SlicePart, batch: RecordBatch)] = []
    var failed: [(slice: SlicePart, error: ExtractionError)] = []
    for (slice, part) in zip(slices, records.parts) {
      switch part {
      case .success(let batch): kept.append((slice, finished(batch, of: flowFile, session)))
      case .failure(let error): failed.append((slice, error))
      }
    }
    // If no slice can be used, the answer as a whole is at fault.
    if kept.isEmpty, let first = failed.first { throw first.error }
    let isUnfinished = try isProvisional(document)
    let slicesKept = kept.map { SlicePart(start: $0.slice.start, end: $0.slice.end, isProvisional: $0.slice.isProvisional || isUnfinished) }
    var extracted = try flowFile.narrowed(to: slicesKept)
    if kept.count > 1 { extracted[AttributeName.sliceRows] = kept.map { String($0.batch.count) }.joined(separator: ",") }
    if isUnfinished || hasOmittedRows(flowFile) { extracted[AttributeName.sliceUnfinished] = "true" }
    for (slice, error) in failed {
      var child = try flowFile.child(for: slice, in: session)
      child.content = flowFile.content
      var failure = Self.failure(error)
      failure.subject = slice.text
      session.transfer(child, to: Self.failure, because: failure)
    }
    send(RecordBatch.joined(kept.map(\.batch)), droppedCount: records.droppedCount, document, extracted, session)
  }

  /// A document in a file, piece by piece. Returns false, and has done nothing, if only the whole document can tell: it cannot be cut, a piece is
  /// not as it should be, or no row belongs to the slices.
  private func extractPieces(of claim: ContentClaim, _ flowFile: FlowFile, _ session: ProcessSession) async throws -> Bool {
    let contents = session.environment.contents
    guard mapping.points.isEmpty, !mapping.columns.contains(where: { if case .total = $0.origin { true } else { false } }) else { return false }
    let slices = try flowFile.sliceParts()
    let contexts = try slices.isEmpty ? [context(of: flowFile)] : slices.map { try context(of: try flowFile.narrowed(to: [$0])) }
    var parts = contexts.map { _ in [RecordBatch]() }
    var droppedCount = 0
    var isUnfinished = false
    do {
      let rows = mapping.rows
      let cuts = try await contents.reading { try DocumentCuts(rows: rows) { try contents.read(claim, at: $0, count: $1) } }
      guard let cuts else { return false }
      for piece in cuts.pieces {
        let document = try await contents.reading { try cuts.document(piece) { try contents.read(claim, at: $0, count: $1) } }
        let records = try compiled.extract(document, parts: contexts)
        for (place, part) in records.parts.enumerated() { parts[place].append(try part.get()) }
        droppedCount += records.droppedCount
        if try !isUnfinished && isProvisional(document) { isUnfinished = true }
      }
    } catch is ExtractionError {
      return false
    }
    let batches = parts.map { RecordBatch.joined($0) }
    guard batches.contains(where: { $0.count > 0 }) else { return false }
    var results = batches.map { finished($0, of: flowFile, session) }
    if slices.isEmpty { results[0].droppedCount = droppedCount }
    var extracted = flowFile
    if slices.isEmpty {
      if isUnfinished { extracted[AttributeName.sliceProvisional] = "true" }
    } else {
      extracted = try flowFile.narrowed(to: slices.map { SlicePart(start: $0.start, end: $0.end, isProvisional: $0.isProvisional || isUnfinished) })
      if slices.count > 1 { extracted[AttributeName.sliceRows] = results.map { String($0.count) }.joined(separator: ",") }
    }
    if isUnfinished || hasOmittedRows(flowFile) { extracted[AttributeName.sliceUnfinished] = "true" }
    extracted.responseClaim = claim
    send(results.count == 1 ? results[0] : RecordBatch.joined(results), droppedCount: droppedCount, nil, extracted, session)
    return true
  }

  private func isProvisional(_ document: [UInt8]) throws -> Bool {
    try provisionalRules.contains { try $0.holds(in: document) }
  }

  /// Whether the rows come from a member that was omitted for lack of a scope: there may be rows, so none of the table is replaced.
  private func hasOmittedRows(_ flowFile: FlowFile) -> Bool {
    guard case .member(let member)? = mapping.rows.components.first else { return false }
    return flowFile.absentParts.contains(member)
  }

  /// The rows of one slice as they are written.
  private func finished(_ extracted: RecordBatch, of flowFile: FlowFile, _ session: ProcessSession) -> RecordBatch {
    var batch = alternatives.reduce(extracted) { $0.filling($1.key, from: $1.value) }
    batch.columns.removeAll { column in column.name == WindowDeclaration.name || supporting.contains(column.name) }
    if skipsEmpty { batch = batch.withoutEmptyRows(mapping) }
    let absent = flowFile.absentParts
    if !absent.isEmpty { batch = batch.withoutColumns(readFrom: absent, mapping) }
    // Columns that the consent does not cover are NULL for a known reason, so they are not reported as empty.
    if flowFile.lackingScopes.isEmpty { session.environment.columns.note(batch, columns: readColumns, processor: name) }
    return aggregation?.apply(to: batch) ?? batch
  }

  private func send(_ batch: RecordBatch, droppedCount: Int, _ document: [UInt8]?, _ flowFile: FlowFile, _ session: ProcessSession) {
    var extracted = flowFile
    extracted.content = .records(batch)
    // Keeps the document, shared rather than copied, so that a later failure can be replayed with a corrected
    // mapping.
    extracted.response = document
    session.count(Self.rowsCounter.name, batch.count)
    session.count(Self.outsideCounter.name, droppedCount)
    if batch.emptyCount > 0 { session.count(Self.emptyCounter.name, batch.emptyCount) }
    session.transfer(extracted, to: Self.success)
  }

  private func document(of flowFile: FlowFile, _ contents: ContentFolder) async throws -> [UInt8] {
    if let document = try await flowFile.content.loaded(contents) { return document }
    throw ProcessorError(.badData, "the content is already rows; expected a JSON document")
  }

  private func context(of flowFile: FlowFile) throws -> ExtractionContext {
    var context = ExtractionContext()
    for expression in expressions {
      context.attributeValues[expression.name] = try expression.value.evaluate(flowFile)
    }
    if mapping.columns.contains(where: \.needsZone) { context.utcOffset = try zones.utcOffset(of: flowFile) }
    if mapping.columns.contains(where: \.needsFirstDate) { context.firstDate = try firstDate(of: flowFile) }
    context.window = windowColumn?.kind == .instant || mapping.columns.contains(where: { $0.totalWithin != nil }) ? try flowFile.sliceWindow() : nil
    context.dates = windowColumn?.kind == .date || mapping.dated != nil ? try flowFile.sliceDates() : nil
    context.windowColumn = windowColumn?.name
    context.isOpenEnded = isOpenEnded
    return context
  }

  private func firstDate(of flowFile: FlowFile) throws -> CivilDate? {
    let name = AttributeName.sliceDate
    return try flowFile.read(name, expected: "a date yyyy-MM-dd") { CivilDate(text: $0) }
  }
}

extension FlowFile {
  /// Members omitted from the content for lack of a scope.
  fileprivate var absentParts: [String] { self[AttributeName.absentParts]?.split(separator: ",").map(String.init) ?? [] }

  /// Parses an attribute; nil if it is absent or empty. Throws `ProcessorError` (`bad_data`) if it is malformed.
  func read<Value>(_ name: String, expected: String, _ parse: (String) -> Value?) throws -> Value? {
    guard let text = self[name], !text.isEmpty else { return nil }
    guard let value = parse(text) else {
      throw ProcessorError(.badData, "attribute \(name) is '\(text)'; expected \(expected)")
    }
    return value
  }
}
