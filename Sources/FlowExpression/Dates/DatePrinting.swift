extension DatePattern {
  /// The point in time, written on the clock of the zone.
  ///
  /// - Throws: when a value does not fit its place, such as a year before Christ.
  func text(_ instant: Instant, zone: Zone) throws(EvaluationError) -> String {
    let offset = zone.offset(at: instant.seconds)
    let moment = Moment(
      time: LocalDateTime(localSeconds: instant.seconds + offset, nanosecond: instant.nanoseconds), instant: instant,
      offset: offset, zone: zone)
    return try moment.text(items)
  }

  /// A point in time with all that a pattern may ask for.
  private struct Moment {
    let time: LocalDateTime
    let instant: Instant
    let offset: Int64
    let zone: Zone

    func text(_ items: [Item]) throws(EvaluationError) -> String {
      var result = ""
      for item in items { result += try text(item) }
      return result
    }

    private func text(_ item: Item) throws(EvaluationError) -> String {
      switch item {
      case .literal(let units): return String(decoding: units, as: UTF16.self)
      case .number(let item): return try number(item)
      case .fraction(let digits): return String(padded(time.nanosecond, 9).prefix(digits))
      case .text(let field, let style): return name(field, style)
      case .zoneIdentifier: return zone.identifier
      case .zoneName(let isLong):
        return isLong ? ZoneNames.long(zone, at: instant.seconds) : ZoneNames.short(zone, at: instant.seconds)
      case .localizedOffset(let isFull): return ZoneNames.localizedOffset(offset, isFull: isFull)
      case .offset(let style, let zero): return offset == 0 ? zero : style.text(offset)
      case .optional(let items): return try text(items)
      case .padded(let width, let item):
        let text = try text(item)
        let length = Text.length(text)
        guard length <= width else { throw EvaluationError("'\(text)' does not fit \(width) characters of the pattern") }
        return String(repeating: " ", count: width - length) + text
      }
    }

    private func number(_ item: NumberItem) throws(EvaluationError) -> String {
      let value = item.field.value(time)
      if item.isReduced { return padded(abs(value) % 100, 2) }
      let digits = padded(abs(value), item.minimum)
      guard digits.utf8.count <= item.maximum, value >= 0 || item.sign != .notNegative else {
        throw EvaluationError("\(value) does not fit its place in the date pattern")
      }
      if value < 0 { return "-" + digits }
      return item.sign == .exceedingPad && digits.utf8.count > item.minimum ? "+" + digits : digits
    }

    private func name(_ field: DateField, _ style: TextStyle) -> String {
      let value = field.value(time)
      guard let (names, first) = field.names(style) else { return String(value) }
      return names[Int(value - first)]
    }

    private func padded(_ value: Int64, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
  }
}
