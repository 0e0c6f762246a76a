extension DatePattern {
  /// Formats a point in time in the zone.
  ///
  /// - Throws: if a value does not fit the pattern, such as a year before Christ.
  func text(_ instant: JavaInstant, zone: Zone) throws(EvaluationError) -> String {
    let offset = zone.offset(at: instant.seconds)
    var printer = DatePrinter(
      time: LocalDateTime(localSeconds: instant.seconds + offset, nanosecond: instant.nanoseconds), instant: instant,
      offset: offset, zone: zone)
    try printer.write(items)
    return printer.text
  }
}

/// Formats a point in time along a pattern.
private struct DatePrinter {
  let time: LocalDateTime
  let instant: JavaInstant
  let offset: Int64
  let zone: Zone
  private var bytes: [UInt8] = []

  init(time: LocalDateTime, instant: JavaInstant, offset: Int64, zone: Zone) {
    self.time = time
    self.instant = instant
    self.offset = offset
    self.zone = zone
    bytes.reserveCapacity(32)
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  mutating func write(_ items: [DatePattern.Item]) throws(EvaluationError) {
    for item in items { try write(item) }
  }

  private mutating func write(_ item: DatePattern.Item) throws(EvaluationError) {
    switch item {
    case .literal(let literal): bytes += literal.bytes
    case .number(let item): try write(item)
    case .fraction(let width):
      let start = bytes.count
      write(time.nanosecond, width: 9)
      bytes.removeLast(bytes.count - start - width)
    case .text(let field, let style): write(name(field, style))
    case .zoneIdentifier: write(zone.identifier)
    case .zoneName(let isLong):
      write(isLong ? ZoneNames.long(zone, at: instant.seconds) : ZoneNames.short(zone, at: instant.seconds))
    case .localizedOffset(let isFull): write(ZoneNames.localizedOffset(offset, isFull: isFull))
    case .offset(let style, let zero): write(offset == 0 ? zero : style.text(offset))
    case .optional(let items): try write(items)
    case .padded(let width, let item): try write(item, padded: width)
    }
  }

  private mutating func write(_ text: String) { bytes += text.utf8 }

  private mutating func write(_ item: DatePattern.Item, padded width: Int) throws(EvaluationError) {
    let start = bytes.count
    try write(item)
    let length = Text.length(String(decoding: bytes[start...], as: UTF8.self))
    guard length <= width else {
      throw EvaluationError("a value does not fit the \(width) characters of the date pattern")
    }
    bytes.insert(contentsOf: repeatElement(0x20, count: width - length), at: start)
  }

  private mutating func write(_ item: DatePattern.NumberItem) throws(EvaluationError) {
    let value = item.field.value(time)
    if item.isReduced { return write(abs(value) % 100, width: 2) }
    let start = bytes.count
    write(abs(value), width: item.minimum)
    let digits = bytes.count - start
    guard digits <= item.maximum, value >= 0 || item.sign != .notNegative else {
      throw EvaluationError("\(value) does not fit its field in the date pattern")
    }
    if value < 0 {
      bytes.insert(UInt8(ascii: "-"), at: start)
    } else if item.sign == .exceedingPad, digits > item.minimum {
      bytes.insert(UInt8(ascii: "+"), at: start)
    }
  }

  /// Appends decimal digits, zero-padded to the width.
  private mutating func write(_ value: Int64, width: Int) {
    let start = bytes.count
    var power: Int64 = 10
    var count = 1
    while count < 19, power <= value {
      power = count < 18 ? power * 10 : .max
      count += 1
    }
    for _ in 0..<max(count, width) { bytes.append(UInt8(ascii: "0")) }
    var place = bytes.count
    var rest = value
    while rest > 0, place > start {
      place -= 1
      bytes[place] += UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  private func name(_ field: DateField, _ style: DatePattern.TextStyle) -> String {
    let value = field.value(time)
    guard let (names, first) = field.names(style) else { return String(value) }
    return names[Int(value - first)]
  }
}
