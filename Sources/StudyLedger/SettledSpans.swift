import FlowCore
import StudyModel

/// Settled slices of one participant and data type, with neighbours merged: planning needs to know what is settled, not
/// each slice.
package struct SettledSpans: Sendable {
  private let participant: String
  private let dataType: String
  /// Ordered by time. None touches another, unless a part was removed.
  private var spans: [Range<Int64>] = []

  package init(of participant: String, _ dataType: String) {
    self.participant = participant
    self.dataType = dataType
  }

  /// Adds the next settled slice, or several contiguous ones, in order of time.
  package mutating func add(_ window: Range<Int64>) {
    guard let last = spans.last, last.upperBound == window.lowerBound else { return spans.append(window) }
    spans[spans.count - 1] = last.lowerBound..<window.upperBound
  }

  /// Removes slices that are listed separately.
  package mutating func remove(_ windows: [Range<Int64>]) {
    guard let first = windows.map(\.lowerBound).min(), let end = windows.map(\.upperBound).max() else { return }
    spans = spans.flatMap { $0.overlaps(first..<end) ? $0.subtracting(windows) : [$0] }
  }

  package var rows: [LedgerSlice] {
    spans.map {
      let key = SliceKey(participant: participant, dataType: dataType, start: $0.lowerBound, end: $0.upperBound)
      return LedgerSlice(key: key, state: .written, run: "")
    }
  }
}

extension LedgerSlice {
  /// Whether the slice has its final answer, with every scope granted, as of a sync no later than `latest`.
  package func isSettled(asOf latest: Int64) -> Bool { state == .written && lackingScopes.isEmpty && latestSync ?? .min <= latest }
}
