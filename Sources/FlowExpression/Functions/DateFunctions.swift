extension Function {
  /// Dates: points in time with milliseconds, displayed in a zone.
  static let dates: [Function] = [
    Function(
      "toDate(pattern?, zone?)", .dates,
      """
      The date in a text, parsed with a pattern of Java's `DateTimeFormatter` (en_US, lenient); without a pattern, and for \
      numbers, the date given in milliseconds since 1970.
      """,
      Example(
        "${d:toDate('yyyy-MM-dd HH:mm', 'UTC'):toNumber()}", ["d": "2026-08-04 12:30"], gives: "1785846600000"),
      build: toDate),
    Function(
      "format(pattern, zone?)", .dates, "The date in a pattern, in the zone or else the engine's.",
      Example("${t:toNumber():format('yyyy-MM-dd HH:mm', 'UTC')}", ["t": "1785846600000"], gives: "2026-08-04 12:30"),
      build: format),
    shift(
      "plusDuration", "later", "${t:toNumber():toDate():plusDuration('1 month', 'UTC'):format('d MMM', 'UTC')}",
      gives: "28 Feb", sign: 1),
    shift(
      "minusDuration", "earlier", "${t:toNumber():toDate():minusDuration('2 days', 'UTC'):format('d MMM', 'UTC')}",
      gives: "29 Jan", sign: -1),
    Function(
      "isValidDate(pattern, zone?)", .dates,
      "True when the text fits the pattern and such a day exists; with a zone also such a time of day.",
      Example("${d:isValidDate('dd-MM-yyyy')}", ["d": "31-02-2026"], gives: "false"), build: isValidDate),
  ]

  /// The zone of an optional argument, or else the engine's.
  static func zone(_ site: CallSite, _ index: Int) throws(ExpressionProblem) -> Compute<Zone> {
    guard index < site.arguments.count else { return { $0.environment.zone } }
    let zone = try site.prepared(index) { name throws(ExpressionProblem) in try Zone(name) }
    return { e throws(EvaluationError) in try zone(e) ?? e.environment.zone }
  }

  private static let toDate: @Sendable (CallSite) throws(ExpressionProblem) -> Operand = {
    site throws(ExpressionProblem) in
    guard !site.arguments.isEmpty, case .text(let text) = site.subject.form else { return .date(try site.whole()) }
    let pattern = try site.prepared(0, DatePattern.lenient)
    let zone = try zone(site, 1)
    return .date { e throws(EvaluationError) in
      guard let value = try text(e), let pattern = try pattern(e) else { return nil }
      guard let instant = pattern.read(value)?.instant(zone: try zone(e)) else {
        throw EvaluationError("'\(value)' is not a date in the pattern '\(pattern.text)'")
      }
      return instant.milliseconds
    }
  }

  private static let format: @Sendable (CallSite) throws(ExpressionProblem) -> Operand = {
    site throws(ExpressionProblem) in
    let date = try site.date()
    let pattern = try site.prepared(0, DatePattern.lenient)
    let zone = try zone(site, 1)
    return .text { e throws(EvaluationError) in
      guard let value = try date(e), let pattern = try pattern(e) else { return nil }
      return try pattern.text(JavaInstant(milliseconds: value), zone: try zone(e))
    }
  }

  private static func shift(
    _ name: String, _ direction: String, _ example: String, gives result: String, sign: Int64
  ) -> Function {
    Function(
      "\(name)(amount, zone?)", .dates,
      "The date \(direction) by an amount such as '2 weeks', on the calendar of the zone or else the engine's.",
      Example(example, ["t": "1769817600000"], gives: result)
    ) { site throws(ExpressionProblem) in
      let date = try site.date()
      let amount = try site.prepared(0, DurationAmount.init)
      let zone = try zone(site, 1)
      return .date { e throws(EvaluationError) in
        guard let value = try date(e) else { return nil }
        guard let amount = try amount(e) else { throw EvaluationError("'\(name)' has no amount") }
        return try amount.apply(to: JavaInstant(milliseconds: value), zone: try zone(e), sign: sign).milliseconds
      }
    }
  }

  private static let isValidDate: @Sendable (CallSite) throws(ExpressionProblem) -> Operand = {
    site throws(ExpressionProblem) in
    let text = site.text
    let hasZone = site.arguments.count > 1
    let pattern = try validated(site, 0, DatePattern.lenient)
    let zone = hasZone ? try validated(site, 1) { name throws(ExpressionProblem) in try Zone(name) } : nil
    return .boolean { e throws(EvaluationError) in
      guard let value = try text(e), case .valid(let pattern) = try pattern(e) else { return false }
      guard let parsed = pattern.read(Text.trimmed(value)) else { return false }
      guard let zone else { return parsed.isReal(in: nil) }
      switch try zone(e) {
      case .valid(let zone): return parsed.isReal(in: zone)
      case .missing: return parsed.isReal(in: nil)
      case .invalid: return false
      }
    }
  }

  /// An argument whose errors at run time make a condition false instead of failing.
  private enum Validated<Value: Sendable>: Sendable { case valid(Value), missing, invalid }

  private static func validated<Value: Sendable>(
    _ site: CallSite, _ index: Int, _ prepare: @escaping @Sendable (String) throws(ExpressionProblem) -> Value
  ) throws(ExpressionProblem) -> Compute<Validated<Value>> {
    guard site.literal(index) == nil else {
      let value = try site.prepared(index, prepare)
      return { e throws(EvaluationError) in try value(e).map(Validated.valid) ?? .missing }
    }
    let text = site.text(index)
    return { e throws(EvaluationError) in
      guard let text = try text(e) else { return .missing }
      do { return .valid(try prepare(text)) } catch { return .invalid }
    }
  }
}

extension ParsedDate {
  /// Whether the parsed day exists and, in a zone with rules, the time of day on it.
  fileprivate func isReal(in zone: Zone?) -> Bool {
    guard let month = fields[.month], let day = fields[.day] else { return true }
    // Without a year, assume a leap year so that February 29 is accepted.
    guard let date = LocalDate(year: fields[.year] ?? fields[.yearOfEra] ?? 2000, month: month, day: day) else {
      return false
    }
    guard let zone, !zone.isFixed, let hour else { return true }
    let minute = fields[.minute] ?? 0
    let second = fields[.second] ?? 0
    guard (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second) else { return false }
    return zone.exists(local: date.epochDay * 86_400 + hour * 3600 + minute * 60 + second)
  }

  private var hour: Int64? {
    if let hour = fields[.hour] { return hour }
    guard let hour = fields[.hourOfAmPm] ?? fields[.clockHourOfAmPm].map({ $0 % 12 }) else { return nil }
    return (fields[.amPm] ?? 0) * 12 + hour
  }
}
