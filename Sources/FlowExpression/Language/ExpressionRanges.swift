/// Finds the `${…}` in a text, character by character as NiFi does, with its habits:
/// an odd number of `$` before `{` begins an expression, an even number escapes it; what never closes is literal;
/// a second escaped quote inside one quoted text ends it.
enum ExpressionRanges {
  /// The expressions: from the last `$` to the closing brace.
  static func expressions(in source: PlacedText) -> [Range<Int>] { scan(source, escaped: false) }

  /// The escaped expressions (`$${…}`): from the first `$` to the closing brace.
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
          // NiFi leaves its memory of the last character as it was.
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
