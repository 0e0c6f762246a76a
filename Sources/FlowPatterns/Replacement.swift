/// A replacement in Java's syntax: `$1` and `${name}` insert groups, `\` makes the next character literal.
package struct Replacement: Sendable {
  private enum Part: Sendable {
    case text(String)
    case number(Int)
    case name(String)
  }

  private var parts: [Part] = []

  /// Throws for a reference to a group that does not exist, and for a lone `$` or `\`.
  /// - Parameter groupCount: determines how many digits of `$12` belong to the group number.
  package init(_ text: String, groupCount: Int) throws(PatternProblem) {
    let scalars = Array(text.unicodeScalars)
    var position = 0
    var literal = String.UnicodeScalarView()
    while position < scalars.count {
      switch scalars[position] {
      case "\\":
        guard position + 1 < scalars.count else { throw PatternProblem("the replacement ends with a lone '\\'") }
        literal.append(scalars[position + 1])
        position += 2
      case "$":
        if !literal.isEmpty { parts.append(.text(String(literal))) }
        literal = String.UnicodeScalarView()
        parts.append(try Replacement.reference(scalars, &position, groupCount))
      default:
        literal.append(scalars[position])
        position += 1
      }
    }
    if !literal.isEmpty { parts.append(.text(String(literal))) }
  }

  /// Exactly the text.
  package init(literal text: String) { parts = text.isEmpty ? [] : [.text(text)] }

  /// Whether NiFi's ReplaceText takes the whole replacement literally: a `$` stands before something other than a digit.
  /// - Parameter skipsQuoted: whether a `$` behind a `\` does not count, because it comes from a value that was quoted.
  package static func isLiteral(_ text: String, skipsQuoted: Bool) -> Bool {
    let scalars = Array(text.unicodeScalars)
    var position = 0
    while position < scalars.count {
      if skipsQuoted, scalars[position] == "\\" {
        position += 2
        continue
      }
      if scalars[position] == "$", position + 1 < scalars.count, digit(scalars, position + 1) == nil { return true }
      position += 1
    }
    return false
  }

  /// The same as NiFi's ReplaceText reads it: what is no reference to a group that exists is text; names are not read.
  package init(orText text: String, groupCount: Int) {
    let scalars = Array(text.unicodeScalars)
    var position = 0
    var literal = String.UnicodeScalarView()
    while position < scalars.count {
      let next = position + 1 < scalars.count ? scalars[position + 1] : nil
      if scalars[position] == "\\", let next {
        literal.append(next)
        position += 2
      } else if scalars[position] == "$", let digit = Replacement.digit(scalars, position + 1), digit <= groupCount {
        if !literal.isEmpty { parts.append(.text(String(literal))) }
        literal = String.UnicodeScalarView()
        var number = digit
        position += 2
        while let next = Replacement.digit(scalars, position), number * 10 + next <= groupCount {
          number = number * 10 + next
          position += 1
        }
        parts.append(.number(number))
      } else {
        literal.append(scalars[position])
        position += 1
      }
    }
    if !literal.isEmpty { parts.append(.text(String(literal))) }
  }

  /// A replacement that inserts exactly the text, like `Matcher.quoteReplacement`.
  package static func quoted(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      if character == "\\" || character == "$" { result.unicodeScalars.append("\\") }
      result.unicodeScalars.append(character)
    }
    return result
  }

  private static func reference(
    _ scalars: [Unicode.Scalar], _ position: inout Int, _ groupCount: Int
  ) throws(PatternProblem) -> Part {
    position += 1
    guard position < scalars.count else { throw PatternProblem("the replacement ends with '$' without a group") }
    if scalars[position] == "{" {
      guard let end = scalars[position...].firstIndex(of: "}") else {
        throw PatternProblem("the replacement has '${' without '}'")
      }
      defer { position = end + 1 }
      return .name(String(String.UnicodeScalarView(scalars[(position + 1)..<end])))
    }
    guard let first = digit(scalars, position) else {
      throw PatternProblem("the replacement has '$' without the number of a group")
    }
    var number = first
    position += 1
    guard number <= groupCount else { throw PatternProblem("the replacement names group \(number) of \(groupCount)") }
    while let next = digit(scalars, position), number * 10 + next <= groupCount {
      number = number * 10 + next
      position += 1
    }
    return .number(number)
  }

  private static func digit(_ scalars: [Unicode.Scalar], _ position: Int) -> Int? {
    guard position < scalars.count, ("0"..."9").contains(scalars[position]) else { return nil }
    return Int(scalars[position].value - 48)
  }

  /// Whether something of a match is inserted.
  package var usesMatch: Bool { parts.contains { if case .text = $0 { false } else { true } } }

  /// The replacement of one match.
  package func text(for match: JavaPattern.Match, in units: [UInt16]) -> [UInt16] {
    var result: [UInt16] = []
    for part in parts {
      switch part {
      case .text(let text): result += text.utf16
      case .number(0): result += units[match.range]
      case .number(let number): if let range = match.group(number) { result += units[range] }
      case .name(let name): if let range = match.group(named: name) { result += units[range] }
      }
    }
    return result
  }

  /// The text with its matches replaced.
  package static func replace(
    _ pattern: JavaPattern, in text: String, with replacement: String, onlyFirst: Bool = false
  ) throws(PatternProblem) -> String {
    let matches = try pattern.matches(in: text, onlyFirst: onlyFirst)
    // Without a match, Java does not parse the replacement.
    guard !matches.isEmpty else { return text }
    let template = try Replacement(replacement, groupCount: pattern.groupCount)
    let units = Array(text.utf16)
    var result: [UInt16] = []
    var position = 0
    for match in matches {
      result += units[position..<match.range.lowerBound]
      result += template.text(for: match, in: units)
      position = match.range.upperBound
    }
    result += units[position...]
    return String(decoding: result, as: UTF16.self)
  }
}
