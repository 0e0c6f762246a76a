import FlowCore
import StudyModel

/// The rows that an answer deletes when it replaces rows as a whole. Without this, revised intervals with different
/// boundaries would add up.
package struct ReplacementPlan: Sendable {
  package struct ColumnValue: Sendable, Equatable {
    package let column: String
    package let value: RecordValue
  }
  /// Values that the rows share; no value is NULL.
  package typealias Condition = [ColumnValue]

  /// Each condition selects rows that the answer replaces: those missing from the answer are deleted.
  package let conditions: [Condition]
  /// The condition that identifies the slice's rows; empty if none does.
  package let sliceCondition: Condition
  /// Rows written before the table had the columns of `sliceCondition`, which are NULL there. They are found by
  /// interval (columns `intervals`): an interval belongs to the slice in which it ends, as a night belongs to its
  /// morning. nil if there are none.
  package let undated: Undated?
  private let kept: Set<[RecordValue]>

  package struct Undated: Sendable, Equatable {
    /// The interval ends after the lower bound and no later than the upper bound.
    package let window: Range<Int64>
    package let intervals: [String]
    package let time: String
    /// The column with the length of an interval in seconds, if the table has one.
    package let duration: String?
  }

  /// - Parameter window: the window of the slice; nil for rows without a slice.
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

  /// Whether a row found by a condition or by `undated` is deleted: yes, unless the answer has its key.
  package func deletes(key: [RecordValue]) -> Bool { !kept.contains(key) }
}
