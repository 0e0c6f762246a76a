import FlowCore
import StudyModel

/// Which rows of a table an answer deletes that replaces its rows as a whole: revised intervals of another cut would add up.
package struct ReplacementPlan: Sendable {
  package struct ColumnValue: Sendable, Equatable {
    package let column: String
    package let value: RecordValue
  }
  /// Values that rows have together. None has NULL.
  package typealias Condition = [ColumnValue]

  /// The rows of each kind are the answer's to replace: those that it lacks go.
  package let conditions: [Condition]
  /// What tells the slice's rows; empty: nothing does.
  package let sliceCondition: Condition
  /// Rows that were written before the table had the columns of `sliceCondition`, which are NULL there: of each interval, by the columns
  /// `intervals`, that ends in this window. An interval belongs to the slice in which it ends, as a night does to its morning. nil: none.
  package let undated: Undated?
  private let kept: Set<[RecordValue]>

  package struct Undated: Sendable, Equatable {
    /// Ends after the lower bound and not after the upper one.
    package let window: Range<Int64>
    package let intervals: [String]
    package let time: String
    /// The column of an interval's length in seconds, where the table has one.
    package let duration: String?
  }

  /// - Parameter window: of the slice; nil: rows without a slice.
  package init(_ batch: RecordBatch, in table: TableSchema, _ replacement: SliceReplacement, window: Range<Int64>?) {
    let rows = 0..<batch.count
    kept = Set(rows.map { row in table.key.map { batch[$0]?.value(row) ?? .null } })
    sliceCondition = replacement.values.sorted { $0.key < $1.key }.map { ColumnValue(column: $0.key, value: .text($0.value)) }
    let intervals = Set(rows.map { row in replacement.intervals.map { batch[$0]?.value(row) ?? .null } })
    let named: [Condition] = intervals.map { interval in zip(replacement.intervals, interval).map { ColumnValue(column: $0, value: $1) } }
    conditions =
      (sliceCondition.isEmpty || replacement.isUnfinished ? [] : [sliceCondition]) + (replacement.intervals.isEmpty ? [] : named)
    guard !replacement.isUnfinished, let window, !sliceCondition.isEmpty, !replacement.intervals.isEmpty, let time = table.timeColumn,
      time.kind == .instant
    else {
      undated = nil
      return
    }
    undated = Undated(
      window: window, intervals: replacement.intervals, time: time.name,
      duration: table.columns.contains { $0.name == Self.duration } ? Self.duration : nil)
  }
  private static let duration = "seconds"

  /// A row of the table that one of the conditions, or `undated`, has found goes unless the answer has its key.
  package func deletes(key: [RecordValue]) -> Bool { !kept.contains(key) }
}
