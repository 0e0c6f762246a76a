import Foundation

/// A regular expression in Java's syntax, run by ICU (`NSRegularExpression`).
///
/// ``JavaPatternTranslator`` rewrites constructs that Java and ICU interpret differently; the remaining differences are
/// documented on the page `Expressions`. Shared by the Expression Language and the processors of text.
package struct JavaPattern: Sendable {
  /// As written.
  package let text: String
  private let search: NSRegularExpression
  private let whole: NSRegularExpression

  /// Throws if the text is not a regular expression.
  package init(_ pattern: String) throws(PatternProblem) {
    text = pattern
    let translated = JavaPatternTranslator.translate(pattern)
    do {
      search = try NSRegularExpression(pattern: translated)
      // The line break ends a comment that `(?x)` may have left open.
      let closing =
        translated.contains("(?") && translated.contains("#") && translated.contains("x") ? "\n)\\z" : ")\\z"
      whole = try NSRegularExpression(pattern: "\\A(?:" + translated + closing)
    } catch {
      throw PatternProblem("it is not a regular expression")
    }
  }

  /// The number of capture groups, not counting the whole match.
  package var groupCount: Int { search.numberOfCaptureGroups }

  /// Whether it matches the whole text.
  package func matches(_ text: String) -> Bool {
    whole.firstMatch(in: text, range: JavaPattern.range(of: text)) != nil
  }

  /// Whether it matches any part of the text.
  package func finds(in text: String) -> Bool {
    search.firstMatch(in: text, range: JavaPattern.range(of: text)) != nil
  }

  /// The matches, from left to right.
  package func matches(in text: String, onlyFirst: Bool = false) -> [Match] {
    let range = JavaPattern.range(of: text)
    if onlyFirst { return search.firstMatch(in: text, range: range).map { [Match(result: $0)] } ?? [] }
    return search.matches(in: text, range: range).map(Match.init)
  }

  /// A match. Ranges count UTF-16 units.
  package struct Match {
    fileprivate let result: NSTextCheckingResult

    package var range: Range<Int> { result.range.lowerBound..<result.range.upperBound }

    /// The range of a group; nil if the group did not participate.
    package func group(_ number: Int) -> Range<Int>? { valid(result.range(at: number)) }

    package func group(named name: String) -> Range<Int>? { valid(result.range(withName: name)) }

    private func valid(_ range: NSRange) -> Range<Int>? {
      range.location == NSNotFound ? nil : range.lowerBound..<range.upperBound
    }
  }

  /// A pattern that matches exactly the text, like `Pattern.quote`.
  package static func quoted(_ text: String) -> String {
    var result = "\\Q"
    var rest = text[...]
    while let end = rest.range(of: "\\E") {
      result += rest[..<end.lowerBound] + "\\E\\\\E\\Q"
      rest = rest[end.upperBound...]
    }
    return result + rest + "\\E"
  }

  /// The names of its named groups, in order.
  package var groupNames: [String] {
    var names: [String] = []
    var isInClass = false
    var position = text.startIndex
    while position < text.endIndex {
      switch text[position] {
      case "\\": position = text.index(position, offsetBy: 1, limitedBy: text.endIndex) ?? text.endIndex
      case "[": isInClass = true
      case "]": isInClass = false
      case "(" where !isInClass:
        let rest = text[position...]
        if rest.hasPrefix("(?<"), !rest.hasPrefix("(?<="), !rest.hasPrefix("(?<!"), let end = rest.firstIndex(of: ">") {
          names.append(String(rest[rest.index(rest.startIndex, offsetBy: 3)..<end]))
        }
      default: break
      }
      if position < text.endIndex { position = text.index(after: position) }
    }
    return names
  }

  private static func range(of text: String) -> NSRange { NSRange(location: 0, length: text.utf16.count) }
}

/// Why a text is no regular expression, or no replacement for one: a clause, such as `it is not a regular expression`.
package struct PatternProblem: Error, Sendable, Equatable {
  package let message: String

  package init(_ message: String) { self.message = message }
}
