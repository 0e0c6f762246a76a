import CSimdJSON
import FlowCore

/// The conversion of cells for one column, prepared once from its mapping. Every function returns nil for NULL, and throws the expected
/// form of an invalid value; the extraction adds the pointer and the value found.
///
/// A class, because it is large, immutable and used for every chunk of rows.
final class ValueRules {
  let column: MappedColumn
  let kind: ColumnKind
  let isRequired: Bool
  /// The bounds for whole numbers.
  private let integerRange: ClosedRange<Int64>?
  /// Whole numbers are stored unchanged.
  private let isPlain: Bool
  private let scale: Scale?
  private let nullNumbers: [Double]

  init(_ column: MappedColumn) {
    self.column = column
    kind = column.kind
    isRequired = column.isRequired
    let lower = column.minimum.map { Int64(clamping: $0.rounded(.up)) } ?? Int64.min
    let upper = column.maximum.map { Int64(clamping: $0.rounded(.down)) } ?? Int64.max
    integerRange = lower <= upper ? lower...upper : nil
    scale = column.factor.map(Scale.init)
    nullNumbers = column.nullValues.compactMap { Double($0) }
    isPlain = column.factor == nil && nullNumbers.isEmpty && column.notation == .plain
  }

  @inline(__always)
  func integer(_ cell: flow_json_cell) throws(ExtractionError) -> Int64? {
    if isPlain, cell.kind == .integer, let integerRange, integerRange.contains(cell.integer) { return cell.integer }
    return try convertedInteger(cell)
  }

  /// A fraction is rounded to nearest, ties away from zero.
  private func convertedInteger(_ cell: flow_json_cell) throws(ExtractionError) -> Int64? {
    guard let number = try number(cell) else { return nil }
    let value: Int64?
    switch (number, scale) {
    case (.whole(let whole), nil): value = whole
    case (_, let scale):
      let scaled = scale?.apply(number.real) ?? number.real
      value = Int64(exactly: scaled.rounded(.toNearestOrAwayFromZero))
    }
    guard let value, let integerRange, integerRange.contains(value) else { throw unsuitable }
    return value
  }

  func real(_ cell: flow_json_cell) throws(ExtractionError) -> Double? {
    guard let number = try number(cell) else { return nil }
    let value = scale?.apply(number.real) ?? number.real
    guard value.isFinite, value >= column.minimum ?? -.infinity, value <= column.maximum ?? .infinity else { throw unsuitable }
    return value
  }

  func text(_ cell: flow_json_cell) throws(ExtractionError) -> String? {
    if cell.kind == .integer, column.notation == .digits { return String(cell.integer) }
    // Identifiers are unsigned 64-bit numbers.
    if cell.kind == .natural, column.notation == .digits { return String(cell.bits) }
    if cell.kind == .boolean, column.notation == .boolean { return cell.bits == 0 ? "false" : "true" }
    guard cell.kind == .text else { throw unsuitable }
    let text = String(decoding: cell.text, as: UTF8.self)
    return column.nullValues.contains(text) ? nil : text
  }

  func date(_ cell: flow_json_cell) throws(ExtractionError) -> String? {
    if cell.kind == .civilDate {
      let date = CivilDate(year: Int(cell.bits >> 16), month: Int(cell.bits >> 8 & 0xFF), day: Int(cell.bits & 0xFF))
      // Reject a day that the month does not have: the arithmetic would turn it into another date.
      guard CivilDate(daysSince1970: date.daysSince1970) == date else { throw unsuitable }
      return date.text
    }
    guard let text = try text(cell) else { return nil }
    guard CivilDate(text: text) != nil else { throw unsuitable }
    return text
  }

  /// Whole seconds since 1970; a fraction is truncated.
  func instant(_ cell: flow_json_cell) throws(ExtractionError) -> Int64? {
    guard let text = try text(cell) else { return nil }
    guard let instant = Instant(rfc3339: text) else { throw unsuitable }
    return instant.seconds
  }

  /// The instant of a local time, in the zone with the given offsets.
  func instant(_ cell: flow_json_cell, _ utcOffset: @Sendable (Int64) -> Int32) throws(ExtractionError) -> Int64? {
    guard let text = try text(cell) else { return nil }
    guard let local = Instant(localText: text)?.seconds else { throw unsuitable }
    return CivilZone.earliestInstant(local: local) { Int64(utcOffset($0)) }
  }

  /// The start of a local date, in local seconds since 1970.
  func midnight(_ cell: flow_json_cell) throws(ExtractionError) -> Int64? {
    guard let text = try date(cell), let date = CivilDate(text: text) else { return nil }
    return date.daysSince1970 * 86_400
  }

