/// Which columns had a value in a run, by the processor that reads them. A path that leads nowhere gives NULL in every row, as a member that
/// may be absent does: only all rows of a run together tell the two apart.
package final class ColumnRegister: Sendable {
  /// The subject of the bulletin; the journal keeps it with the run.
  package static let subject = "columns without any value in this run"

  private struct Tally {
    var rows = 0
    var hasValue = false
  }
  private let tallies = Locked<[String: [String: Tally]]>([:])

  package init() {}

  /// Counts the rows of a batch for the columns named.
  package func note(_ batch: RecordBatch, columns: [String], processor: String) {
    guard batch.count > 0 else { return }
    let found = batch.columns.filter { columns.contains($0.name) }.map { ($0.name, $0.isNull?.contains(false) ?? true) }
    tallies.withLock { tallies in
      for (name, hasValue) in found {
        tallies[processor, default: [:]][name, default: Tally()].rows += batch.count
        if hasValue { tallies[processor]?[name]?.hasValue = true }
      }
    }
  }

  /// One for each processor with such columns, in the order of names.
  package var bulletins: [Bulletin] {
    let all = tallies.withLock { $0 }
    return all.sorted { $0.key < $1.key }.compactMap { processor, columns in
      let empty = columns.filter { !$0.value.hasValue }.sorted { $0.key < $1.key }
      guard !empty.isEmpty else { return nil }
      let names = empty.map { "\($0.key) (\($0.value.rows) rows)" }.joined(separator: ", ")
      return Bulletin(
        .warning, processor: processor, subject: Self.subject,
        detail: "\(names); compare the column's path with an answer, or take no notice where nobody has such data")
    }
  }
}
