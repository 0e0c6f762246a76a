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
      whole = try Self.whole(translated)
    } catch {
      throw PatternProblem("it is not a regular expression")
    }
  }

  private static func whole(_ pattern: String) throws -> NSRegularExpression {
    do {
      return try NSRegularExpression(pattern: "\\A(?:" + pattern + ")\\z")
    } catch {
      // A comment that `(?x)` has left open takes the parenthesis with it; a line break ends it. Elsewhere that would be a character to match.
      return try NSRegularExpression(pattern: "\\A(?:" + pattern + "\n)\\z")
    }
  }

  /// The number of capture groups, not counting the whole match.
  package var groupCount: Int { search.numberOfCaptureGroups }

  /// Whether it matches the whole text. Throws if that takes too long, as the others do.
  package func matches(_ text: String) throws(PatternProblem) -> Bool { try !results(whole, text, onlyFirst: true).isEmpty }

  /// Whether it matches any part of the text.
  package func finds(in text: String) throws(PatternProblem) -> Bool { try !results(search, text, onlyFirst: true).isEmpty }

  /// The matches, from left to right.
  package func matches(in text: String, onlyFirst: Bool = false) throws(PatternProblem) -> [Match] {
    try results(search, text, onlyFirst: onlyFirst).map(Match.init)
  }

  /// ICU reports every place at which it looks for a match, and within a match about every 10,000 of its steps. So many more reports than a text has
  /// places take half a second: a pattern that backtracks without end would otherwise never return. After about 4,000 (measured) ICU gives a match up
  /// without a word, and goes on as if there was none; the limit lies below that, so that in texts of up to 2,000 characters this cannot happen unseen.
  /// In longer ones places and steps cannot be told apart.
  private static let longestReports = 2_000

  /// A search that ran out of ICU's stack must not pass for one that found nothing: `firstMatch` and `matches` of Foundation do not tell them apart.
  private func results(_ expression: NSRegularExpression, _ text: String, onlyFirst: Bool) throws(PatternProblem) -> [NSTextCheckingResult] {
    var found: [NSTextCheckingResult] = []
    var reports = 0, isTooMuch = false
    let mostReports = text.utf16.count + Self.longestReports
    expression.enumerateMatches(in: text, options: [.reportProgress, .reportCompletion], range: JavaPattern.range(of: text)) { result, flags, stop in
      if let result {
        found.append(result)
        stop.pointee = ObjCBool(onlyFirst)
        return
      }
      reports += 1
      isTooMuch = isTooMuch || flags.contains(.internalError) || reports > mostReports
      stop.pointee = ObjCBool(isTooMuch)
    }
    guard !isTooMuch else {
      let shown = self.text.count > 80 ? String(self.text.prefix(80)) + "…" : self.text
      throw PatternProblem("'\(shown)' takes too many steps for a text of \(text.utf16.count) characters; expected a simpler regular expression or a shorter text")
    }
    return found
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
