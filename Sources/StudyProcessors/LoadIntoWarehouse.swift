import FlowCore
import StudyModel

/// Copies the rows of each slice into a warehouse, in the place of those that it has of the slice. The content goes on as it is.
///
/// Rows and what they replace change in one transaction, so that a slice loaded twice is there once. It belongs before the writer of the
/// ledger: what is killed in between is asked, and loaded, again. An answer that the ledger has a newer one for is not loaded.
package struct LoadIntoWarehouse: Processor {
  static let warehouse = Property<ServiceReference>.required("warehouse", .service(.warehouse), "Warehouse that takes the rows.")
  static let table = Property<String>.required("table", .identifier, "Table of the records; it is created if absent, and gets new columns.")
  static let key = Property<[String]>.required("key", .list(of: .identifier), "Columns that identify a row; `participant` is implied.")
  static let replaces = Property<[NamedValue<any AttributeExpression>]>(
    "replaces", .map(of: .expression), default: "",
    "Columns and values: the participant's rows with these values are replaced. Absent: those within the slice, by the time in the key.")
  static let intervals = Property<[String]>(
    "intervals", .list(of: .identifier), default: "",
    "Columns that identify an interval of several rows: all rows of an interval in the answer are replaced.")

  static let success = Relationship("success", "The rows are committed, or there is no warehouse of its own.")
  static let failure = Relationship(Relationship.failureName, "Nothing was changed in the warehouse, or the content is not records.")

  private static let rowsCounter = "rows loaded"

  package static let descriptor = ProcessorDescriptor(
    type: "LoadIntoWarehouse",
    summary: "Copies a slice's records into a warehouse, in the place of those that are there.",
    properties: [
      PropertyDescriptor(warehouse), PropertyDescriptor(AnswerAge.ledger), PropertyDescriptor(table), PropertyDescriptor(key), PropertyDescriptor(replaces),
      PropertyDescriptor(intervals),
    ],
    relationships: [success, failure],
    reads: [
      AttributeDescriptor(AttributeName.participant, "Participant of the records, the first column."),
      AttributeDescriptor(AttributeName.dataType, "Data type of the ledger's rows."),
      AttributeDescriptor(AttributeName.sliceStart, "Start of the instants that are replaced; without it only rows with the same keys are."),
      AttributeDescriptor(AttributeName.sliceEnd, "End of the instants that are replaced; exclusive."),
      AttributeDescriptor(AttributeName.latestSync, "Latest sync at the time of the request."),
      AttributeDescriptor(AttributeName.fetchedAt, "Time of the response; an answer older than the ledger's is not loaded."),
      AttributeDescriptor(AttributeName.sliceDate, "First date that is replaced."),
      AttributeDescriptor(AttributeName.sliceEndDate, "End of the dates that are replaced; exclusive."),
      AttributeDescriptor(AttributeName.sliceParts, "Slices of a FlowFile that covers several, loaded in one transaction."),
      AttributeDescriptor(AttributeName.sliceRows, "Number of rows of each of them."),
      AttributeDescriptor(AttributeName.rawObject, "Object of the raw storage with the response; it is durable before the rows leave."),
      AttributeDescriptor(AttributeName.sliceUnfinished, "`true`: the answer is not finished, and only rows that it names are replaced."),
      AttributeDescriptor(AttributeName.parquetObject, "Objects that Redshift copies, a line for each slice."),
    ],
    concurrency: 4, counters: [AttributeDescriptor(rowsCounter, "Rows in the loaded slices."), AnswerAge.counterDocumentation],
    records: { values in
      .uses(
        table: values[table], key: values[key], service: values[warehouse].name,
        naming: [replaces.name: values[replaces].map(\.name), intervals.name: values[intervals]])
    })

  private let target: any WarehouseLoading
  private let age: AnswerAge
  private let schema: TableSchema
  private let replaces: [NamedValue<any AttributeExpression>]
  private let intervals: [String]
  private let commitBarrier: CommitBarrier

  package init(_ configuration: ProcessorConfiguration) throws {
    target = configuration.warehouse(Self.warehouse)
    age = AnswerAge(configuration)
    schema = try configuration.schema(of: Self.table)
    replaces = configuration[Self.replaces]
    intervals = configuration[Self.intervals]
    commitBarrier = configuration.environment.commitBarrier
    guard replaces.isEmpty, schema.timeColumn == nil else { return }
    throw Diagnostic(
      .missingProperty, subject: configuration.name, found: "the key of table '\(schema.name)' has no time, which would tell the rows of a slice",
      expected: "'replaces', such as { date: \"${slice.date}\" }")
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    let batch = try flowFile.records()
    guard target.isOn else { return session.transfer(flowFile, to: Self.success) }
    // What the rows were made from must outlast them.
    try await commitBarrier.pass([flowFile])
    let each = try flowFile.eachSlice(batch)
    let stale = try await age.areStale(each.map(\.flowFile))
    let staleCount = stale.count { $0 }
    if staleCount > 0 { session.count(AnswerAge.counter, staleCount) }
    if staleCount < each.count {
      let slices = zip(try slices(of: flowFile, each), stale).filter { !$0.1 }.map(\.0)
      session.count(Self.rowsCounter, try await target.load(slices))
    }
    session.transfer(flowFile, to: Self.success)
  }

  private func slices(of flowFile: FlowFile, _ each: [(flowFile: FlowFile, batch: RecordBatch)]) throws(ProcessorError) -> [WarehouseSlice] {
    let participant = try flowFile.required(AttributeName.participant)
    // A line each: that of a stale answer is empty.
    let objects = flowFile[AttributeName.parquetObject]?.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) ?? []
    var slices: [WarehouseSlice] = []
    for (place, (slice, rows)) in each.enumerated() {
      slices.append(
        WarehouseSlice(
          table: schema, participant: participant, batch: rows, extent: try extent(of: slice), intervals: intervals,
          isUnfinished: slice[AttributeName.sliceUnfinished] == "true", object: place < objects.count && !objects[place].isEmpty ? objects[place] : nil))
    }
    return slices
  }

  private func extent(of slice: FlowFile) throws(ProcessorError) -> WarehouseSlice.Extent {
    if !replaces.isEmpty { return .values(try TableUse.values(replaces, for: slice)) }
    guard slice[AttributeName.sliceStart] != nil else { return .keys }
    guard schema.timeColumn?.kind == .date else {
      let (start, end) = (try slice.requiredInstant(AttributeName.sliceStart).seconds, try slice.requiredInstant(AttributeName.sliceEnd).seconds)
      guard start < end else { throw ProcessorError(.badData, "the slice ends at \(Instant(seconds: end).text), before it starts") }
      return .instants(start..<end)
    }
    let (first, end) = (try date(AttributeName.sliceDate, of: slice), try date(AttributeName.sliceEndDate, of: slice))
    guard first < end else { throw ProcessorError(.badData, "the slice's dates end with \(end.text), before \(first.text)") }
    return .dates(first..<end)
  }

  private func date(_ attribute: String, of slice: FlowFile) throws(ProcessorError) -> CivilDate {
    let text = try slice.required(attribute)
    guard let date = CivilDate(text: text) else {
      throw ProcessorError(.badData, "attribute '\(attribute)' is '\(text)'; expected a date such as 2026-08-15")
    }
    return date
  }
}
