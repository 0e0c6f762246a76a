import FlowCore

/// Writes a slice's records and its ledger row in one transaction. Several slices may share a commit; each is atomic for itself.
package struct WriteRecords: Processor {
  static let provider = Property<ServiceReference>("provider", .service(.provider), "Provider that the ledger row names as the slice's source.")

  static let success = Relationship("success", "Rows and ledger row are committed.")
  static let failure = Relationship(Relationship.failureName, "The transaction was rolled back.")

  package static let descriptor = ProcessorDescriptor(
    type: "WriteRecords",
    summary: "Upserts a slice's records together with its ledger row, one transaction a slice.",
    properties: TableUse.properties + [PropertyDescriptor(provider)],
    relationships: [success, failure],
    reads: [
      AttributeDescriptor(AttributeName.participant, "Whose records."),
      AttributeDescriptor(AttributeName.dataType, "Data type of the ledger row."),
      AttributeDescriptor(AttributeName.sliceStart, "Slice of the ledger row; without it rows are written without ledger."),
      AttributeDescriptor(AttributeName.sliceEnd, "End of the slice."),
      AttributeDescriptor(AttributeName.sliceProvisional, "Whether the ledger says `provisional` or `written`."),
      AttributeDescriptor(AttributeName.sliceLacking, "Scopes that the ledger notes as lacking."),
      AttributeDescriptor(AttributeName.latestSync, "Latest sync when the slice was asked."),
      AttributeDescriptor(AttributeName.fetchedAt, "An answer older than the ledger's is not written."),
      AttributeDescriptor(AttributeName.sha256, "Hash of the response, for the ledger."),
    ],
    maximumConcurrency: 1,
    batch: 16,
    counters: Counter.documentation,
    records: { TableUse.declaration($0) })

  /// Names of the counters that the run's report sums up by table.
  package enum Counter {
    package static let inserted = "rows inserted"
    package static let updated = "rows updated"
    package static let unchanged = "rows unchanged"
    static let vanished = "rows vanished"
    static let stale = "stale answers"
    static let documentation = [
      AttributeDescriptor(inserted, "Rows that were new."), AttributeDescriptor(updated, "Rows whose values changed."),
      AttributeDescriptor(unchanged, "Rows that were there already."),
      AttributeDescriptor(vanished, "Rows that the answer lacks and an earlier one had; they stay."),
      AttributeDescriptor(stale, "Answers older than what the ledger knows; nothing was written."),
    ]
  }

  private let use: TableUse
  private let providerName: String?
  private let run: String
  private let flowSHA256: String

  package init(_ configuration: ProcessorConfiguration) throws {
    use = try TableUse(configuration)
    providerName = configuration.optional(Self.provider).map { _ in configuration.provider(Self.provider).provider }
    run = configuration.environment.run
    flowSHA256 = configuration.environment.flowSHA256
  }

  package func process(_ session: ProcessSession) async throws {
    var writable: [(flowFile: FlowFile, write: SliceWrite)] = []
    for flowFile in session.getAll() {
      do {
        writable.append((flowFile, try write(of: flowFile)))
      } catch {
        session.transfer(flowFile, to: Self.failure, because: error.failure)
      }
    }
    guard !writable.isEmpty else { return }
    let results = try await use.store.write(writable.map(\.write))
    for (item, result) in zip(writable, results) {
      switch result {
      case .success(let written):
        count(written, session)
        var flowFile = item.flowFile
        flowFile.response = nil  // The rows are there: nobody will need what they were made from.
        session.transfer(flowFile, to: Self.success)
      case .failure(let error):
        session.transfer(item.flowFile, to: Self.failure, because: error.failure)
      }
    }
  }

  private func count(_ written: SliceWriteResult, _ session: ProcessSession) {
    session.count(Counter.inserted, written.inserted)
    session.count(Counter.updated, written.updated)
    session.count(Counter.unchanged, written.unchanged)
    if written.vanished > 0 { session.count(Counter.vanished, written.vanished) }
    if written.isStale { session.count(Counter.stale) }
  }

  private func write(of flowFile: FlowFile) throws(ProcessorError) -> SliceWrite {
    let batch = try use.records(of: flowFile)
    let participant = try flowFile.required(AttributeName.participant)
    var ledger: LedgerSlice?
    if let key = try flowFile.slice() {
      var row = LedgerSlice(
        key: key, state: flowFile[AttributeName.sliceProvisional] == "true" ? .provisional : .written, run: run)
      row.fetchedAt = try flowFile.requiredInstant(AttributeName.fetchedAt)
      row.latestSync = try flowFile.requiredInstant(AttributeName.latestSync).seconds
      row.flowFile = flowFile.id.text
      row.sha256 = flowFile[AttributeName.sha256]
      row.provider = providerName
      row.flowSHA256 = flowSHA256
      row.zone = flowFile[AttributeName.sliceZone]
      row.lackingScopes = flowFile.lackingScopes
      ledger = row
    }
    return SliceWrite(table: use.schema, participant: participant, batch: batch, ledger: ledger)
  }
}
