import FlowCore
import StudyModel

/// The rows that belong to a slice.
///
/// If the table has an instant in its key, these are the rows whose instant lies in the slice. If it has a date, these
/// are the rows from the first to the last date of the batch: the ledger stores instants, not the zone that determined
/// the dates. In a table without time, all rows of the participant are compared, and those of the batch belong to the slice.
package struct SliceRows: Sendable {
  /// The table rows that a batch is compared with; both ends are inclusive.
  package enum Span: Sendable, Equatable {
    case instants(ClosedRange<Int64>)
    case dates(ClosedRange<String>)
    /// The table has no time.
    case all
    case none
  }

  package let table: TableSchema
  package let batch: RecordBatch
  /// The table's instant or date column; nil if it has neither.
  private let time: TableSchema.Column?

  package init(_ batch: RecordBatch, in table: TableSchema) {
    self.table = table
    self.batch = batch
    time = table.timeColumn
  }

  /// Whether the batch's rows can be separated by instant.
  package var isDivisible: Bool { time?.kind == .instant }

  /// The span that covers the window and every row of the batch. Throws `ProcessorError` (`bad_data`) if the batch's
  /// times are of another kind.
  package func span(_ order: RowOrder, _ window: Range<Int64>?) throws -> Span {
    guard let time else { return .all }
    switch (batch[time.name]?.values, time.kind) {
    case (.text(let values), .date):
      let dates = (0..<order.count).lazy.map { values[order.row(at: $0)] }
      guard let first = dates.min(), let last = dates.max() else { return .none }
      return .dates(first...last)
    case (.integer(let values), .instant):
      var lower = window?.lowerBound ?? Int64.max
      var upper = window.map { $0.upperBound - 1 } ?? Int64.min
      for position in 0..<order.count {
        let instant = values[order.row(at: position)]
        lower = min(lower, instant)
        upper = max(upper, instant)
      }
      return lower <= upper ? .instants(lower...upper) : .none
    case (nil, .instant):
      guard let window, !window.isEmpty else { return .none }
      return .instants(window.lowerBound...window.upperBound - 1)
    case (nil, _): return .none
    default: throw ProcessorError(.badData, "column '\(time.name)' does not hold \(time.kind.rawValue)s")
    }
  }

  /// Whether the table's rows belong to the slice; nil if that depends on each row's instant.
  package func ownsEveryRow(_ window: Range<Int64>?) -> Bool? {
    guard let time, window != nil else { return false }
    return time.kind == .instant ? nil : true
  }

  /// The batch rows that lie in a window.
  package func rows(_ order: RowOrder, in window: Range<Int64>) -> RowOrder {
    order.filter { instant(ofRow: $0).map(window.contains) ?? false }
  }

  /// The number of table rows in the window after the difference has been written.
  package func countAfter(_ diff: RowDiff, _ order: RowOrder, in window: Range<Int64>?) -> Int {
    // Nothing but the answer says which rows of a table without time are the slice's; whether they were there before makes no difference.
    guard time != nil else { return order.count }
    return diff.existingInWindow + (diff.new.map { new in new.count { isInWindow(row: $0, window) } } ?? count(order, in: window))
  }

  private func count(_ order: RowOrder, in window: Range<Int64>?) -> Int {
    guard order.count > 0 else { return 0 }
    // Rows are in key order: if the key starts with the time, the first and last rows bound all others.
    if table.key.first == time?.name, isInWindow(row: order.row(at: 0), window), isInWindow(row: order.row(at: order.count - 1), window) {
      return order.count
    }
    return (0..<order.count).count { isInWindow(row: order.row(at: $0), window) }
  }

  private func isInWindow(row: Int, _ window: Range<Int64>?) -> Bool {
    guard let window, time != nil else { return true }
    return instant(ofRow: row).map(window.contains) ?? true
  }

  /// The instant of a batch row; nil if the table has none.
  private func instant(ofRow row: Int) -> Int64? {
    guard let time, time.kind == .instant, case .integer(let values)? = batch[time.name]?.values else { return nil }
    return values[row]
  }
}

extension SliceRows.Span {
  package func overlaps(_ other: SliceRows.Span) -> Bool {
    switch (self, other) {
    case (.none, _), (_, .none): false
    case (.instants(let own), .instants(let other)): own.overlaps(other)
    case (.dates(let own), .dates(let other)): own.overlaps(other)
    default: true
    }
  }
}
