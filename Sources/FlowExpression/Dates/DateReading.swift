extension DatePattern {
  /// Parses a text with this pattern; nil unless all of it matches.
  func read(_ text: String) -> ParsedDate? {
    var reader = DateReader(units: Array(text.utf16), isLenient: isLenient)
    return reader.read(items) && reader.isAtEnd ? reader.result : nil
  }
}

/// Parses a text along a pattern, like Java.
struct DateReader {
  let units: [UInt16]
  let isLenient: Bool
  private(set) var position = 0
  private(set) var result = ParsedDate()

  init(units: [UInt16], isLenient: Bool) {
    self.units = units
    self.isLenient = isLenient
  }

  var isAtEnd: Bool { position == units.count }

  /// Whether the text continues as the items specify; the position only advances for items that match.
  mutating func read(_ items: [DatePattern.Item]) -> Bool {
    for item in items {
      guard read(item) else { return false }
    }
    return true
  }

  private mutating func read(_ item: DatePattern.Item) -> Bool {
    switch item {
    case .literal(let literal): return skip(literal.units)
    case .number(let number): return read(number)
    case .fraction(let digits): return readFraction(digits)
    case .text(let field, let style): return read(field, style)
    case .zoneIdentifier: return readZone(names: false)
    case .zoneName: return readZone(names: true)
    case .localizedOffset: return readLocalizedOffset()
    case .offset(let style, let zero): return readOffset(style, zero)
    case .optional(let items):
      let before = self
      if !read(items) { self = before }
      return true
    case .padded(let width, let item): return readPadded(width, item)
    }
  }

  private mutating func readPadded(_ width: Int, _ item: DatePattern.Item) -> Bool {
    guard position + width <= units.count else { return false }
    let end = position + width
    while position < end, units[position] == 0x20 { position += 1 }
    return read(item) && position == end
  }

  private mutating func skip(_ literal: [UInt16]) -> Bool {
    guard position + literal.count <= units.count else { return false }
    for (index, unit) in literal.enumerated() where units[position + index] != unit {
      guard isLenient, folded(units[position + index]) == folded(unit) else { return false }
    }
    position += literal.count
    return true
  }

  private func folded(_ unit: UInt16) -> UInt16 { (0x41...0x5A).contains(unit) ? unit | 0x20 : unit }

  private func digits(from start: Int, atMost limit: Int) -> Int {
    var end = start
    while end < units.count, end - start < limit, (0x30...0x39).contains(units[end]) { end += 1 }
    return end - start
  }

  /// The value of digits; nil if it does not fit 64 bits.
  private func value(_ range: Range<Int>) -> Int64? {
    var value: Int64 = 0
    for unit in units[range] {
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowsToo) = product.addingReportingOverflow(Int64(unit) - 0x30)
      if overflows || overflowsToo { return nil }
      value = sum
    }
    return value
  }

  /// Parses a number with Java's rules for signs, widths and adjacent numbers.
  private mutating func read(_ item: DatePattern.NumberItem) -> Bool {
    guard position < units.count else { return false }
    let begin = position
    var start = position
    let isNegative = units[start] == 0x2D
    let isPositive = units[start] == 0x2B
    if isNegative || isPositive {
      guard accepts(item, isPositive: isPositive) else { return false }
      start += 1
    }
    let isFixed = item.following == -1 || (item.following > 0 && item.isFixedWidth && !item.isReduced)
    let isStrict = !isLenient || (isFixed && !item.isReduced)
    let minimum = isStrict ? item.minimum : 1
    var count = digits(from: start, atMost: (isStrict ? item.maximum : 9) + max(item.following, 0))
    guard count >= minimum else { return false }
    if item.following > 0 {
      count = digits(from: start, atMost: max(minimum, count - item.following))
    }
    guard var value = value(start..<(start + count)) else { return false }
    if isNegative {
      if value == 0, !isLenient { return false }
      value = -value
    } else if item.sign == .exceedingPad, !isLenient, isPositive == (count <= item.minimum) {
      return false
    }
    if item.isReduced, count == 2, !isNegative { value += 2000 }
    position = start + count
    return set(item.field, value, from: begin)
  }

  private func accepts(_ item: DatePattern.NumberItem, isPositive: Bool) -> Bool {
    switch item.sign {
    case .normal: !isPositive || isLenient
    case .exceedingPad: true
    case .notNegative: isLenient && item.minimum != item.maximum
    }
  }

  private mutating func readFraction(_ width: Int) -> Bool {
    let begin = position
    let count = digits(from: position, atMost: isLenient ? 9 : width)
    guard count >= (isLenient ? 0 : width) else { return false }
    guard count > 0 else { return true }
    guard let value = value(position..<(position + count)) else { return false }
    position += count
    let scale = (count..<9).reduce(Int64(1)) { product, _ in product * 10 }
    return set(.nanosecond, value * scale, from: begin)
  }

  private mutating func set(_ field: DateField, _ value: Int64, from begin: Int) -> Bool {
    if let other = result.fields[field], other != value {
      position = begin
      return false
    }
    result.fields[field] = value
    return true
  }

  /// Parses a name of a field; in lenient mode also in another style, or as a number.
  private mutating func read(_ field: DateField, _ style: DatePattern.TextStyle) -> Bool {
    let begin = position
    for style in isLenient ? [.full, .short, .narrow] : [style] {
      guard let (names, first) = field.names(style) else { continue }
      for (index, name) in names.enumerated() where skip(Array(name.utf16)) {
        return set(field, first + Int64(index), from: begin)
      }
    }
    guard isLenient else { return false }
    return read(DatePattern.NumberItem(field: field, minimum: 1, maximum: 19, sign: .normal))
  }
}

extension DateReader {
  private mutating func readOffset(_ style: OffsetText.Style, _ zero: String) -> Bool {
    if let (offset, end) = OffsetText.parse(units, from: position, style: isLenient ? nil : style) {
      result.offset = offset
      position = end
      return true
    }
    guard skip(Array(zero.utf16)) else { return false }
    result.offset = 0
    return true
  }

  private mutating func readLocalizedOffset() -> Bool {
    guard skip(Array("GMT".utf16)) else { return false }
    if let (offset, end) = OffsetText.parse(units, from: position, style: nil) {
      result.offset = offset
      position = end
    } else {
      result.offset = 0
    }
    return true
  }

  /// Parses the longest zone: an identifier, an offset or, with `names`, an abbreviation.
  private mutating func readZone(names: Bool) -> Bool {
    let rest = units[position...].prefix { unit in
      (0x30...0x3A).contains(unit) || (0x41...0x5A).contains(unit) || (0x61...0x7A).contains(unit)
        || [0x2B, 0x2D, 0x2F, 0x5F].contains(unit)
    }
    var length = rest.count
    while length > 0 {
      let name = String(decoding: rest.prefix(length), as: UTF16.self)
      if let zone = DateReader.zone(name, names: names, isLenient: isLenient) {
        result.zone = zone
        position += length
        return true
      }
      length -= 1
    }
    return false
  }

  private static func zone(_ name: String, names: Bool, isLenient: Bool) -> Zone? {
    if names, name.utf8.count <= ZoneNames.longestAbbreviation, isLenient || name == name.uppercased(),
      let zone = ZoneNames.zone(abbreviation: name), name.uppercased() != "GMT"
    {
      return zone
    }
    do { return try Zone(isLenient && name.utf8.count <= 3 ? name.uppercased() : name) } catch { return nil }
  }
}
