import FlowCore
import StudyModel

/// Slices of one participant and data type that are settled, neighbours as one: planning needs to know that they are there, not each of them.
package struct SettledSpans: Sendable {
  private let participant: String
  private let dataType: String
  /// In order of time; none touches another.
  package private(set) var rows: [LedgerSlice] = []

  package init(of participant: String, _ dataType: String) {
    self.participant = participant
    self.dataType = dataType
  }

  /// Takes the next settled slice, in order of time.
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
  /// It was answered for good, with all that was asked, as of a sync that is not later than `latest`.
  package func isSettled(asOf latest: Int64) -> Bool { state == .written && lackingScopes.isEmpty && latestSync ?? .min <= latest }
}
