import FlowBase

/// Dates and instants as text without a user-supplied pattern.
enum DateText {
  private static let javaDatePattern = DatePattern(constant: "EEE MMM dd HH:mm:ss zzz yyyy", isLenient: true)
  private static let plainPattern = DatePattern(constant: "yyyy/MM/dd HH:mm:ss[.SSS]", isLenient: true)

  /// Java's text of a `Date`: `Fri Apr 04 12:00:45 UTC 2014`.
  static func javaDate(_ milliseconds: Int64, zone: Zone) -> String {
    let instant = JavaInstant(milliseconds: milliseconds)
    do { return try javaDatePattern.text(instant, zone: zone) } catch { return String(milliseconds) }
  }

  /// Java's text of an `Instant`: `2014-04-04T12:00:45.500Z`, with the fraction in groups of three digits.
  static func javaInstant(_ instant: JavaInstant) -> String {
    let time = LocalDateTime(localSeconds: instant.seconds, nanosecond: instant.nanoseconds)
    let date = time.date
    let digits = String(abs(date.year))
    let year = digits.padded(to: 4)
    let sign = date.year < 0 ? "-" : date.year > 9999 ? "+" : ""
    let clock = [time.hour, time.minute, time.second].map(OffsetText.twoDigits).joined(separator: ":")
    let day = OffsetText.twoDigits(date.month) + "-" + OffsetText.twoDigits(date.day)
    return "\(sign)\(year)-\(day)T\(clock)\(fraction(instant.nanoseconds))Z"
  }

  private static func fraction(_ nanoseconds: Int64) -> String {
    guard nanoseconds != 0 else { return "" }
    let digits = String(String(nanoseconds + 1_000_000_000).dropFirst())
    if nanoseconds.isMultiple(of: 1_000_000) { return "." + digits.prefix(3) }
    return "." + (nanoseconds.isMultiple(of: 1000) ? digits.prefix(6) : digits[...])
  }

  /// Parses a date: milliseconds, Java's own format, or `yyyy/MM/dd HH:mm:ss` with or without milliseconds.
  static func date(of text: String, zone: Zone) throws(EvaluationError) -> Int64 {
    let trimmed = Text.trimmed(text)
    if isDigits(trimmed) {
      guard let value = Int64(trimmed) else { throw EvaluationError("'\(trimmed)' is too large for a date") }
      return value
    }
    let pattern = trimmed.utf8.first.map { (0x30...0x39).contains($0) } == true ? plainPattern : javaDatePattern
    guard fits(trimmed, pattern.text), let instant = pattern.read(trimmed)?.instant(zone: zone) else {
      throw EvaluationError("'\(trimmed)' is not a date")
    }
    return instant.milliseconds
  }

  private static func isDigits(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Whether the length matches the format; the pattern alone would be more lenient.
  private static func fits(_ text: String, _ pattern: String) -> Bool {
    pattern == plainPattern.text ? text.utf8.count == 19 || text.utf8.count == 23 : text.utf8.count >= 20
  }

  /// Parses an instant: milliseconds, ISO 8601 with an offset, or RFC 1123.
  static func instant(of text: String) throws(EvaluationError) -> JavaInstant {
    let trimmed = Text.trimmed(text)
    if isDigits(trimmed) {
      guard let value = Int64(trimmed) else { throw EvaluationError("'\(trimmed)' is too large for an instant") }
      return JavaInstant(milliseconds: value)
    }
    guard let instant = isoInstant(trimmed) else { throw EvaluationError("'\(trimmed)' is not an instant") }
    return instant
  }

  /// Parses ISO 8601 with an offset or RFC 1123; nil for anything else.
  static func isoInstant(_ text: String) -> JavaInstant? {
    guard let utc = Zone(offset: 0) else { return nil }
    for pattern in instantPatterns {
      if let instant = pattern.read(text)?.strictInstant(zone: utc) { return instant }
    }
    return nil
  }

  /// A fraction has one to nine digits, each with its own pattern.
  private static let instantPatterns: [DatePattern] =
    ["uuuu-MM-dd'T'HH:mm[:ss]XXXXX", "uuuu-MM-dd't'HH:mm[:ss]XXXXX", "[EEE, ]d MMM uuuu HH:mm[:ss] [Z]['GMT']"]
    .map { DatePattern(constant: $0, isLenient: false) }
    + (1...9).map {
      DatePattern(constant: "uuuu-MM-dd'T'HH:mm:ss." + String(repeating: "S", count: $0) + "XXXXX", isLenient: false)
    }
}
