import FlowCore
import StudyModel

/// Settled slices of one participant and data type, with neighbours merged: planning needs to know what is settled, not
/// each slice.
package struct SettledSpans: Sendable {
  private let participant: String
  private let dataType: String
  /// Ordered by time; no two rows touch.
  package private(set) var rows: [LedgerSlice] = []

  package init(of participant: String, _ dataType: String) {
    self.participant = participant
    self.dataType = dataType
  }

  /// Adds the next settled slice, in order of time.
  package mutating func add(_ window: Range<Int64>, latestSync: Int64?) {
    if let last = rows.last, last.key.end == window.lowerBound {
      rows[rows.count - 1].key.end = window.upperBound
      rows[rows.count - 1].latestSync = [last.latestSync, latestSync].compactMap { $0 }.max()
      return
    }
    let key = SliceKey(participant: participant, dataType: dataType, start: window.lowerBound, end: window.upperBound)
    var row = LedgerSlice(key: key, state: .written, run: "")
    row.latestSync = latestSync
    rows.append(row)
  }
}

extension LedgerSlice {
  /// Whether the slice has its final answer, with every scope granted, as of a sync no later than `latest`.
  package func isSettled(asOf latest: Int64) -> Bool { state == .written && lackingScopes.isEmpty && latestSync ?? .min <= latest }
}
