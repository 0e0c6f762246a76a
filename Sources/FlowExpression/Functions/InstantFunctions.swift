extension Function {
  /// Instants: points in time with nanoseconds.
  static let instants: [Function] = [
    Function(
      "toInstant(pattern?, zone?)", .instants,
      """
      The instant in a text, parsed strictly with a pattern and zone (both or none); without them, and for numbers, the \
      instant given in milliseconds since 1970.
      """,
      Example(
        "${i:toInstant('yyyy-MM-dd HH:mm:ss.SSSSSS', 'UTC'):toMicros()}", ["i": "1970-01-01 00:00:01.000002"],
        gives: "1000002"), build: toInstant),
    Function(
      "formatInstant(pattern, zone)", .instants, "The instant in a pattern and zone.",
      Example(
        "${i:formatInstant('yyyy-MM-dd HH:mm', 'UTC')}", ["i": "2026-08-04T12:30:00+02:00"], gives: "2026-08-04 10:30")
    ) { site throws(ExpressionProblem) in
      let instant = try site.instant()
      let pattern = try site.prepared(0, DatePattern.strict)
      let zone = try site.prepared(1) { name throws(ExpressionProblem) in try Zone(name) }
      return .text { e throws(EvaluationError) in
        guard let value = try instant(e), let pattern = try pattern(e) else { return nil }
        guard let zone = try zone(e) else { throw EvaluationError("'formatInstant' has no zone") }
        return try pattern.text(value, zone: zone)
      }
    },
    count("toMicros", "microseconds", gives: "1000000", perSecond: 1_000_000),
    count("toNanos", "nanoseconds", gives: "1000000000", perSecond: 1_000_000_000),
    shift("plusInstantDuration", "later", 1),
    shift("minusInstantDuration", "earlier", -1),
    Function(
      "isValidInstant()", .instants,
      "True when the text is an instant in ISO 8601 with an offset, or as RFC 1123 writes it.",
      Example("${i:isValidInstant()}", ["i": "2026-08-04T10:15:30Z"], gives: "true")
    ) { site in
      let text = site.text
      return .boolean { e throws(EvaluationError) in
        guard let value = try text(e) else { return false }
        return DateText.isoInstant(Text.trimmed(value)) != nil
      }
    },
  ]

  private static let toInstant: @Sendable (CallSite) throws(ExpressionProblem) -> Operand = {
    site throws(ExpressionProblem) in
    guard site.arguments.count == 2, case .text(let text) = site.subject.form else {
      let whole = try site.whole()
      return .instant { e throws(EvaluationError) in try whole(e).map { JavaInstant(milliseconds: $0) } }
    }
    let pattern = try site.prepared(0, DatePattern.strict)
    let zone = try site.prepared(1) { name throws(ExpressionProblem) in try Zone(name) }
    return .instant { e throws(EvaluationError) in
      guard let value = try text(e), let pattern = try pattern(e) else { return nil }
      guard let zone = try zone(e) else { throw EvaluationError("'toInstant' has no zone") }
      guard let instant = pattern.read(value)?.strictInstant(zone: zone) else {
        throw EvaluationError("'\(value)' is not an instant in the pattern '\(pattern.text)'")
      }
      return instant
    }
  }

  private static func count(_ name: String, _ units: String, gives result: String, perSecond: Int64) -> Function {
    Function(
      "\(name)()", .instants, "The instant in \(units) since 1970.",
      Example("${i:toNumber():toInstant():\(name)()}", ["i": "1000"], gives: result)
    ) { site throws(ExpressionProblem) in
      guard case .instant(let compute) = site.subject.form else {
        throw ExpressionProblem(
          .argument, offset: site.offset, found: "a value of type \(site.subject.type.rawValue)",
          expected: "an instant for '\(name)'", hint: "put toInstant(…) before it")
      }
      return .number { e throws(EvaluationError) in try compute(e).map { .whole($0.count(perSecond: perSecond)) } }
    }
  }

  private static func shift(_ name: String, _ direction: String, _ sign: Int64) -> Function {
    Function(
      "\(name)(amount)", .instants, "The instant \(direction) by an amount such as '2 weeks', on the calendar of UTC.",
      Example(
        "${i:toNumber():toInstant():\(name)('1800500000000 nanoseconds'):toNumber()}", ["i": "1785834300000"],
        gives: String(1_785_834_300_000 + sign * 1_800_500))
    ) { site throws(ExpressionProblem) in
      let instant = try site.instant()
      let amount = try site.prepared(0, DurationAmount.init)
      guard let utc = Zone(offset: 0) else { preconditionFailure("UTC is a zone") }
      return .instant { e throws(EvaluationError) in
        guard let value = try instant(e) else { return nil }
        guard let amount = try amount(e) else { throw EvaluationError("'\(name)' has no amount") }
        return try amount.apply(to: value, zone: utc, sign: sign)
      }
    }
  }
}
