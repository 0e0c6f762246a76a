import FlowBase

/// A span of calendar time in words: `2 weeks`, `1 month`.
struct DurationAmount: Sendable {
  private enum Unit: String {
    case nanosecond, second, minute, hour, day, week, month, year
  }

  private let amount: Int64
  private let unit: Unit

  /// Parses a whole number, white space and a unit, singular or plural, in any case.
  init(_ text: String) throws(ExpressionProblem) {
    let expected = "a whole number and a unit with a space between, such as '2 weeks' or '1 month'"
    let words = text.split(whereSeparator: { " \t\n\r\u{B}\u{C}".contains($0) })
    guard words.count == 2, words[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let amount = Int64(words[0])
    else { throw ExpressionProblem.unsuitable(expected: expected) }
    let word = words[1].lowercased()
    guard let unit = Unit(rawValue: word) ?? (word.hasSuffix("s") ? Unit(rawValue: String(word.dropLast())) : nil)
    else {
      throw ExpressionProblem.unsuitable(
        expected: "a unit: nanoseconds, seconds, minutes, hours, days, weeks, months or years",
        hint: NearestName.suggestion(for: word, among: ["seconds", "minutes", "hours", "days", "weeks", "months", "years"]))
    }
    self.amount = amount
    self.unit = unit
  }

  /// Shifts a point in time on the zone's calendar: days keep the time of day, months clamp the day to the month's
  /// length.
  func apply(to instant: JavaInstant, zone: Zone, sign: Int64) throws(EvaluationError) -> JavaInstant {
    let shifted: JavaInstant? =
      switch unit {
      case .nanosecond: nanoseconds(instant, sign)
      case .second: seconds(instant, 1, sign)
      case .minute: seconds(instant, 60, sign)
      case .hour: seconds(instant, 3600, sign)
      case .day: calendar(instant, zone) { days($0, 1, sign) }
      case .week: calendar(instant, zone) { days($0, 7, sign) }
      case .month: calendar(instant, zone) { months($0, 1, sign) }
      case .year: calendar(instant, zone) { months($0, 12, sign) }
      }
    guard let shifted, JavaInstant.secondsRange.contains(shifted.seconds) else {
      throw EvaluationError("\(amount) \(unit.rawValue)s are out of range")
    }
    return shifted
  }

  private func total(_ factor: Int64, _ sign: Int64) -> Int64? {
    let (product, overflows) = amount.multipliedReportingOverflow(by: factor * sign)
    return overflows ? nil : product
  }

  private func seconds(_ instant: JavaInstant, _ factor: Int64, _ sign: Int64) -> JavaInstant? {
    guard let total = total(factor, sign) else { return nil }
    let (seconds, overflows) = instant.seconds.addingReportingOverflow(total)
    return overflows ? nil : JavaInstant(seconds: seconds, nanoseconds: instant.nanoseconds)
  }

  private func nanoseconds(_ instant: JavaInstant, _ sign: Int64) -> JavaInstant? {
    let (seconds, nanoseconds) = (amount * sign).floored(by: 1_000_000_000)
    let sum = instant.nanoseconds + nanoseconds
    return JavaInstant(seconds: instant.seconds + seconds + sum / 1_000_000_000, nanoseconds: sum % 1_000_000_000)
  }

  private func calendar(_ instant: JavaInstant, _ zone: Zone, _ shift: (LocalDate) -> LocalDate?) -> JavaInstant? {
    let offset = zone.offset(at: instant.seconds)
    let local = LocalDateTime(localSeconds: instant.seconds + offset, nanosecond: instant.nanoseconds)
    guard let date = shift(local.date) else { return nil }
    let seconds = date.epochDay * 86_400 + local.secondOfDay
    // Java keeps the current offset if the local time exists with it, which decides in a repeated hour.
    let keeps = zone.offset(at: seconds - offset) == offset
    return JavaInstant(
      seconds: seconds - (keeps ? offset : zone.offset(forLocal: seconds)), nanoseconds: instant.nanoseconds)
  }

  private func days(_ date: LocalDate, _ factor: Int64, _ sign: Int64) -> LocalDate? {
    guard let total = total(factor, sign), abs(total) <= 730_000_000_000 else { return nil }
    return LocalDate(epochDay: date.epochDay + total)
  }

  private func months(_ date: LocalDate, _ factor: Int64, _ sign: Int64) -> LocalDate? {
    guard amount <= Int64(Int32.max), let total = total(factor, sign) else { return nil }
    return date.adding(months: total)
  }
}
