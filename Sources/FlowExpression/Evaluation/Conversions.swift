/// NiFi's conversions between types. Impossible ones are rejected when the flow is loaded, failing ones at run time.
extension Operand {
  /// The value as text, which exists for every type.
  var text: Compute<String?> {
    switch form {
    case .text(let compute): compute
    case .boolean(let compute): { e throws(EvaluationError) in try compute(e).map { $0 ? "true" : "false" } }
    case .whole(let compute): { e throws(EvaluationError) in try compute(e).map { String($0) } }
    case .decimal(let compute): { e throws(EvaluationError) in try compute(e).map(JavaDecimal.text) }
    case .number(let compute): { e throws(EvaluationError) in try compute(e).map(\.text) }
    case .date(let compute):
      { e throws(EvaluationError) in try compute(e).map { DateText.javaDate($0, zone: e.environment.zone) } }
    case .instant(let compute): { e throws(EvaluationError) in try compute(e).map(DateText.javaInstant) }
    }
  }

  /// The value as a boolean; nil if the type cannot be converted. Any text except "true" is false.
  var boolean: Compute<Bool?>? {
    switch form {
    case .boolean(let compute): compute
    case .text(let compute): { e throws(EvaluationError) in try compute(e).map(Text.isTrue) }
    default: nil
    }
  }

  /// The value as a whole number; nil if the type cannot be converted. Text that is not a number has no value.
  var whole: Compute<Int64?>? {
    switch form {
    case .whole(let compute): compute
    case .boolean: nil
    case .text(let compute):
      { e throws(EvaluationError) in
        guard let text = try compute(e) else { return nil }
        return try NumberText.parse(text)?.whole
      }
    case .decimal(let compute): { e throws(EvaluationError) in try compute(e).map { Int64(javaLong: $0) } }
    case .number(let compute): { e throws(EvaluationError) in try compute(e)?.whole }
    case .date(let compute): compute
    case .instant(let compute): { e throws(EvaluationError) in try compute(e)?.milliseconds }
    }
  }

  /// The value as a decimal; nil if the type cannot be converted.
  var decimal: Compute<Double?>? {
    switch form {
    case .decimal(let compute): compute
    case .boolean, .instant: nil
    case .text, .whole, .number, .date:
      if let compute = number { { e throws(EvaluationError) in try compute(e)?.decimal } } else { nil }
    }
  }

  /// The value as a whole number or decimal; nil if the type cannot be converted.
  var number: Compute<JavaNumber?>? {
    switch form {
    case .number(let compute): compute
    case .boolean: nil
    case .text(let compute):
      { e throws(EvaluationError) in
        guard let text = try compute(e) else { return nil }
        return try NumberText.parse(text)
      }
    case .whole(let compute), .date(let compute): { e throws(EvaluationError) in try compute(e).map(JavaNumber.whole) }
    case .decimal(let compute): { e throws(EvaluationError) in try compute(e).map(JavaNumber.decimal) }
    case .instant(let compute): { e throws(EvaluationError) in try compute(e).map { .whole($0.milliseconds) } }
    }
  }

  /// The value as a date; nil if the type cannot be converted.
  var date: Compute<Int64?>? {
    switch form {
    case .date(let compute), .whole(let compute): compute
    case .boolean: nil
    case .text(let compute):
      { e throws(EvaluationError) in
        guard let text = try compute(e) else { return nil }
        return try DateText.date(of: text, zone: e.environment.zone)
      }
    case .decimal(let compute): { e throws(EvaluationError) in try compute(e).map { Int64(javaLong: $0) } }
    case .number(let compute): { e throws(EvaluationError) in try compute(e)?.whole }
    case .instant(let compute): { e throws(EvaluationError) in try compute(e)?.milliseconds }
    }
  }

  /// The value as an instant; nil if the type cannot be converted.
  var instant: Compute<JavaInstant?>? {
    switch form {
    case .instant(let compute): compute
    case .boolean: nil
    case .text(let compute):
      { e throws(EvaluationError) in
        guard let text = try compute(e) else { return nil }
        return try DateText.instant(of: text)
      }
    case .whole, .decimal, .number, .date:
      if let compute = whole {
        { e throws(EvaluationError) in try compute(e).map { JavaInstant(milliseconds: $0) } }
      } else {
        nil
      }
    }
  }
}
