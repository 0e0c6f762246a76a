import FlowCore

/// Times on the participant's clock, as layouts write them.
enum LocalTime {
  /// `yyyy-MM-dd HH:mm:ss`; nil if the offset is not known.
  /// - Parameters:
  ///   - instant: seconds since 1970.
  ///   - offset: seconds east of UTC.
  static func text(_ instant: Int64?, _ offset: Int64?) -> String? { text(instant, offset, separator: UInt8(ascii: " ")) }

  /// `yyyy-MM-ddTHH:mm:ss`, as BigQuery writes a DATETIME.
  static func dateTime(_ instant: Int64?, _ offset: Int64?) -> String? { text(instant, offset, separator: UInt8(ascii: "T")) }

  /// ISO 8601 with the offset, so that an hour which the clocks repeat is not ambiguous: `2026-01-05T07:00:00-06:00`.
  static func withOffset(_ instant: Int64?, _ offset: Int64?) -> String? {
    guard let offset, let local = dateTime(instant, offset) else { return nil }
    let minutes = Int(offset.magnitude) / 60
    return local + (offset < 0 ? "-" : "+") + padded(minutes / 60, 2) + ":" + padded(minutes % 60, 2)
  }

  /// The date on the participant's clock.
  static func date(_ instant: Int64, _ offset: Int64) -> CivilDate { CivilDate(daysSince1970: (instant + offset).flooredDivision(by: 86_400)) }

  /// Without intermediate texts: a participant has tens of thousands of samples a day.
  private static func text(_ instant: Int64?, _ offset: Int64?, separator: UInt8) -> String? {
    guard let instant, let offset else { return nil }
    let (day, second) = (instant + offset).floored(by: 86_400), date = CivilDate(daysSince1970: day)
    guard (0...9999).contains(date.year) else { return Instant(seconds: instant + offset).text.replacingZ(separator) }
    return String(unsafeUninitializedCapacity: 19) { bytes in
      func put(_ value: Int, _ start: Int, _ width: Int) {
        var rest = value
        for place in stride(from: start + width - 1, through: start, by: -1) {
          bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
          rest /= 10
        }
      }
      put(date.year, 0, 4)
      put(date.month, 5, 2)
      put(date.day, 8, 2)
      put(Int(second / 3600), 11, 2)
      put(Int(second / 60 % 60), 14, 2)
      put(Int(second % 60), 17, 2)
      for place in [4, 7] { bytes[place] = UInt8(ascii: "-") }
      for place in [13, 16] { bytes[place] = UInt8(ascii: ":") }
      bytes[10] = separator
      return 19
    }
  }
}

extension String {
  /// A time in RFC 3339 without its zone, for years beyond four digits.
  fileprivate func replacingZ(_ separator: UInt8) -> String {
    String(decoding: utf8.filter { $0 != UInt8(ascii: "Z") }.map { $0 == UInt8(ascii: "T") ? separator : $0 }, as: UTF8.self)
  }
}
