import FlowCore
import StudyModel

/// Combines all rows with instants in one time span into one row. Pure.
struct RecordAggregation: Sendable {
  enum Function: String, Sendable, CaseIterable { case mean, sum, minimum, maximum }

  /// In seconds; spans begin at multiples of it since 1970.
  var everySeconds: Int64
  /// The instant column; its value becomes the start of the span.
  var instantColumn: String
  /// By column; other columns keep the value of the first row in order of time.
  var functions: [String: Function]

  /// Rows without an instant belong to no span; they are dropped and counted.
  func apply(to batch: RecordBatch) -> RecordBatch {
    guard let instants = batch[instantColumn], case .integer(let seconds) = instants.values, batch.count > 0 else { return batch }
    let groups = Self.groups(of: seconds, isNull: instants.isNull, every: everySeconds)
    let columns = batch.columns.map { column in
      column.name == instantColumn
        ? RecordBatch.Column(name: column.name, values: .integer(groups.map(\.start)))
        : Self.reduce(column, groups, functions[column.name])
    }
    var reduced = RecordBatch(columns: columns, count: groups.count)
    reduced.droppedCount = batch.droppedCount
    reduced.emptyCount = batch.emptyCount + (instants.isNull?.count { $0 } ?? 0)
    return reduced
  }

  private struct Group {
    var start: Int64
    /// Ordered by instant.
    var rows: [Int]
  }

  private static func groups(of seconds: [Int64], isNull: [Bool]?, every span: Int64) -> [Group] {
    var rows = seconds.indices.filter { isNull?[$0] != true }
    // Providers list rows newest or oldest first; sorting is only a fallback.
    if zip(rows, rows.dropFirst()).allSatisfy({ seconds[$0] >= seconds[$1] }) { rows.reverse() }
    let isAscending = zip(rows, rows.dropFirst()).allSatisfy { seconds[$0] <= seconds[$1] }
    if !isAscending { rows.sort { (seconds[$0], $0) < (seconds[$1], $1) } }
    var groups: [Group] = []
    for row in rows {
      let start = seconds[row].flooredDivision(by: span) * span
      if groups.last?.start == start {
        groups[groups.count - 1].rows.append(row)
      } else {
        groups.append(Group(start: start, rows: [row]))
      }
    }
    return groups
  }

  private static func reduce(_ column: RecordBatch.Column, _ groups: [Group], _ function: Function?) -> RecordBatch.Column {
    switch column.values {
    case .integer(let values):
      made(column, or: 0, groups.map { function == nil ? first(of: values, $0, column) : reduce(known(values, $0, column), function) }) { .integer($0) }
    case .real(let values):
      made(column, or: 0, groups.map { function == nil ? first(of: values, $0, column) : reduce(known(values, $0, column), function) }) { .real($0) }
    case .text(let values):
      made(column, or: "", groups.map { first(of: values, $0, column) }) { .text($0) }
    }
  }

  private static func made<Value>(
    _ column: RecordBatch.Column, or placeholder: Value, _ values: [Value?], _ make: ([Value]) -> RecordBatch.Values
  ) -> RecordBatch.Column {
    let isNull = values.contains { $0 == nil } ? values.map { $0 == nil } : nil
    return RecordBatch.Column(name: column.name, values: make(values.map { $0 ?? placeholder }), isNull: isNull)
  }

  private static func known<Value>(_ values: [Value], _ group: Group, _ column: RecordBatch.Column) -> [Value] {
    guard let isNull = column.isNull else { return group.rows.map { values[$0] } }
    return group.rows.filter { !isNull[$0] }.map { values[$0] }
  }

  private static func first<Value>(of values: [Value], _ group: Group, _ column: RecordBatch.Column) -> Value? {
    group.rows.first.flatMap { column.isNull?[$0] == true ? nil : values[$0] }
  }

  /// nil without values. Saturates if a sum exceeds 64 bits, which the mapping's bounds prevent.
  private static func reduce(_ values: [Int64], _ function: Function?) -> Int64? {
    guard let function, !values.isEmpty else { return nil }
    var sum: Int64 = 0
    for value in values {
      let (next, overflows) = sum.addingReportingOverflow(value)
      sum = overflows ? (value < 0 ? -Int64.max : .max) : next
    }
    return switch function {
    case .mean: roundedMean(of: sum, values.count)
    case .sum: sum
    case .minimum: values.min()
    case .maximum: values.max()
    }
  }

  private static func reduce(_ values: [Double], _ function: Function?) -> Double? {
    guard let function, !values.isEmpty else { return nil }
    return switch function {
    case .mean: values.reduce(0, +) / Double(values.count)
    case .sum: values.reduce(0, +)
    case .minimum: values.min()
    case .maximum: values.max()
    }
  }

  /// Rounds .5 away from zero, in integer arithmetic to avoid floating-point error.
  private static func roundedMean(of sum: Int64, _ number: Int) -> Int64 {
    let count = UInt64(number)
    let magnitude = (sum.magnitude + count / 2) / count
    // With an even count, adding half the count rounds .5 up; with an odd count .5 cannot occur.
    // `Int64.min` has no positive counterpart, hence the clamping.
    return sum < 0 ? -Int64(clamping: magnitude) : Int64(clamping: magnitude)
  }
}
