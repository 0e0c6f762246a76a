import FlowBase

/// Times that repeat, as cron writes them: minute, hour, day of month, month, day of week.
///
/// The rules are Vixie cron's, and cronie's after it:
/// - A field is `*`, a number, a range `1-5`, a list `1,15` or steps through a range `*/15`, `10-50/20`. Months and weekdays may be
///   written as names of three letters, in any case. Sunday is 0 and 7.
/// - If day of month and day of week are both restricted, a day need only match one of them. A field that begins with `*` restricts
///   nothing in this sense: then both must match.
/// - `@hourly`, `@daily` (`@midnight`), `@weekly`, `@monthly` and `@yearly` (`@annually`) are short forms.
///
/// What a change of the zone's clocks does is described at `next(after:in:)`.
package struct CronExpression: Sendable, Equatable {
  /// As written, without blanks at its ends.
  package let text: String
  let minutes: CronField.Values
  let hours: CronField.Values
  let daysOfMonth: CronField.Values
  let months: CronField.Values
  let daysOfWeek: CronField.Values

  /// Reads an expression, or finds all of its problems, in the order of the text.
  package static func read(_ text: String) -> Result<CronExpression, CronProblems> {
    var reader = CronReader(text)
    guard let expression = reader.expression() else { return .failure(CronProblems(all: reader.problems)) }
    return .success(expression)
  }

  /// Whether the job has a time of day of its own: neither minute nor hour begins with `*`.
  package var hasFixedTime: Bool { !minutes.isStar && !hours.isStar }

  func matches(_ date: CivilDate) -> Bool {
    guard months.contains(date.month) else { return false }
    let isDayOfMonth = daysOfMonth.contains(date.day)
    let isDayOfWeek = daysOfWeek.contains(date.weekday)
    return daysOfMonth.isStar || daysOfWeek.isStar ? isDayOfMonth && isDayOfWeek : isDayOfMonth || isDayOfWeek
  }

  /// Whether the expression matches a minute of a clock, which is given in seconds since 1970-01-01T00:00 on that clock.
  package func matches(local: Int64) -> Bool {
    let (day, second) = local.floored(by: 86_400)
    return minutes.contains(Int(second / 60 % 60)) && hours.contains(Int(second / 3600)) && matches(CivilDate(daysSince1970: day))
  }
}

/// The problems of a cron expression; never empty.
package struct CronProblems: Error, Sendable, Equatable {
  package var all: [CronProblem]
}

/// A problem of a cron expression.
package struct CronProblem: Sendable, Equatable {
  /// Where it begins, in Unicode scalars from 0.
  package var offset: Int
  package var found: String
  package var expected: String
  package var hint: String?
}

extension CivilDate {
  /// 0 is Sunday.
  var weekday: Int { Int((daysSince1970 + 4).floored(by: 7).remainder) }
}
