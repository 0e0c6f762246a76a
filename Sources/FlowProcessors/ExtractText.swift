import FlowCore
import FlowPatterns

/// Sets attributes from what regular expressions find in the content, as NiFi's ExtractText.
///
/// For an attribute `name`: `name` and `name.1` are the first group, `name.2` the second, `name.0` the whole match. A group that did not take part
/// or is empty sets none.
///
///     - name: read header
///       type: ExtractText
///       properties: { attributes: { device: "device=(\\w+)", version: "version=(\\d+)\\.(\\d+)" } }
///       to: { matched: look for duplicates, unmatched: drop }
package struct ExtractText: Processor {
  static let attributes = Property<[NamedValue<String>]>.required("attributes", .map(of: .text), "The regular expression for each attribute.")
  static let size = Property<Int>("maximum_buffer_size", .byteSize, default: "1 MB", "How much of the content is searched; the rest is not.")
  static let length = Property<Int>("maximum_capture_group_length", .integer(1...Int.max), default: "1024", "Longer values are cut, in UTF-16 units.")
  static let ignoresCase = Property<Bool>("enable_case_insensitive_matching", .boolean, default: "false", "As the flag `(?i)`.")
  static let allowsComments = Property<Bool>("permit_whitespace_and_comments_in_pattern", .boolean, default: "false", "As the flag `(?x)`.")
  static let dotMatchesAll = Property<Bool>("enable_dotall_mode", .boolean, default: "false", "Whether `.` also matches line endings, as the flag `(?s)`.")
  static let isLiteral = Property<Bool>("enable_literal_parsing_of_the_pattern", .boolean, default: "false", "Whether the patterns are literal texts.")
  static let isMultiline = Property<Bool>(
    "enable_multiline_mode", .boolean, default: "false", "Whether `^` and `$` also match at line endings, as the flag `(?m)`.")
  static let includesWhole = Property<Bool>("include_capture_group_0", .boolean, default: "true", "Whether the whole match is an attribute, `name.0`.")
  static let repeats = Property<Bool>(
    "enable_repeating_capture_group", .boolean, default: "false", "Whether every match counts, with the numbers going on; otherwise the first.")
  static let usesNames = Property<Bool>(
    "enable_named_group_support", .boolean, default: "false",
    "Whether attributes have the groups' names, `name.group`, with the number of the match behind from the second on. All groups must be named.")

  static let matched = Relationship("matched", "At least one attribute is set.")
  static let unmatched = Relationship("unmatched", "No expression found anything.")
  static let failure = Relationship(Relationship.failureName, "The content cannot be read, or what is searched of it is not UTF-8 (`bad_data`).")

  package static let descriptor = ProcessorDescriptor(
    type: "ExtractText",
    summary: "Sets attributes from what regular expressions find in the content.",
    differences: [
      "Content that is not UTF-8 fails; NiFi puts U+FFFD into the values.",
      "A regular expression without regard to case (`(?i)`) takes all of Unicode for letters; NiFi ASCII alone, unless it has `(?u)`.",
    ],
    properties: [
      PropertyDescriptor(attributes), PropertyDescriptor(size), PropertyDescriptor(length), PropertyDescriptor(ignoresCase),
      PropertyDescriptor(allowsComments), PropertyDescriptor(dotMatchesAll), PropertyDescriptor(isLiteral), PropertyDescriptor(isMultiline),
      PropertyDescriptor(includesWhole), PropertyDescriptor(repeats), PropertyDescriptor(usesNames),
    ],
    relationships: [matched, unmatched, failure],
    writesFromProperties: { values in values[attributes].flatMap { writtenNames($0, values) } },
    concurrency: 2,
    check: { neighbourhood in neighbourhood.values[attributes].flatMap { problems($0, neighbourhood.values) } })

  /// A pattern with the flags of the properties.
  private static func pattern(_ text: String, _ values: PropertyValues) throws(PatternProblem) -> JavaPattern {
    if values[isLiteral] { return try JavaPattern((values[ignoresCase] ? "(?i)" : "") + JavaPattern.quoted(text)) }
    let flags = [(ignoresCase, "i"), (allowsComments, "x"), (dotMatchesAll, "s"), (isMultiline, "m")].filter { values[$0.0] }.map(\.1).joined()
    return try JavaPattern(flags.isEmpty ? text : "(?\(flags))" + text)
  }

  /// The attributes of the first match, and of further ones as far as anybody names them.
  private static func writtenNames(_ attribute: NamedValue<String>, _ values: PropertyValues) -> [String] {
    let pattern: JavaPattern
    do { pattern = try Self.pattern(attribute.value, values) } catch { return [attribute.name] }
    let matchCount = values[repeats] ? nameableMatches : 1
    if values[usesNames] {
      let names = pattern.groupNames.map { "\(attribute.name).\($0)" }
      return [attribute.name] + names + (1..<max(2, matchCount)).flatMap { number in names.map { "\($0).\(number)" } }
    }
    return [attribute.name] + (0...max(1, pattern.groupCount) * matchCount).map { "\(attribute.name).\($0)" }
  }
  private static let nameableMatches = 100

  private static func problems(_ attribute: NamedValue<String>, _ values: PropertyValues) -> [Diagnostic] {
    let property = attributes.name
    do {
      let pattern = try Self.pattern(attribute.value, values)
      if values[usesNames], pattern.groupNames.count != pattern.groupCount {
        return [Diagnostic(
          .conflictingProperties, property: property, found: "'\(attribute.name)': \(pattern.groupNames.count) of \(pattern.groupCount) groups are named",
          expected: "all of them, as (?<name>…), or enable_named_group_support: false")]
      }
      if !values[includesWhole], pattern.groupCount == 0 {
        return [Diagnostic(.conflictingProperties, property: property, found: "'\(attribute.name)': no group", expected: "at least one, or include_capture_group_0: true")]
      }
      return []
    } catch {
      return [Diagnostic(.unsuitableValue, property: property, found: "'\(attribute.name)': \(error.message): '\(attribute.value)'", expected: "a regular expression as in Java")]
    }
  }

  private let patterns: [(name: String, pattern: JavaPattern)]
  private let size: Int
  private let length: Int
  private let includesWhole: Bool
  private let repeats: Bool
  private let usesNames: Bool

  package init(_ configuration: ProcessorConfiguration) throws {
    do {
      patterns = try configuration[Self.attributes].map { ($0.name, try Self.pattern($0.value, configuration.values)) }
    } catch let problem as PatternProblem {
      throw Diagnostic(.unsuitableValue, property: Self.attributes.name, found: problem.message, expected: "a regular expression as in Java")
    }
    size = configuration[Self.size]
    length = configuration[Self.length]
    includesWhole = configuration[Self.includesWhole]
    repeats = configuration[Self.repeats]
    usesNames = configuration[Self.usesNames]
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    let text: String
    do {
      text = try UTF8Content.beginning(of: try await flowFile.contentBytes(session), atMost: size)
    } catch let error as ProcessorError where error.failure.cause == .badData {
      return session.transfer(flowFile, to: Self.failure, because: error.failure)
    }
    let units = Array(text.utf16)
    var found: [String: String] = [:]
    for (name, pattern) in patterns {
      let matches = try pattern.places(in: text, onlyFirst: !repeats)
      if usesNames { collectNamed(name, pattern, matches, units, &found) } else { collectNumbered(name, pattern, matches, units, &found) }
    }
    guard !found.isEmpty else { return session.transfer(flowFile, to: Self.unmatched) }
    var extracted = flowFile
    for (name, value) in found { extracted[name] = value }
    session.transfer(extracted, to: Self.matched)
  }

  private func collectNumbered(
    _ name: String, _ pattern: JavaPattern, _ matches: [JavaPattern.Match], _ units: [UInt16], _ found: inout [String: String]
  ) {
    for (index, match) in matches.enumerated() {
      let first = index == 0 && includesWhole ? 0 : 1
      for group in first..<max(first, pattern.groupCount + 1) {
        guard let value = value(of: group == 0 ? match.range : match.group(group), units) else { continue }
        found["\(name).\(group + index * pattern.groupCount)"] = value
        if group == 1 && index == 0 { found[name] = value }
      }
    }
  }

  private func collectNamed(
    _ name: String, _ pattern: JavaPattern, _ matches: [JavaPattern.Match], _ units: [UInt16], _ found: inout [String: String]
  ) {
    for (index, match) in matches.enumerated() {
      for group in pattern.groupNames {
        guard let value = value(of: match.group(named: group), units) else { continue }
        found["\(name).\(group)" + (index > 0 ? ".\(index)" : "")] = value
      }
      if includesWhole && index == 0 { found[name] = value(of: match.range, units) }
    }
  }

  /// nil: not there, or empty.
  private func value(of range: Range<Int>?, _ units: [UInt16]) -> String? {
    guard let range, !range.isEmpty else { return nil }
    return String(decoding: units[range].prefix(length), as: UTF16.self)
  }
}
