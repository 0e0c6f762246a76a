import FlowCore
import StudyModel

/// Tells the answers that a newer one has overtaken, by the ledger. For processors that copy rows to where no ledger is: like the database, they keep
/// the answer that was fetched last, not the one that came last (a replay of an old entry, a rebuild whose newest object is damaged).
struct AnswerAge: Sendable {
  static let ledger = Property<ServiceReference>.required(
    "ledger", .service(.recordStore), "Database whose ledger tells when the slices were answered: an older answer is not copied.")
  static let reads = [
    AttributeDescriptor(AttributeName.dataType, "Data type of the ledger's rows."),
    AttributeDescriptor(AttributeName.sliceStart, "Start of the slice; without it no answer is older than another."),
    AttributeDescriptor(AttributeName.sliceEnd, "End of the slice."),
    AttributeDescriptor(AttributeName.latestSync, "Latest sync at the time of the request."),
    AttributeDescriptor(AttributeName.fetchedAt, "Time of the response; an answer older than the ledger's is not copied."),
  ]
  static let counter = "stale answers"
  static let counterDocumentation = AttributeDescriptor(counter, "Answers older than the ledger's; they were not copied.")

  private let store: any RecordStore

  init(_ configuration: ProcessorConfiguration) { store = configuration.recordStore(Self.ledger) }

  /// Whether each of a FlowFile's slices is answered by a newer response, in their order. One reading of the ledger.
  /// - Parameter slices: the FlowFile as it would be for each of them.
  func areStale(_ slices: [FlowFile]) async throws -> [Bool] {
    var answers: [LedgerSlice?] = []
    for slice in slices { answers.append(try answer(of: slice)) }
    let keys = answers.compactMap { $0?.key }
    guard let start = keys.map(\.start).min(), let key = keys.first else { return answers.map { _ in false } }
    let known = try await store.ledger(of: key.participant, dataTypes: [key.dataType], endingAfter: start)
    return answers.map { $0?.isStale(among: known) ?? false }
  }

  private func answer(of slice: FlowFile) throws(ProcessorError) -> LedgerSlice? {
    guard let key = try slice.slice() else { return nil }
    var row = LedgerSlice(key: key, state: .written, run: "")
    row.fetchedAt = try slice.requiredInstant(AttributeName.fetchedAt)
    row.latestSync = try slice.requiredInstant(AttributeName.latestSync).seconds
    return row
  }
}
