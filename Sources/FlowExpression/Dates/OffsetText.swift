/// UTC offsets as text: `+02:00`, `+0200`, `+2`.
enum OffsetText {
  /// The notation of an offset.
  struct Style: Sendable {
    /// When a component is written.
    enum Part: Sendable { case never, whenNeeded, always }

    let minutes: Part
    let seconds: Part
    let hasColon: Bool

    func text(_ offset: Int64) -> String {
      let total = abs(offset)
      var result = (offset < 0 ? "-" : "+") + OffsetText.twoDigits(total / 3600)
      let colon = hasColon ? ":" : ""
      let writesSeconds = seconds == .always || (seconds == .whenNeeded && total % 60 != 0)
      if minutes == .always || (minutes == .whenNeeded && total / 60 % 60 != 0) || writesSeconds {
        result += colon + OffsetText.twoDigits(total / 60 % 60)
      }
      return writesSeconds ? result + colon + OffsetText.twoDigits(total % 60) : result
    }
  }

  /// Parses an offset in seconds; nil for anything else. Sign, one or two digits for the hours, then minutes and
  /// seconds.
  static func parse(_ text: String) -> Int64? {
    let units = Array(text.utf16)
    guard let (offset, end) = parse(units, from: 0, style: nil), end == units.count else { return nil }
    return offset
  }

  /// Parses an offset and returns its end. A style requires its own notation; without one, every notation is accepted.
  static func parse(_ units: [UInt16], from start: Int, style: Style?) -> (offset: Int64, end: Int)? {
    guard start < units.count, units[start] == 0x2B || units[start] == 0x2D else { return nil }
    var position = start + 1
    guard let hours = number(units, &position, digits: style == nil ? 1...2 : 2...2) else { return nil }
    var parts: [Int64] = [hours]
    for part in [style?.minutes ?? .whenNeeded, style?.seconds ?? .whenNeeded] where part != .never {
      var next = position
      let hasColon = next < units.count && units[next] == 0x3A
      if hasColon, style.map(\.hasColon) ?? true { next += 1 }
      let fits = style == nil || hasColon == style?.hasColon
      if fits, let value = number(units, &next, digits: 2...2), value < 60 {
        parts.append(value)
        position = next
      } else if part == .always {
        return nil
      } else {
        break
      }
    }
    let total = zip(parts, [3600, 60, 1]).reduce(into: Int64(0)) { $0 += $1.0 * $1.1 }
    guard total <= 18 * 3600 else { return nil }
    return (units[start] == 0x2D ? -total : total, position)
  }

  private static func number(_ units: [UInt16], _ position: inout Int, digits: ClosedRange<Int>) -> Int64? {
    let found = units[min(position, units.count)...].prefix { (0x30...0x39).contains($0) }.prefix(digits.upperBound)
    guard found.count >= digits.lowerBound else { return nil }
    position += found.count
    return found.reduce(into: Int64(0)) { $0 = $0 * 10 + Int64($1 - 0x30) }
  }

  static func twoDigits(_ value: Int64) -> String { value < 10 ? "0\(value)" : String(value) }
}
