extension Instant {
  /// RFC 3339 in UTC, with milliseconds only if they are not zero: `2026-01-05T00:00:00Z`.
  package var text: String {
    let (day, second) = seconds.floored(by: 86_400)
    let secondOfDay = Int(second)
    let fraction = Int(milliseconds - seconds * 1000)
    let time = "\(padded(secondOfDay / 3600, 2)):\(padded(secondOfDay / 60 % 60, 2)):\(padded(secondOfDay % 60, 2))"
    return "\(CivilDate(daysSince1970: day).text)T\(time)\(fraction == 0 ? "" : "." + padded(fraction, 3))Z"
  }

  /// The UTC date on which this instant falls.
  package var dateUTC: CivilDate { CivilDate(daysSince1970: seconds.flooredDivision(by: 86_400)) }

  /// Parses RFC 3339 (`2026-01-05T00:00:00Z`, `…T00:00:00.123+01:00`); nil for anything else, including a time without
  /// a zone.
  package init?(rfc3339 text: some StringProtocol) {
    guard let (local, rest) = Instant.local(prefixOf: Array(text.utf8)) else { return nil }
    if rest.elementsEqual([UInt8(ascii: "Z")]) || rest.elementsEqual([UInt8(ascii: "z")]) {
      self = local
      return
    }
    guard rest.count == 6, let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
      rest[rest.startIndex + 3] == UInt8(ascii: ":"),
      let hours = decimal(rest[(rest.startIndex + 1)..<(rest.startIndex + 3)]), hours < 24,
      let minutes = decimal(rest[(rest.startIndex + 4)..<rest.endIndex]), minutes < 60
    else { return nil }
    let offset = Int64(hours * 3600 + minutes * 60) * 1000
    milliseconds = local.milliseconds + (sign == UInt8(ascii: "+") ? -offset : offset)
  }

  /// Parses a local date and time without a zone (`2026-08-15T13:14:22.000`) as if it were UTC; nil for anything else.
  package init?(localText text: some StringProtocol) {
    guard let (local, rest) = Instant.local(prefixOf: Array(text.utf8)), rest.isEmpty else { return nil }
    self = local
  }

  /// Parses `yyyy-MM-ddTHH:mm:ss[.fraction]` at the start of `bytes` as UTC; also returns the remaining bytes.
  private static func local(prefixOf bytes: [UInt8]) -> (Instant, ArraySlice<UInt8>)? {
    guard bytes.count >= 19, bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t") || bytes[10] == 32,
      let date = CivilDate(text: String(decoding: bytes[0..<10], as: UTF8.self)),
      let second = secondOfDay(bytes[11..<19])
    else { return nil }
    var rest = bytes[19...]
    var fraction: Int64 = 0
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix { (48...57).contains($0) }
      guard !digits.isEmpty else { return nil }
      for place in 0..<3 {
        let index = digits.startIndex + place
        fraction = fraction * 10 + (index < digits.endIndex ? Int64(digits[index] - 48) : 0)
      }
      rest = rest[digits.endIndex...]
    }
    let instant = Instant(milliseconds: (date.daysSince1970 * 86_400 + Int64(second)) * 1000 + fraction)
    return (instant, rest)
  }
}

/// Seconds since midnight for `HH:mm:ss`; nil for anything else, including 24:00:00 and leap seconds.
package func secondOfDay(_ bytes: ArraySlice<UInt8>) -> Int? {
  let start = bytes.startIndex
  guard bytes.count == 8, bytes[start + 2] == UInt8(ascii: ":"), bytes[start + 5] == UInt8(ascii: ":"),
    let hour = decimal(bytes[start..<(start + 2)]), hour < 24,
    let minute = decimal(bytes[(start + 3)..<(start + 5)]), minute < 60,
    let second = decimal(bytes[(start + 6)..<(start + 8)]), second < 60
  else { return nil }
  return hour * 3600 + minute * 60 + second
}
