/// Tracks which columns had a value during a run, per processor. A wrong path yields NULL in every row, like a member
/// that is legitimately absent; only the rows of a whole run can distinguish the two.
package final class ColumnRegister: Sendable {
  /// The bulletin's subject; the run history stores it.
  package static let subject = "columns without any value in this run"

  private struct Tally {
    var rows = 0
    var hasValue = false
  }
  private let tallies = Locked<[String: [String: Tally]]>([:])

  package init() {}

  /// Counts a batch's rows for the given columns.
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

  /// One bulletin for each processor with such columns, sorted by name.
  package var bulletins: [Bulletin] {
    let all = tallies.withLock { $0 }
    return all.sorted { $0.key < $1.key }.compactMap { processor, columns in
      let empty = columns.filter { !$0.value.hasValue }.sorted { $0.key < $1.key }
      guard !empty.isEmpty else { return nil }
      let names = empty.map { "\($0.key) (\($0.value.rows) rows)" }.joined(separator: ", ")
      return Bulletin(
        .warning, processor: processor, subject: Self.subject,
        detail: "\(names); compare the column's path with a response; ignore this if there is no such data")
    }
  }
}
