import FlowCore
import StudyModel

/// The difference between a batch and the rows that a table has: one ordered walk over both.
///
/// The store walks its rows in key order and calls `meet` for each, then `finish` once; nothing is kept of a row of the table.
package struct RowDiff: Sendable {
  /// Row numbers of the batch whose key the table does not have, in key order; nil: all of them, the walk met no row.
  package private(set) var new: [Int]?
  /// Row numbers whose key is there with other values.
  package private(set) var changed: [Int] = []
  package private(set) var unchanged = 0
  /// Rows of the table, in the window, that the batch lacks.
  package private(set) var missing = 0
  /// Rows of the table in the window.
  package private(set) var existingInWindow = 0

  private let order: RowOrder
  private var position = 0
  private var found: [Int] = []
  private var hasMet = false

  package init(_ order: RowOrder) { self.order = order }

  /// Takes the next row of the table.
  /// - Parameters:
  ///   - compareKey: the order of a row of the batch to it: negative where the batch's comes first.
  ///   - hasSameValues: whether the two agree in all columns of the batch that are not in the key.
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

  /// The table has no further row.
  package mutating func finish() {
    guard hasMet else { return }
    while position < order.count {
      found.append(order.row(at: position))
      position += 1
    }
    new = found
  }

  /// What it means for the batch.
  package var verdict: RecordComparison.Verdict {
    if !changed.isEmpty || missing > 0 { return .changed }
    return (new?.count ?? order.count) > 0 ? .distinct : .duplicate
  }

  package var sizeBytes: Int { ((new?.count ?? 0) + changed.count + order.count) * MemoryLayout<Int>.stride }
}
