import Foundation

/// A regular expression in Java's syntax, served by ICU (`NSRegularExpression`).
///
/// What Java and ICU mean differently is translated by ``JavaPatternTranslator``; what remains different is on the page
/// `Expressions`.
struct JavaPattern: Sendable {
  private let search: NSRegularExpression
  private let whole: NSRegularExpression

  /// - Throws: when the text is no regular expression.
  init(_ pattern: String) throws(Mismatch) {
    let translated = JavaPatternTranslator.translate(pattern)
    do {
      search = try NSRegularExpression(pattern: translated)
      // The line end closes a comment that `(?x)` may have left open.
      let closing =
        translated.contains("(?") && translated.contains("#") && translated.contains("x") ? "\n)\\z" : ")\\z"
      whole = try NSRegularExpression(pattern: "\\A(?:" + translated + closing)
    } catch {
      throw Mismatch(expected: "a regular expression")
    }
  }

  /// The number of its groups, without the whole match.
  var groupCount: Int { search.numberOfCaptureGroups }

  /// Whether it fits all of the text.
  func matches(_ text: String) -> Bool {
    whole.firstMatch(in: text, range: JavaPattern.range(of: text)) != nil
  }

  /// Whether it fits some part of the text.
  func finds(in text: String) -> Bool {
    search.firstMatch(in: text, range: JavaPattern.range(of: text)) != nil
  }

  /// Where it fits, from left to right.
  func matches(in text: String, onlyFirst: Bool = false) -> [Match] {
    let range = JavaPattern.range(of: text)
    if onlyFirst { return search.firstMatch(in: text, range: range).map { [Match(result: $0)] } ?? [] }
    return search.matches(in: text, range: range).map(Match.init)
  }

  /// One place where the pattern fits. Ranges count UTF-16 units.
  struct Match {
    fileprivate let result: NSTextCheckingResult

    var range: Range<Int> { result.range.lowerBound..<result.range.upperBound }

    /// Where a group fits, `nil` when it took no part.
    func group(_ number: Int) -> Range<Int>? { valid(result.range(at: number)) }

    func group(named name: String) -> Range<Int>? { valid(result.range(withName: name)) }

    private func valid(_ range: NSRange) -> Range<Int>? {
      range.location == NSNotFound ? nil : range.lowerBound..<range.upperBound
    }
  }

  private static func range(of text: String) -> NSRange { NSRange(location: 0, length: text.utf16.count) }
}
