extension Function {
  /// Delimited lists in text.
  static let lists: [Function] = [
    Function(
      "getDelimitedField(index, delimiter?, quote?, escape?, strip?)", .lists,
      """
      The field with that number, from 1; empty when there are fewer. Delimiter ',', quote '\"' and escape '\\' \
      are one character each; with `strip` true, quotes and escapes are removed.
      """,
      Example("${line:getDelimitedField(2)}", ["line": "\"a,b\",c,d"], gives: "c"), build: delimitedField),
    list("unique", "Every part once, at its first position.", "${l:unique(',')}", of: "a,b,a", gives: "a,b") { parts in
      var seen = Set<[UInt8]>()
      return parts.filter { seen.insert(Array($0.utf8)).inserted }
    },
    list("compactDelimitedList", "Without its empty parts.", "${l:compactDelimitedList(',')}", of: ",a,,b,", gives: "a,b") {
      parts in
      parts.filter { !$0.isEmpty }
    },
    list(
      "trimDelimitedList", "Without empty parts at both ends.", "${l:trimDelimitedList(',')}", of: ",a,,b,", gives: "a,,b"
    ) { parts in
      guard let first = parts.firstIndex(where: { !$0.isEmpty }), let last = parts.lastIndex(where: { !$0.isEmpty })
      else { return [] }
      return Array(parts[first...last])
    },
  ]

  private static func list(
    _ name: String, _ meaning: String, _ example: String, of value: String, gives result: String,
    _ change: @escaping @Sendable ([Substring]) -> [Substring]
  ) -> Function {
    Function(
      "\(name)(delimiter)", .lists, meaning + " The delimiter is taken as it is.",
      Example(example, ["l": value], gives: result)
    ) { site in
      let text = site.text
      let delimiter = site.text(0)
      return .text { e throws(EvaluationError) in
        guard let value = try text(e) else { return "" }
        guard let delimiter = try delimiter(e), !delimiter.isEmpty else { return value }
        return change(Text.split(value, by: delimiter)).joined(separator: delimiter)
      }
    }
  }

  private static let delimitedField: @Sendable (CallSite) throws(ExpressionProblem) -> Operand = {
    site throws(ExpressionProblem) in
    let text = site.text
    let index = try site.whole(0)
    let marks = (1...3).map { $0 < site.arguments.count ? site.text($0) : nil }
    let strip = site.arguments.count > 4 ? try site.boolean(4) : nil
    return .text { e throws(EvaluationError) in
      guard let value = try text(e), !value.isEmpty else { return "" }
      guard let number = try index(e) else { throw EvaluationError("'getDelimitedField' has no field number") }
      guard number >= 1 else { return "" }
      let fields = DelimitedFields(
        delimiter: try mark(marks[0], ",", "delimiter", e), quote: try mark(marks[1], "\"", "quote", e),
        escape: try mark(marks[2], "\\", "escape", e), strips: try strip?(e) ?? false)
      try fields.check()
      return fields.field(number, of: value)
    }
  }

  /// One UTF-16 unit, from an argument or the default.
  private static func mark(
    _ argument: Compute<String?>?, _ standard: String, _ what: String, _ e: Evaluation
  ) throws(EvaluationError) -> UInt16 {
    let text: String? = if let argument { try argument(e) } else { standard }
    guard let units = text?.utf16, units.count == 1, let unit = units.first else {
      throw EvaluationError("'getDelimitedField' needs one character as \(what), found '\(text ?? "")'")
    }
    return unit
  }
}

/// The fields of a line, by NiFi's rules.
private struct DelimitedFields {
  let delimiter: UInt16
  let quote: UInt16
  let escape: UInt16
  /// Whether quotes and escapes are removed from the field.
  let strips: Bool

  func check() throws(EvaluationError) {
    guard delimiter != quote, quote != escape, delimiter != escape else {
      throw EvaluationError("'getDelimitedField' needs three different characters as delimiter, quote and escape")
    }
  }

  func field(_ number: Int64, of line: String) -> String {
    var field: [UInt16] = []
    var current: Int64 = 1
    var isQuoted = false
    var isEscaped = false
    for unit in line.utf16 {
      if unit == quote, !isEscaped {
        isQuoted.toggle()
        if !strips, current == number { field.append(unit) }
      } else if unit == delimiter, !isEscaped, !isQuoted {
        if current == number { return String(decoding: field, as: UTF16.self) }
        current += 1
      } else if current == number, unit != escape || !strips {
        field.append(unit)
      }
      isEscaped = unit == escape && !isEscaped
    }
    return current == number ? String(decoding: field, as: UTF16.self) : ""
  }
}
