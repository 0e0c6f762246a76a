import CSimdJSON
import FlowCore

/// An invalid cell, by its row in the chunk.
struct InvalidCell {
  var row: Int
  var expected: String
}

/// Builds one column: validates cells and stores their values.
struct ColumnBuilder {
  private let rules: ValueRules
  private let fallback: Fallback
  /// The default also replaces a member whose object is absent.
  var replacesAbsentObject = false
  private var clock: TimeOfDayClock?
  /// Set for local times.
  private let utcOffset: (@Sendable (Int64) -> Int32)?
  // Depending on the kind, one of these is used.
  private var integers = NullableArray<Int64>(placeholder: 0)
  private var reals = NullableArray<Double>(placeholder: 0)
  private var texts = NullableArray<String>(placeholder: "")

  /// Throws `ExtractionError` if the context lacks the first date for times of day, or if the default is invalid for
  /// the column.
  init(_ column: MappedColumn, _ context: ExtractionContext) throws {
    rules = ValueRules(column)
    fallback = try Fallback(column)
    // With another column's offset, the values remain local until that column is complete.
    let none: @Sendable (Int64) -> Int32 = { _ in 0 }
    utcOffset = column.notation == .localTime ? (column.offsetAs == nil ? context.utcOffset : none) : nil
    guard column.notation != .localTime || context.utcOffset != nil else {
      throw ExtractionError(
        pointer: "", found: "no time zone for the local times of column '\(column.name)'", expected: "the participant's zone")
    }
    if case .timeOfDay = column.origin {
      guard let firstDate = context.firstDate else {
        throw ExtractionError(
          pointer: "", found: "no date for the times of day of column '\(column.name)'",
          expected: "the date on which they begin")
      }
      clock = TimeOfDayClock(firstDate: firstDate, window: context.window)
    }
  }

  var column: MappedColumn { rules.column }

  mutating func reserve(_ count: Int) {
    switch rules.kind {
    case .integer, .offset, .instant: integers.reserve(count)
    case .real: reals.reserve(count)
    case .text, .date: texts.reserve(count)
    }
  }

  /// Returns the first invalid cell; nil if all are valid.
  mutating func append(_ cells: UnsafeBufferPointer<flow_json_cell>) -> InvalidCell? {
    let rules = rules
    switch rules.kind {
    case .integer, .offset:
      return Self.fill(&integers, from: cells, rules, replacesAbsentObject, fallback.integer) { (cell) throws(ExtractionError) in
        try rules.integer(cell)
      }
    case .real:
      return Self.fill(&reals, from: cells, rules, replacesAbsentObject, fallback.real) { (cell) throws(ExtractionError) in
        try rules.real(cell)
      }
    case .text:
      return Self.fill(&texts, from: cells, rules, replacesAbsentObject, fallback.text) { (cell) throws(ExtractionError) in
        try rules.text(cell)
      }
    case .date:
      return Self.fill(&texts, from: cells, rules, replacesAbsentObject, fallback.text) { (cell) throws(ExtractionError) in
        try rules.date(cell)
      }
    case .instant:
      if rules.column.timeIn != nil {
        return Self.fill(&integers, from: cells, rules, replacesAbsentObject, fallback.integer) { (cell) throws(ExtractionError) in
          try rules.midnight(cell)
        }
      }
      if let utcOffset {
        return Self.fill(&integers, from: cells, rules, replacesAbsentObject, fallback.integer) { (cell) throws(ExtractionError) in
          try rules.instant(cell, utcOffset)
        }
      }
      guard var clock else {
        return Self.fill(&integers, from: cells, rules, replacesAbsentObject, fallback.integer) { (cell) throws(ExtractionError) in
          try rules.instant(cell)
        }
      }
      defer { self.clock = clock }
      return Self.fill(&integers, from: cells, rules, replacesAbsentObject, fallback.integer) { (cell) throws(ExtractionError) in
        guard let second = try rules.secondOfDay(cell) else { return nil }
        return try clock.instant(at: second)
      }
    }
  }

  /// Handles absence and null, which is the same for all kinds, and then converts the value.
  @inline(__always)
  private static func fill<Value>(
    _ target: inout NullableArray<Value>, from cells: UnsafeBufferPointer<flow_json_cell>, _ rules: ValueRules,
    _ replacesAbsentObject: Bool, _ fallback: Value?, _ convert: (flow_json_cell) throws(ExtractionError) -> Value?
  ) -> InvalidCell? {
    let start = target.extend(by: cells.count)
    var nulls: [Int] = []
    let invalid = target.withUnsafeMutableValues(from: start) { values -> InvalidCell? in
      for row in cells.indices {
        do throws(ExtractionError) {
          let value: Value?
          switch cells[row].kind {
          case .absent: value = fallback
          case .parentAbsent where replacesAbsentObject: value = fallback
          case .parentAbsent, .null: value = nil
          case .unfit, .twice, .outside, .unmatched: throw rules.unsuitable
          default: value = try convert(cells[row])
          }
          if let value {
            values[row] = value
          } else {
            if rules.isRequired { throw rules.unsuitable }
            nulls.append(start + row)
          }
        } catch {
          return InvalidCell(row: row, expected: error.expected)
        }
      }
      return nil
    }
    target.markNull(nulls)
    return invalid
  }