  @inline(__always)
  func secondOfDay(_ cell: flow_json_cell) throws(ExtractionError) -> Int64? {
    guard cell.kind == .text else { throw unsuitable }
    if let second = TimeOfDayClock.second(of: cell.text) { return second }
    if column.nullValues.contains(String(decoding: cell.text, as: UTF8.self)) { return nil }
    throw unsuitable
  }

  private func number(_ cell: flow_json_cell) throws(ExtractionError) -> JSONNumber? {
    let number: JSONNumber
    switch (cell.kind, column.notation) {
    case (.text, _):
      let text = String(decoding: cell.text, as: UTF8.self)
      // JSON has no NaN; servers send it as text for a missing value.
      if text == "NaN" || column.nullValues.contains(text) { return nil }
      guard let read = readNumber(text) else { throw unsuitable }
      number = read
    // A single number is a range too.
    case (.integer, .plain), (.integer, .rangeLow), (.integer, .rangeHigh): number = .whole(cell.integer)
    case (.natural, .plain): number = .real(Double(cell.bits))
    case (.real, .plain), (.real, .rangeLow), (.real, .rangeHigh): number = .real(Double(bitPattern: cell.bits))
    case (.boolean, .boolean): number = .whole(cell.bits == 0 ? 0 : 1)
    default: throw unsuitable
    }
    return nullNumbers.contains(number.real) ? nil : number
  }

  private func readNumber(_ text: String) -> JSONNumber? {
    switch column.notation {
    case .plain: column.acceptsText ? JSONNumber(text) : nil
    case .secondsDuration: text.hasSuffix("s") ? JSONNumber(text.dropLast()) : nil
    case .clockTime: Self.secondOfDay(text).map { .whole($0) }
    case .rangeLow, .rangeHigh: Self.range(text).flatMap { column.notation == .rangeLow ? $0.low : $0.high }
    case .digits, .localTime: nil
    case .boolean: text == "true" ? .whole(1) : text == "false" ? .whole(0) : nil
    }
  }

  private static func secondOfDay(_ text: String) -> Int64? {
    Array(text.utf8).withUnsafeBufferPointer { TimeOfDayClock.second(of: $0) }
  }

  /// `41-45` or `43`; nil if it is neither, or descends.
  private static func range(_ text: String) -> (low: JSONNumber, high: JSONNumber)? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { JSONNumber($0) }
    guard ends.count <= 2, let low = ends.first ?? nil, let high = ends.last ?? nil, low.real <= high.real else { return nil }
    return (low, high)
  }

  var unsuitable: ExtractionError { ExtractionError(pointer: "", found: "", expected: expected) }

  /// The expectation of the column, for messages.
  private var expected: String {
    switch (column.kind, column.origin) {
    case (.instant, .timeOfDay): "a time of day HH:mm:ss"
    case (.instant, _) where column.timeIn != nil: "a date yyyy-MM-dd"
    case (.instant, _) where column.notation == .localTime: "a local time such as 2026-08-14T22:45:00.000"
    case (.instant, _): "an instant with zone such as 2026-01-05T00:00:00Z"
    case (.date, _): "a date: yyyy-MM-dd, or an object with year, month and day"
    case (.text, _): "text"
    case (.integer, _), (.offset, _), (.real, _): expectedNumber
    }
  }

  private var expectedNumber: String {
    if column.notation == .boolean { return "true or false" }
    if column.notation == .clockTime { return "a time of day HH:mm:ss" }
    let isRange = [.rangeLow, .rangeHigh].contains(column.notation)
    let noun = column.notation == .secondsDuration ? "a duration such as 60s" : isRange ? "a number or a range such as 41-45" : "a number"
    let result = column.notation == .secondsDuration || column.factor != nil ? " that gives a value" : ""
    func text(_ bound: Double) -> String { Int64(exactly: bound).map { String($0) } ?? String(bound) }
    return switch (column.minimum, column.maximum) {
    case (let minimum?, let maximum?): "\(noun)\(result) from \(text(minimum)) to \(text(maximum))"
    case (let minimum?, nil): "\(noun)\(result) of at least \(text(minimum))"
    case (nil, let maximum?): "\(noun)\(result) of at most \(text(maximum))"
    case (nil, nil): column.kind == .real ? noun : "\(noun) that fits 64 bits"
    }
  }
}

/// Multiplies by a factor, or divides if the factor is the inverse of a whole number: 6460000 mm is 6.46 km, not
/// 6.459999999999999.
private struct Scale {
  private let factor: Double
  private let divisor: Double?

  init(_ factor: Double) {
    self.factor = factor
    let inverse = (1 / factor).rounded()
    divisor = abs(factor) < 1 && abs(inverse) < 1e15 && 1 / inverse == factor ? inverse : nil
  }

  func apply(_ value: Double) -> Double { divisor.map { value / $0 } ?? value * factor }
}

extension Int64 {
  /// The nearest representable whole number.
  fileprivate init(clamping value: Double) {
    self = Int64(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
  }
}
