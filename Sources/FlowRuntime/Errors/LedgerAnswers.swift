import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants

/// Finds entries whose slice the ledger has answered. Makes one query per participant, limited to the time of its
/// entries.
package struct LedgerAnswers: Sendable {
  package let lookup: any AnswerLookup

  /// The paths of entries whose slices all have an answer that was fetched after the entry was written, was written by
  /// the run `writer` returns, or comes from the entry itself, which happens if a replay is killed before it removes
  /// the entry.
  package func settled(_ entries: [StoredEntry], writer: (StoredEntry) -> String? = { _ in nil }) async throws -> Set<String> {
    var settled: Set<String> = []
    let byParticipant = Dictionary(grouping: entries.filter { $0.slice != nil }) { $0.participant ?? "" }
    for (participant, entries) in byParticipant.sorted(by: { $0.key < $1.key }) {
      let slices = entries.compactMap(\.slice)
      guard let start = slices.map(\.start).min(), let end = slices.map(\.end).max() else { continue }
      let dataTypes = Set(slices.map(\.dataType)).sorted()
      let rows = try await lookup.answers(of: participant, dataTypes: dataTypes, window: start..<end)
      let byType = Dictionary(grouping: rows, by: \.key.dataType)
      for entry in entries where Self.isAnswered(entry, by: byType[entry.dataType ?? ""] ?? [], writer: writer(entry)) {
        settled.insert(entry.path)
      }
    }
    return settled
  }

  /// - Parameter rows: answered slices of the entry's data type, ordered by start and without overlap.
  package static func isAnswered(_ entry: StoredEntry, by rows: [LedgerSlice], writer: String?) -> Bool {
    let slices = entry.slices
    return !slices.isEmpty && slices.allSatisfy { isAnswered($0, of: entry, by: rows, writer: writer) }
  }

  private static func isAnswered(_ slice: SliceKey, of entry: StoredEntry, by rows: [LedgerSlice], writer: String?) -> Bool {
    var covered = slice.start
    for row in rows[rows.first(endingAfter: slice.start)...] {
      let isAnswer = row.run == writer || row.flowFile == entry.document.uuid || row.fetchedAt.map { $0 > entry.time } == true
      guard isAnswer, row.key.start <= covered, covered < slice.end else { break }
      covered = row.key.end
    }
    return covered >= slice.end
  }
}

extension Array<LedgerSlice> {
  /// Index of the first slice that ends after an instant, by binary search.
  fileprivate func first(endingAfter instant: Int64) -> Int {
    var low = startIndex, high = endIndex
    while low < high {
      let middle = low + (high - low) / 2
      if self[middle].key.end > instant { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension EntryOwnership {
  /// The paths of entries that one of the flow's databases has an answer for.
  package func settled(
    _ entries: [StoredEntry], _ environment: RuntimeEnvironment, writer: (StoredEntry) -> String? = { _ in nil }
  ) async throws -> Set<String> {
    var settled: Set<String> = []
    for store in stores {
      let own = entries.filter { entry in stores(of: entry).contains { $0.service == store.service } }
      guard own.contains(where: { $0.slice != nil }) else { continue }
      let found = try await store.store.reading { reader in
        try await LedgerAnswers(lookup: reader).settled(own, writer: writer)
      }
      settled.formUnion(found ?? [])
    }
    return settled
  }
}