  /// Which of the last `count` instants are inside the window; nil if all are. Unknown instants count as inside.
  func marks(inside window: Range<Int64>, last count: Int) -> [Bool]? {
    let values = integers.values.suffix(count)
    let nulls = integers.isNull
    let isInside = { (index: Int) in nulls?[index] == true || window.contains(integers.values[index]) }
    return values.indices.allSatisfy(isInside) ? nil : values.indices.map(isInside)
  }

  /// The same for dates.
  func marks(inside dates: Range<CivilDate>, last count: Int) -> [Bool]? {
    let values = texts.values.suffix(count)
    let nulls = texts.isNull
    let isInside = { (index: Int) in nulls?[index] == true || CivilDate(text: texts.values[index]).map(dates.contains) == true }
    return values.indices.allSatisfy(isInside) ? nil : values.indices.map(isInside)
  }

  /// Which of the last `count` rows have a value; nil if all do.
  func marksOfValues(last count: Int) -> [Bool]? {
    let nulls =
      switch rules.kind {
      case .integer, .offset, .instant: integers.isNull
      case .real: reals.isNull
      case .text, .date: texts.isNull
      }
    guard let last = nulls?.suffix(count), last.contains(true) else { return nil }
    return last.map { !$0 }
  }

  /// Removes those of the last rows whose mark is false.
  mutating func keep(_ marks: [Bool]) {
    switch rules.kind {
    case .integer, .offset, .instant: integers.keep(marks)
    case .real: reals.keep(marks)
    case .text, .date: texts.keep(marks)
    }
  }

  func column(_ count: Int) -> RecordBatch.Column {
    switch rules.kind {
    case .integer, .offset, .instant:
      RecordBatch.Column(name: column.name, values: .integer(integers.values), isNull: integers.marks)
    case .real: RecordBatch.Column(name: column.name, values: .real(reals.values), isNull: reals.marks)
    case .text, .date: RecordBatch.Column(name: column.name, values: .text(texts.values), isNull: texts.marks)
    }
  }

  /// The first value, repeated for `count` rows.
  func column(repeated count: Int) -> RecordBatch.Column {
    var repeated = self
    repeated.integers.repeatFirst(count)
    repeated.reals.repeatFirst(count)
    repeated.texts.repeatFirst(count)
    return repeated.column(count)
  }
}

/// The mapping's default, converted to the column's kind, if there is one.
private struct Fallback {
  var integer: Int64?
  var real: Double?
  var text: String?

  /// Throws `ExtractionError` if the default is invalid for the column.
  init(_ column: MappedColumn) throws {
    guard let text = column.defaultText else { return }
    var lenient = column
    lenient.acceptsText = true
    let rules = ValueRules(lenient)
    do throws(ExtractionError) {
      try flow_json_cell.lending(text) { (cell) throws(ExtractionError) in
        switch rules.kind {
        case .integer, .offset: integer = try rules.integer(cell)
        case .real: real = try rules.real(cell)
        case .text: self.text = try rules.text(cell)
        case .date: self.text = try rules.date(cell)
        case .instant: integer = try rules.instant(cell)
        }
      }
    } catch {
      throw ExtractionError(
        pointer: "", found: "the default '\(text)' of column '\(column.name)'", expected: error.expected)
    }
  }
}

/// Values with NULL marks; a NULL holds a placeholder.
private struct NullableArray<Value> {
  private(set) var values: [Value] = []
  /// nil as long as none is NULL.
  private(set) var isNull: [Bool]?
  private let placeholder: Value

  init(placeholder: Value) { self.placeholder = placeholder }

  mutating func reserve(_ count: Int) { values.reserveCapacity(count) }

  /// Appends placeholders and returns the index of the first.
  mutating func extend(by count: Int) -> Int {
    let start = values.count
    values.append(contentsOf: repeatElement(placeholder, count: count))
    isNull?.append(contentsOf: repeatElement(false, count: count))
    return start
  }

  @inline(__always)
  mutating func withUnsafeMutableValues<Result>(from start: Int, _ body: (UnsafeMutableBufferPointer<Value>) -> Result) -> Result {
    values.withUnsafeMutableBufferPointer { body(UnsafeMutableBufferPointer(rebasing: $0[start...])) }
  }

  mutating func markNull(_ indices: [Int]) {
    if indices.isEmpty { return }
    if isNull == nil { isNull = [Bool](repeating: false, count: values.count) }
    for index in indices { isNull?[index] = true }
  }

  /// Removes those of the last values whose mark is false.
  mutating func keep(_ marks: [Bool]) {
    let start = values.count - marks.count
    let kept = marks.indices.filter { marks[$0] }.map { start + $0 }
    let keptValues = kept.map { values[$0] }
    values.replaceSubrange(start..., with: keptValues)
    if let nulls = isNull { isNull?.replaceSubrange(start..., with: kept.map { nulls[$0] }) }
  }

  /// The marks; nil if none is set.
  var marks: [Bool]? { isNull?.contains(true) == true ? isNull : nil }

  mutating func repeatFirst(_ count: Int) {
    guard let first = values.first else { return }
    let isFirstNull = isNull?.first == true && count > 0
    values = [Value](repeating: first, count: count)
    isNull = isFirstNull ? [Bool](repeating: true, count: count) : nil
  }
}
