import FlowCore
import StudyModel

/// Compares a slice's records with the table. Does not write, so that a later failure cannot leave rows that look like
/// duplicates. The result travels with the FlowFile, so that `WriteRecords` need not compare again.
package struct DedupeCheck: Processor {
  static let distinct = Relationship("distinct", "At least one key is new and no known row differs.")
  static let changed = Relationship("changed", "A row of the table has different values or is missing in the answer.")
  static let duplicate = Relationship("duplicate", "The table has every row with the same values.")
  static let failure = Relationship(Relationship.failureName, "The table cannot be read, or the content is not records.")

  package static let descriptor = ProcessorDescriptor(
    type: "DedupeCheck",
    summary: "Compares a slice's records with the table: distinct, changed or duplicate.",
    properties: TableUse.properties,
    relationships: [distinct, changed, duplicate, failure],
    reads: [
      AttributeDescriptor(AttributeName.participant, "Participant of the records."),
      AttributeDescriptor(AttributeName.sliceParts, "Slices of a FlowFile that covers several; each is compared by itself."),
      AttributeDescriptor(AttributeName.sliceRows, "Number of rows of each of them."),
    ],
    concurrency: 4,
    records: { TableUse.declaration($0) })

  private let use: TableUse

  package init(_ configuration: ProcessorConfiguration) throws { use = try TableUse(configuration) }

  package func process(_ session: ProcessSession) async throws {
    guard var flowFile = session.get() else { return }
    let batch = try use.records(of: flowFile)
    let participant = try flowFile.required(AttributeName.participant)
    let verdict: RecordComparison.Verdict
    if let slices = try flowFile.rowsOfSlices(batch) {
      var comparisons: [RecordComparison] = []
      for (slice, rows) in slices {
        let key = try flowFile.key(of: slice, participant)
        comparisons.append(try await use.store.compare(rows, of: participant, in: use.schema, slice: key))
      }
      flowFile.finding = SliceFindings(findings: comparisons.map(\.finding))
      verdict = Self.joint(comparisons.map(\.verdict))
    } else {
      let comparison = try await use.store.compare(batch, of: participant, in: use.schema, slice: try flowFile.slice())
      flowFile.finding = comparison.finding
      verdict = comparison.verdict
    }
    switch verdict {
    case .distinct: session.transfer(flowFile, to: Self.distinct)
    case .changed: session.transfer(flowFile, to: Self.changed)
    case .duplicate: session.transfer(flowFile, to: Self.duplicate)
    }
  }

  private static func joint(_ verdicts: [RecordComparison.Verdict]) -> RecordComparison.Verdict {
    verdicts.contains(.changed) ? .changed : verdicts.contains(.distinct) ? .distinct : .duplicate
  }
}
