import FlowCore

/// A text with `#{parameter}` references, parsed.
///
/// `##{x}` is the text `#{x}`, `###{x}` is `#` followed by the value, and so on (NiFi's rule). A reference inside
/// `${…}` is left alone: it is part of the expression, whose compiler substitutes the value.
struct ParameterText {
  struct Reference {
    enum Place { case text, expression, quotedInExpression }
    var name: String
    /// From its `#` up to and including its `}`.
    var range: Range<Int>
    var place: Place
  }
  /// A malformed reference.
  struct Mistake {
    var finding: Diagnostic
    var offset: Int
  }

  private(set) var references: [Reference] = []
  private(set) var mistakes: [Mistake] = []
  /// Offset of the first unclosed `${`.
  private(set) var unclosedExpression: Int?
  /// Offsets of braces behind `$` that a scan to the end of the text has found open: another one would find the same.
  private var unclosedBraces: Set<Int> = []
  /// Offsets of escape characters, which are not part of the result.
  private var dropped: Set<Int> = []
  private let characters: [Unicode.Scalar]

  init(_ text: String) {
    characters = Array(text.unicodeScalars)
    var offset = 0
    while offset < characters.count {
      switch characters[offset] {
      case "#": offset = parameter(at: offset)
      case "$": offset = expression(at: offset)
      default: offset += 1
      }
    }
  }

  /// The text with values substituted. For each of its characters, and one past the last, `origins` has the offset in
  /// the text as written.
  func filled(_ value: (String) -> String?) -> (text: String, origins: [Int]) {
    var filled = String.UnicodeScalarView()
    var origins: [Int] = []
    var offset = 0
    var waiting = references.filter { $0.place == .text }[...]
    while offset < characters.count {
      if let reference = waiting.first, reference.range.lowerBound == offset {
        for scalar in (value(reference.name) ?? "").unicodeScalars {
          filled.append(scalar)
          origins.append(offset)
        }
        waiting = waiting.dropFirst()
        offset = reference.range.upperBound
      } else {
        if !dropped.contains(offset) {
          filled.append(characters[offset])
          origins.append(offset)
        }
        offset += 1
      }
    }
    return (String(filled), origins + [characters.count])
  }

  /// The parameter, if the text consists of a single reference.
  var onlyReference: String? {
    guard references.count == 1, references[0].range == 0..<characters.count else { return nil }
    return references[0].place == .text ? references[0].name : nil
  }

  /// Nothing to substitute and no escapes.
  var isPlain: Bool { references.allSatisfy { $0.place != .text } && dropped.isEmpty }

  /// A reference at the start of what YAML reads as a comment: `#{database}`.
  static func unquotedReference(at text: ArraySlice<Unicode.Scalar>) -> String? {
    let signs = text.prefix { $0 == "#" }
    guard !signs.isEmpty, text.dropFirst(signs.count).first == "{", let close = text.firstIndex(of: "}") else {
      return nil
    }
    let name = String(String.UnicodeScalarView(text[(signs.endIndex + 1)..<close]))
    return isName(name) ? String(String.UnicodeScalarView(text[...close])) : nil
  }

  /// Letters, digits, spaces, `.`, `_` and `-`, as in NiFi; no space at either end.
  static func isName(_ name: String) -> Bool {
    !name.isEmpty && name.first != " " && name.last != " "
      && name.utf8.allSatisfy(isPart)
  }
  /// Whether a name may have the character.
  private static func isPart(_ scalar: Unicode.Scalar) -> Bool { scalar.isASCII && isPart(UInt8(scalar.value)) }
  private static func isPart(_ byte: UInt8) -> Bool { byte == 32 || byte == 45 || byte == 46 || byte == 95 || isLetterOrDigit(byte) }
  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }

  // MARK: Scanning

  /// Parses from a `#` outside of expressions; returns the next offset.
  private mutating func parameter(at start: Int) -> Int {
    let brace = runEnd(from: start)
    guard brace < characters.count, characters[brace] == "{" else { return brace }
    let count = brace - start
    for pair in 0..<(count / 2) { dropped.insert(start + 2 * pair) }
    guard count % 2 == 1 else { return brace + 1 }
    guard let close = characters[brace...].firstIndex(of: "}") else {
      mistakes.append(Mistake(finding: .referenceNotClosed, offset: brace - 1))
      return characters.count
    }
    let name = text((brace + 1)..<close)
    if ParameterText.isName(name) {
      references.append(Reference(name: name, range: (brace - 1)..<(close + 1), place: .text))
    } else {
      mistakes.append(Mistake(finding: .noParameterName(name), offset: brace - 1))
    }
    return close + 1
  }

  /// Parses from a `$` outside of expressions: skips a whole `${…}` and records the references in it. An unclosed one
  /// is text.
  private mutating func expression(at start: Int) -> Int {
    let brace = runEnd(from: start)
    guard brace < characters.count, characters[brace] == "{", (brace - start) % 2 == 1 else { return brace }
    guard !unclosedBraces.contains(brace) else { return brace + 1 }
    var open = [brace]
    var quote: Unicode.Scalar?
    var offset = brace + 1
    let before = references.count
    while offset < characters.count, !open.isEmpty {
      let character = characters[offset]
      if character == "#" {
        offset = reference(at: offset, isQuoted: quote != nil)
        continue
      }
      if let end = quote {
        if character == "\\" { offset += 1 } else if character == end { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character == "{" {
        open.append(offset)
      } else if character == "}" {
        open.removeLast()
      }
      offset += 1
    }
    guard open.isEmpty else {
      unclosedBraces.formUnion(open)
      references.removeSubrange(before...)
      unclosedExpression = unclosedExpression ?? brace - 1
      return brace + 1
    }
    return offset
  }

  /// Parses from a `#` inside an expression; the expression compiler reports malformed references.
  private mutating func reference(at start: Int, isQuoted: Bool) -> Int {
    let brace = runEnd(from: start)
    guard brace < characters.count, characters[brace] == "{", (brace - start) % 2 == 1 else { return brace }
    // A name ends at the first character that it cannot have: the next reference, if not before.
    guard let close = characters[(brace + 1)...].firstIndex(where: { !ParameterText.isPart($0) }), characters[close] == "}" else { return brace }
    let name = text((brace + 1)..<close)
    guard ParameterText.isName(name) else { return brace }
    references.append(
      Reference(name: name, range: (brace - 1)..<(close + 1), place: isQuoted ? .quotedInExpression : .expression))
    return close + 1
  }

  /// The end of a run of the same character.
  private func runEnd(from start: Int) -> Int {
    var end = start
    while end < characters.count, characters[end] == characters[start] { end += 1 }
    return end
  }

  private func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(characters[range])) }
}
