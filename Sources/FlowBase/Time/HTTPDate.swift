extension Instant {
  private static let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
  private static let weekdayNames = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

  /// Parses the preferred date format of HTTP (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`. nil for anything
  /// else, including the two obsolete formats, which lack a zone or a century.
  package init?(httpDate text: some StringProtocol) {
    let parts = text.split(separator: " ").map { Array($0.utf8) }
    guard parts.count == 6, parts[0].count == 4, parts[5] == Array("GMT".utf8), parts[1].count == 2, parts[3].count == 4,
      let month = Self.monthNames.firstIndex(of: String(decoding: parts[2], as: UTF8.self)),
      let second = secondOfDay(parts[4][...])
    else { return nil }
    let day = String(decoding: parts[3] + [0x2D] + Array(padded(month + 1, 2).utf8) + [0x2D] + parts[1], as: UTF8.self)
    guard let date = CivilDate(text: day) else { return nil }
    self.init(seconds: date.daysSince1970 * 86_400 + Int64(second))
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT`.
  package var httpDateText: String {
    let date = dateUTC
    let days = date.daysSince1970
    let weekday = Self.weekdayNames[Int(days.floored(by: 7).remainder)]
    let second = Int(seconds - days * 86_400)
    let time = "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    return "\(weekday), \(padded(date.day, 2)) \(Self.monthNames[date.month - 1]) \(padded(date.year, 4)) \(time) GMT"
  }
}
