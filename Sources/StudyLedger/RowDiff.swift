import FlowCore
import StudyModel

/// The difference between a batch and the rows of a table, computed in one ordered pass over both (a merge join).
///
/// The store walks its rows in key order and calls `meet` for each, then `finish` once. No table row is retained.
package struct RowDiff: Sendable {
  /// Row numbers of the batch whose key is not in the table, in key order; nil means all rows, because the table had
  /// none in the span.
  package private(set) var new: [Int]?
  /// Row numbers whose key is in the table with different values.
  package private(set) var changed: [Int] = []
  package private(set) var unchanged = 0
  /// Table rows in the window that the batch lacks.
  package private(set) var missing = 0
  /// Table rows in the window.
  package private(set) var existingInWindow = 0

  private let order: RowOrder
  private var position = 0
  private var found: [Int] = []
  private var hasMet = false

  package init(_ order: RowOrder) { self.order = order }

  /// Processes the next row of the table.
  /// - Parameters:
  ///   - compareKey: compares the key of a batch row with the table row's: negative if the batch row comes first.
  ///   - hasSameValues: whether the two rows agree in all non-key columns of the batch.
  package mutating func meet(isInWindow: Bool, compareKey: (_ row: Int) -> Int, hasSameValues: (_ row: Int) -> Bool) {
    hasMet = true
    if isInWindow { existingInWindow += 1 }
    while position < order.count {
      let row = order.row(at: position)
      let comparison = compareKey(row)
      if comparison > 0 { break }
      position += 1
      if comparison < 0 {
        found.append(row)
        continue
      }
      if hasSameValues(row) { unchanged += 1 } else { changed.append(row) }
      return
    }
    if isInWindow { missing += 1 }
  }

  /// Call once after the last table row.
  package mutating func finish() {
    guard hasMet else { return }
    while position < order.count {
      found.append(order.row(at: position))
      position += 1
    }
    new = found
  }

  /// The verdict on the batch.
  package var verdict: RecordComparison.Verdict {
    if !changed.isEmpty || missing > 0 { return .changed }
    return (new?.count ?? order.count) > 0 ? .distinct : .duplicate
  }

  package var sizeBytes: Int { ((new?.count ?? 0) + changed.count + order.count) * MemoryLayout<Int>.stride }
}
