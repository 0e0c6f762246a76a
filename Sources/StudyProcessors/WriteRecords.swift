import FlowCore
import StudyModel

/// Writes a slice's records and its ledger row in one transaction; of a FlowFile with several slices, the rows and ledger rows of all.
/// Several FlowFiles may share a commit; each slice is atomic by itself, so that one whose rows are refused does not hold up the others.
package struct WriteRecords: Processor {
  static let provider = Property<ServiceReference>("provider", .service(.provider), "Provider recorded in the ledger row as the slice's source.")

  static let replaces = Property<[NamedValue<any AttributeExpression>]>(
    "replaces", .map(of: .expression), default: "",
    "Columns and values: the participant's rows with these values are replaced as a whole, and rows missing from the answer are deleted. For intervals, whose durations add up.")
  static let intervals = Property<[String]>(
    "intervals", .list(of: .identifier), default: "",
    "Columns that identify an interval of several rows: all rows of an interval in the answer are replaced.")

  static let success = Relationship("success", "Rows and ledger row are committed.")
  static let failure = Relationship(
    Relationship.failureName, "The transaction was rolled back. Of several slices, one whose rows are refused leaves by itself.")

  package static let descriptor = ProcessorDescriptor(
    type: "WriteRecords",
    summary: "Upserts a slice's records together with its ledger row, atomically for each slice.",
    properties: TableUse.properties + [PropertyDescriptor(provider), PropertyDescriptor(replaces), PropertyDescriptor(intervals)],
    relationships: [success, failure],
    reads: [
      AttributeDescriptor(AttributeName.participant, "Participant of the records."),
      AttributeDescriptor(AttributeName.dataType, "Data type of the ledger row."),
      AttributeDescriptor(AttributeName.sliceStart, "Start of the slice; without it no ledger row is written."),
      AttributeDescriptor(AttributeName.sliceEnd, "End of the slice."),
      AttributeDescriptor(AttributeName.sliceParts, "Slices of a FlowFile that covers several: a ledger row for each."),
      AttributeDescriptor(AttributeName.sliceRows, "Number of rows of each of them."),
      AttributeDescriptor(AttributeName.sliceProvisional, "Whether the ledger row is `provisional` or `written`."),
      AttributeDescriptor(AttributeName.sliceUnfinished, "`true`: rows are not deleted before the answer is finished."),
      AttributeDescriptor(AttributeName.sliceLacking, "Missing scopes, recorded in the ledger."),
      AttributeDescriptor(AttributeName.latestSync, "Latest sync at the time of the request."),
      AttributeDescriptor(AttributeName.fetchedAt, "Time of the response; an answer older than the ledger's is not written."),
      AttributeDescriptor(AttributeName.sha256, "Hash of the response, for the ledger."),
      AttributeDescriptor(AttributeName.rawObject, "Object of the raw storage with the response, for the ledger; it is durable before the rows are written."),
      AttributeDescriptor(AttributeName.rawRun, "In a rebuild: the run that fetched the response."),
      AttributeDescriptor(AttributeName.rawFlowFile, "In a rebuild: the FlowFile that fetched it."),
    ],
    writes: [
      AttributeDescriptor(AttributeName.sliceAnswer, "On one of several slices that fails by itself: the interval that the response answers."),
      AttributeDescriptor(AttributeName.sliceRows, "Removed from a slice that fails by itself."),
      AttributeDescriptor(AttributeName.sliceProvisional, "Whether the slice that fails by itself is provisional."),
    ] + SliceAttributes.documentation(of: "the slice that fails by itself"),
    maximumConcurrency: 1,
    batch: 16,
    counters: Counter.documentation,
    records: { values in
      TableUse.declaration(values, naming: [replaces.name: values[replaces].map(\.name), intervals.name: values[intervals]])
    })

  /// Names of the counters that the run report sums by table.
  package enum Counter {
    package static let inserted = "rows inserted"
    package static let updated = "rows updated"
    package static let unchanged = "rows unchanged"
    static let missing = "rows vanished"
    static let replaced = "rows replaced"
    static let stale = "stale answers"
    static let documentation = [
      AttributeDescriptor(inserted, "Rows that were new."), AttributeDescriptor(updated, "Rows whose values changed."),
      AttributeDescriptor(unchanged, "Rows already in the table."),
      AttributeDescriptor(missing, "Rows of an earlier answer that this one lacks; they stay."),
      AttributeDescriptor(replaced, "Rows deleted because the answer, which replaces them as a whole, lacks them."),
      AttributeDescriptor(stale, "Answers older than the ledger's; nothing was written."),
    ]
  }

  private let use: TableUse
  private let replaces: [NamedValue<any AttributeExpression>]
  private let intervals: [String]
  private let providerName: String?
  private let run: String
  private let flowSHA256: String
  private let commitBarrier: CommitBarrier

  package init(_ configuration: ProcessorConfiguration) throws {
    use = try TableUse(configuration)
    replaces = configuration[Self.replaces]
    intervals = configuration[Self.intervals]
    try Self.check(replaces.map(\.name) + intervals, configuration.name, use.schema)
    providerName = configuration.optional(Self.provider).map { _ in configuration.provider(Self.provider).provider }
    run = configuration.environment.run
    flowSHA256 = configuration.environment.flowSHA256
    commitBarrier = configuration.environment.commitBarrier
  }

  private static func check(_ columns: [String], _ name: String, _ table: TableSchema) throws {
    let known = table.columns.map(\.name)
    guard let unknown = columns.first(where: { !known.contains($0) }) else { return }
    throw Diagnostic(
      .unknownColumn, subject: name, found: "'\(unknown)' is not a column of table '\(table.name)'", expected: "one of its columns",
      hint: NearestName.hint(for: unknown, among: known))
  }

  package func process(_ session: ProcessSession) async throws {
    var writable: [(flowFile: FlowFile, writes: [SliceWrite])] = []
    for flowFile in session.getAll() {
      do {
        writable.append((flowFile, try writes(of: flowFile)))
      } catch {
        session.transfer(flowFile, to: Self.failure, because: error.failure)
      }
    }
    guard !writable.isEmpty else { return }
    // Rows become visible with the commit: what they were made from must outlast them.
    try await commitBarrier.pass(writable.map(\.flowFile))
    var results = try await session.waiting(for: "database") { try await use.store.write(writable.flatMap(\.writes)) }[...]
    for (flowFile, writes) in writable {
      try settle(flowFile, zip(writes, results.prefix(writes.count)).map { ($0, $1) }, session)
      results = results.dropFirst(writes.count)
    }
  }

  /// Sends a FlowFile on. If only some of its slices failed, each of them leaves as a FlowFile of its own.
  private func settle(
    _ written: FlowFile, _ results: [(write: SliceWrite, result: Result<SliceWriteResult, ProcessorError>)], _ session: ProcessSession
  ) throws {
    var failed: [(write: SliceWrite, failure: FlowFileFailure)] = []
    for (write, result) in results {
      switch result {
      case .success(let result): count(result, session)
      case .failure(let error): failed.append((write, error.failure))
      }
    }
    if failed.count == results.count, let first = failed.first { return session.transfer(written, to: Self.failure, because: first.failure) }
    for (write, failure) in failed {
      guard let row = write.ledger else { continue }
      let slice = SlicePart(start: row.key.start, end: row.key.end, isProvisional: row.state == .provisional)
      var child = try written.child(for: slice, in: session)
      child.content = .records(write.batch)
      child.response = written.response
      child.responseClaim = written.responseClaim
      var failure = failure
      failure.subject = slice.text
      session.transfer(child, to: Self.failure, because: failure)
    }
    var flowFile = written
    // The rows are committed: neither the response nor the comparison is needed any more.
    flowFile.response = nil
    flowFile.responseClaim = nil
    flowFile.finding = nil
    session.transfer(flowFile, to: Self.success)
  }

  private func count(_ written: SliceWriteResult, _ session: ProcessSession) {
    session.count(Counter.inserted, written.inserted)
    session.count(Counter.updated, written.updated)
    session.count(Counter.unchanged, written.unchanged)
    if written.missing > 0 { session.count(Counter.missing, written.missing) }
    if written.replaced > 0 { session.count(Counter.replaced, written.replaced) }
    if written.isStale { session.count(Counter.stale) }
  }

  private func replacement(of flowFile: FlowFile) throws(ProcessorError) -> SliceReplacement? {
    guard !replaces.isEmpty || !intervals.isEmpty else { return nil }
    let values = try TableUse.values(replaces, for: flowFile)
    // An answer that is still being processed is incomplete: it replaces only the rows that it names.
    return SliceReplacement(values: values, intervals: intervals, isUnfinished: flowFile[AttributeName.sliceUnfinished] == "true")
  }

  /// One for each slice; one for a FlowFile without any.
  private func writes(of flowFile: FlowFile) throws(ProcessorError) -> [SliceWrite] {
    let batch = try use.records(of: flowFile)
    guard let slices = try flowFile.rowsOfSlices(batch) else { return [try write(of: flowFile, batch, flowFile.finding as? any RowFinding)] }
    let findings = (flowFile.finding as? SliceFindings)?.findings ?? []
    var writes: [SliceWrite] = []
    for (place, (slice, rows)) in slices.enumerated() {
      let finding = place < findings.count ? findings[place] : nil
      writes.append(try write(of: try flowFile.narrowed(to: [slice]), rows, finding))
    }
    return writes
  }

  private func write(of flowFile: FlowFile, _ batch: RecordBatch, _ finding: (any RowFinding)?) throws(ProcessorError) -> SliceWrite {
    let participant = try flowFile.required(AttributeName.participant)
    var ledger: LedgerSlice?
    if let key = try flowFile.slice() {
      var row = LedgerSlice(
        key: key, state: flowFile[AttributeName.sliceProvisional] == "true" ? .provisional : .written, run: flowFile[AttributeName.rawRun] ?? run)
      row.fetchedAt = try flowFile.requiredInstant(AttributeName.fetchedAt)
      row.latestSync = try flowFile.requiredInstant(AttributeName.latestSync).seconds
      row.flowFile = flowFile[AttributeName.rawFlowFile] ?? flowFile.id.text
      row.object = flowFile[AttributeName.rawObject]
      row.sha256 = flowFile[AttributeName.sha256]
      row.provider = providerName
      row.flowSHA256 = flowSHA256
      row.zone = flowFile[AttributeName.sliceZone]
      row.lackingScopes = flowFile.lackingScopes
      ledger = row
    }
    return SliceWrite(
      table: use.schema, participant: participant, batch: batch, ledger: ledger, replacement: try replacement(of: flowFile), finding: finding)
  }
}
