/// Remembers where rows were written recently, to tell whether a comparison is still valid.
///
/// It records where one store has written. Of other connections it knows only that they have committed, from a version number that the
/// store reads; their writes count as changes everywhere.
package struct RecentWrites: Sendable {
  private struct Write: Sendable {
    /// nil means every participant.
    var participant: String?
    /// nil means every table.
    var table: String?
    var span: SliceRows.Span
  }

  /// How many writes are remembered; comparisons older than that are treated as invalid.
  private let limit: Int
  private var writes: [Write] = []
  /// Index in `writes` of the oldest entry; `writes` is a ring buffer once it is full.
  private var oldest = 0
  /// Number of writes so far; comparisons use it as their version.
  package private(set) var count = 0
  /// The last version passed to `noteOthers`.
  private var version: Int64?

  package init(limit: Int = 1024) {
    precondition(limit > 0, "at least one write is remembered")
    self.limit = limit
  }

  /// - Parameters:
  ///   - participant: nil for every participant.
  ///   - table: nil for every table of the participant.
  package mutating func note(_ participant: String?, _ table: String?, _ span: SliceRows.Span) {
    count += 1
    let write = Write(participant: participant, table: table, span: span)
    guard writes.count == limit else { return writes.append(write) }
    writes[oldest] = write
    oldest = (oldest + 1) % limit
  }

  /// Must be called in every write transaction, before a comparison is looked up.
  /// - Parameter version: a number that differs from the previous one if another connection has committed since.
  package mutating func noteOthers(_ version: Int64) {
    if let known = self.version, known != version { note(nil, nil, .all) }
    self.version = version
  }

  /// Invalidates every comparison, because the store was opened again and its version numbers start anew.
  package mutating func forgetOthers() {
    note(nil, nil, .all)
    version = nil
  }

  /// Whether nothing has been written there since `count` was `mark`.
  package func isUntouched(_ participant: String, _ table: String, _ span: SliceRows.Span, since mark: Int) -> Bool {
    let later = count - mark
    guard later <= writes.count else { return false }
    return (writes.count - later..<writes.count).allSatisfy { age in
      let write = writes[(oldest + age) % writes.count]
      return (write.participant ?? participant) != participant || (write.table ?? table) != table || !write.span.overlaps(span)
    }
  }
}
