import FlowCore
import FlowPatterns

/// Replaces text in the content, as NiFi's ReplaceText.
///
/// With `regex_replace`, `$1` in the replacement is the first group of the match; inside an expression it is an attribute, in quotes because of its
/// name. A number that is no group's is text, and `\` makes the next character literal. A `$` before anything but a digit makes the whole replacement
/// literal, with its `\` and `$1`, as in NiFi.
///
///     - name: hide identifiers
///       type: ReplaceText
///       properties: { search_value: "identifier: (.*)", replacement_value: "identifier: ${'$1':hash('SHA-256')}" }
///       to: { success: look for duplicates }
package struct ReplaceText: Processor {
  enum Strategy: String, CaseIterable, Sendable {
    case prepend, append, surround
    case regexReplace = "regex_replace"
    case literalReplace = "literal_replace"
    case alwaysReplace = "always_replace"
    case substituteVariables = "substitute_variables"

    var searches: Bool { self == .regexReplace || self == .literalReplace }
    /// The maximum size applies.
    var isLimited: Bool { searches || self == .substituteVariables }
  }
  enum Mode: String, CaseIterable, Sendable {
    case lineByLine = "line_by_line"
    case entireText = "entire_text"
  }

  static let strategy = Property<Strategy>(
    "replacement_strategy", .choice, default: "regex_replace",
    "`prepend`, `append` or `surround` the text; replace matches of a regular expression or a literal text, or everything; or put attributes for `${name}` in the content.")
  static let search = Property<any AttributeExpression>(
    "search_value", .expression, default: "(?s)(^.*$)", "What to replace, with `regex_replace` and `literal_replace`. `.*` replaces everything.")
  static let replacement = Property<any AttributeExpression>("replacement_value", .expression, default: "$1", "The text to insert; with `regex_replace` it may refer to groups.")
  static let before = Property<any AttributeExpression>("text_to_prepend", .expression, default: "", "The text before, with `surround`.")
  static let after = Property<any AttributeExpression>("text_to_append", .expression, default: "", "The text after, with `surround`.")
  static let size = Property<Int>(
    "maximum_buffer_size", .byteSize, default: "1 MB", "Largest content, or line, in which a search is made; a larger one fails.")
  static let mode = Property<Mode>("evaluation_mode", .choice, default: "line_by_line", "Whether each line is a text of its own, with its line ending.")
  static let lines = Property<TextReplacement.Lines>("line_by_line_evaluation_mode", .choice, default: "all", "The lines that are changed.")

  static let success = Relationship("success", "The text is replaced, or there was nothing to replace.")
  static let failure = Relationship(
    Relationship.failureName, "The content is too large, or is not UTF-8 and not replaced as a whole (`bad_data`), or an expression cannot be evaluated; the content is left unchanged.")

  package static let descriptor = ProcessorDescriptor(
    type: "ReplaceText",
    summary: "Replaces text in the content by regular expressions or literally, in each line or in the whole.",
    differences: [
      "A regular expression without regard to case (`(?i)`) takes all of Unicode for letters; NiFi ASCII alone, unless it has `(?u)`.",
    ],
    properties: [
      PropertyDescriptor(strategy), PropertyDescriptor(search), PropertyDescriptor(replacement), PropertyDescriptor(before), PropertyDescriptor(after),
      PropertyDescriptor(size), PropertyDescriptor(mode), PropertyDescriptor(lines),
    ],
    relationships: [success, failure],
    ownAttributes: { values in
      guard values[strategy] == .regexReplace else { return [] }
      return (0...groupCount(values[search])).map { "$\($0)" }
    },
    concurrency: 2,
    check: { neighbourhood in
      let values = neighbourhood.values
      switch values[strategy] {
      case .regexReplace where values[search].literal?.isEmpty == true, .literalReplace where values[search].literal?.isEmpty == true:
        return [Diagnostic(.unsuitableValue, property: search.name, found: "it is empty", expected: "the text to replace")]
      case .surround where values[before].literal?.isEmpty == true && values[after].literal?.isEmpty == true:
        return [Diagnostic(.conflictingProperties, property: strategy.name, found: "it is 'surround' without text", expected: "text_to_prepend, text_to_append")]
      case .regexReplace: return values[search].patternProblems(of: search.name)
      default: return []
      }
    })

  /// Of an expression nothing is known before it is evaluated.
  private static func groupCount(_ search: any AttributeExpression) -> Int {
    guard let literal = search.literal else { return 99 }
    do { return try JavaPattern(literal).groupCount } catch { return 0 }
  }

  private let strategy: Strategy
  private let search: any AttributeExpression
  private let pattern: PatternExpression
  private let replacement: any AttributeExpression
  private let before: any AttributeExpression
  private let after: any AttributeExpression
  private let size: Int
  private let mode: Mode
  private let lines: TextReplacement.Lines
  /// The replacement must be evaluated for each match.
  private let seesGroups: Bool

  package init(_ configuration: ProcessorConfiguration) throws {
    let given = configuration[Self.strategy]
    search = configuration[Self.search]
    // NiFi's rule: this pattern would also match the empty text behind each line.
    strategy = given == .regexReplace && search.literal == ".*" ? .alwaysReplace : given
    pattern = PatternExpression(search)
    replacement = configuration[Self.replacement]
    before = configuration[Self.before]
    after = configuration[Self.after]
    size = configuration[Self.size]
    mode = configuration[Self.mode]
    lines = configuration[Self.lines]
    seesGroups = replacement.attributeNames.contains { $0.first == "$" && Int($0.dropFirst()) != nil }
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    let bytes = try await flowFile.contentBytes(session)
    var replaced = flowFile
    do {
      replaced.content = Content(bytes: try changed(bytes, of: flowFile))
    } catch let error as ProcessorError {
      return session.transfer(flowFile, to: Self.failure, because: error.failure)
    }
    session.transfer(replaced, to: Self.success)
  }

  private func changed(_ bytes: [UInt8], of flowFile: FlowFile) throws -> [UInt8] {
    let change = try change(for: flowFile)
    guard mode == .lineByLine else {
      try check(bytes.count, "the content")
      return try change(bytes, TextLine(range: 0..<bytes.count, endingLength: 0))
    }
    return try TextReplacement.changed(bytes, lines) { line in
      try check(line.range.count, "a line")
      return try change(Array(bytes[line.range]), TextLine(range: 0..<line.range.count, endingLength: line.endingLength))
    }
  }

  private func check(_ count: Int, _ what: String) throws(ProcessorError) {
    guard strategy.isLimited, count > size else { return }
    throw ProcessorError(.badData, "\(what) has \(count) bytes; expected at most \(size) (maximum_buffer_size)")
  }

  /// What is done with a text and its line ending.
  private func change(for flowFile: FlowFile) throws -> (_ text: [UInt8], _ line: TextLine) throws -> [UInt8] {
    switch strategy {
    case .prepend, .append, .alwaysReplace:
      let value = Array(try replacement.evaluate(flowFile).utf8)
      if strategy == .prepend { return { text, _ in value + text } }
      if strategy == .append { return { text, line in text[line.text] + value + text[line.text.upperBound...] } }
      return { text, line in value + text[line.text.upperBound...] }
    case .surround:
      let (before, after) = (Array(try before.evaluate(flowFile).utf8), Array(try after.evaluate(flowFile).utf8))
      return { text, line in before + text[line.text] + after + text[line.text.upperBound...] }
    case .literalReplace:
      let (search, value) = (Array(try search.evaluate(flowFile).utf8), Array(try replacement.evaluate(flowFile).utf8))
      guard !search.isEmpty else { throw ProcessorError(.expression, "search_value is empty; expected the text to replace") }
      return { text, _ in TextReplacement.replacing(search, with: value, in: text) }
    case .substituteVariables:
      return { [size] text, _ in
        var substitution = VariableSubstitution(flowFile.attributes, limitBytes: size)
        return Array(try substitution.text(try UTF8Content.text(text)).utf8)
      }
    case .regexReplace:
      let pattern = try pattern.pattern(for: flowFile)
      let constant = seesGroups ? nil : try template(flowFile, pattern)
      let forgetsText = constant?.usesMatch == false && pattern.matchesAnyText
      return { bytes, _ in
        // What does not depend on the text is the same for any other, so that bytes which are no text do not matter.
        let text = forgetsText && !bytes.isEmpty ? "x" : try UTF8Content.text(bytes)
        return Array(try TextReplacement.replacing(pattern, in: text) { match, units in
          try (constant ?? template(withGroups(of: match, pattern, units, flowFile), pattern)).text(for: match, in: units)
        }.utf8)
      }
    }
  }

  private func template(_ flowFile: FlowFile, _ pattern: JavaPattern) throws -> Replacement {
    let text = try replacement.evaluate(flowFile, decorating: Replacement.quoted)
    // Values of attributes are quoted, which is undone where the whole is literal.
    if Replacement.isLiteral(text, skipsQuoted: replacement.literal == nil) { return Replacement(literal: try replacement.evaluate(flowFile)) }
    return Replacement(orText: text, groupCount: pattern.groupCount)
  }

  /// A copy with the groups of a match as attributes.
  private func withGroups(of match: JavaPattern.Match, _ pattern: JavaPattern, _ units: [UInt16], _ flowFile: FlowFile) -> FlowFile {
    var seen = flowFile
    for number in 0...pattern.groupCount {
      seen["$\(number)"] = (number == 0 ? match.range : match.group(number)).map { String(decoding: units[$0], as: UTF16.self) }
    }
    return seen
  }
}
