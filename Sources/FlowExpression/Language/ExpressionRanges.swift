/// Finds the `${…}` in a text with NiFi's algorithm and its quirks: an odd number of `$` before `{` starts an
/// expression, an even number escapes it; an unclosed one is literal; a second escaped quote ends a quoted text.
enum ExpressionRanges {
  /// The ranges of expressions: from the last `$` to the closing brace.
  static func expressions(in source: PlacedText) -> [Range<Int>] { scan(source, escaped: false) }

  /// The ranges of escaped expressions (`$${…}`): from the first `$` to the closing brace.
  static func escaped(in source: PlacedText) -> [Range<Int>] { scan(source, escaped: true) }

  private static func scan(_ source: PlacedText, escaped: Bool) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var last: Unicode.Scalar = "\0"
    var depth = 0
    var start: Int?
    var dollars = 0
    var backslashes = 0
    var position = 0
    while position < source.count {
      let scalar = source[position]
      if start != nil, scalar == "'" || scalar == "\"", last != "\\" || backslashes.isMultiple(of: 2) {
        guard let end = endOfQuote(in: source, from: position) else { return ranges }
        position = end + 1
        continue
      }
      switch scalar {
      case "{":
        if dollars.isMultiple(of: 2) == escaped, last == "$", depth == 0 {
          let run = source.scalars[..<position].reversed().prefix { $0 == "$" }.count
          start = position - (escaped ? run : 1)
        }
        if start != nil { depth += 1 }
      case "}":
        if depth > 0 {
          depth -= 1
          if depth == 0, let begin = start {
            ranges.append(begin..<(position + 1))
            start = nil
          }
        } else {
          // NiFi does not update its last character here.
          position += 1
          continue
        }
      case "$": dollars += 1
      case "\\": backslashes += 1
      default: dollars = 0
      }
      last = scalar
      position += 1
    }
    return ranges
  }

  private static func endOfQuote(in source: PlacedText, from start: Int) -> Int? {
    let quote = source[start]
    var backslashes = 0
    var last: Unicode.Scalar = "\0"
    for position in (start + 1)..<max(source.count, start + 1) {
      let scalar = source[position]
      if scalar == "\\" {
        backslashes += 1
      } else if scalar == quote, backslashes.isMultiple(of: 2) || last != "\\" {
        return position
      }
      last = scalar
    }
    return nil
  }
}
