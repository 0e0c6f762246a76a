import Foundation

/// A regular expression in Java's syntax, run by ICU (`NSRegularExpression`).
///
/// ``JavaPatternTranslator`` rewrites constructs that Java and ICU interpret differently; the remaining differences are
/// documented on the page `Expressions`.
struct JavaPattern: Sendable {
  private let search: NSRegularExpression
  private let whole: NSRegularExpression

  /// - Throws: `ExpressionProblem` if the text is not a regular expression.
  init(_ pattern: String) throws(ExpressionProblem) {
    let translated = JavaPatternTranslator.translate(pattern)
    do {
      search = try NSRegularExpression(pattern: translated)
      // The line break ends a comment that `(?x)` may have left open.
      let closing =
        translated.contains("(?") && translated.contains("#") && translated.contains("x") ? "\n)\\z" : ")\\z"
      whole = try NSRegularExpression(pattern: "\\A(?:" + translated + closing)
    } catch {
      throw ExpressionProblem.unsuitable(expected: "a regular expression")
    }
  }

  /// The number of capture groups, not counting the whole match.
  var groupCount: Int { search.numberOfCaptureGroups }

  /// Whether it matches the whole text.
  func matches(_ text: String) -> Bool {
    whole.firstMatch(in: text, range: JavaPattern.range(of: text)) != nil
  }

  /// Whether it matches any part of the text.
  func finds(in text: String) -> Bool {
    search.firstMatch(in: text, range: JavaPattern.range(of: text)) != nil
  }

  /// The matches, from left to right.
  func matches(in text: String, onlyFirst: Bool = false) -> [Match] {
    let range = JavaPattern.range(of: text)
    if onlyFirst { return search.firstMatch(in: text, range: range).map { [Match(result: $0)] } ?? [] }
    return search.matches(in: text, range: range).map(Match.init)
  }

  /// A match. Ranges count UTF-16 units.
  struct Match {
    fileprivate let result: NSTextCheckingResult

    var range: Range<Int> { result.range.lowerBound..<result.range.upperBound }

    /// The range of a group; nil if the group did not participate.
    func group(_ number: Int) -> Range<Int>? { valid(result.range(at: number)) }

    func group(named name: String) -> Range<Int>? { valid(result.range(withName: name)) }

    private func valid(_ range: NSRange) -> Range<Int>? {
      range.location == NSNotFound ? nil : range.lowerBound..<range.upperBound
    }
  }

  private static func range(of text: String) -> NSRange { NSRange(location: 0, length: text.utf16.count) }
}
