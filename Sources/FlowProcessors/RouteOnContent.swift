import FlowCore
import FlowPatterns

/// Routes by what regular expressions find in the content, as NiFi's RouteOnContent.
///
/// A FlowFile goes to the relationship of every rule that matches, with clones after the first.
///
///     - name: sort by device
///       type: RouteOnContent
///       properties: { match_requirement: content_must_contain_match, rules: { watch: "device=(watch|band)", phone: "device=phone" } }
///       to: { watch: look for duplicates, phone: drop, unmatched: drop }
package struct RouteOnContent: Processor {
  enum MatchRequirement: String, CaseIterable, Sendable {
    case whole = "content_must_match_exactly"
    case part = "content_must_contain_match"
  }

  static let rules = Property<[NamedValue<any AttributeExpression>]>.required(
    "rules", .map(of: .expression), "The regular expression for each relationship name; what `${…}` gives is literal in it.")
  static let requirement = Property<MatchRequirement>(
    "match_requirement", .choice, default: "content_must_match_exactly", "Whether an expression has to match the whole content or may match a part of it.")
  static let size = Property<Int>("content_buffer_size", .byteSize, default: "1 MB", "How much of the content is read; the rest is not.")

  static let unmatched = Relationship("unmatched", "No expression matches.")
  static let failure = Relationship(
    Relationship.failureName, "The content cannot be read, what is read of it is not UTF-8 (`bad_data`), or a rule gives no regular expression, or one that takes too many steps for it.")

  package static let descriptor = ProcessorDescriptor(
    type: "RouteOnContent",
    summary: "Routes FlowFiles by regular expressions over their content.",
    differences: [
      "Content that is not UTF-8 fails; NiFi reads it with U+FFFD, so that a rule may miss what it looks for.",
      "A regular expression without regard to case (`(?i)`) takes all of Unicode for letters; NiFi ASCII alone, unless it has `(?u)`.",
    ],
    properties: [PropertyDescriptor(rules), PropertyDescriptor(requirement), PropertyDescriptor(size)],
    relationships: [unmatched, failure],
    relationshipsFromProperties: { values in values[rules].map { Relationship($0.name, "The expression '\($0.name)' matches.") } },
    writes: [AttributeDescriptor("RouteOnContent.Route", "The relationship taken.")],
    check: { neighbourhood in neighbourhood.values[rules].flatMap { $0.value.patternProblems(of: rules.name) } })

  private let rules: [(name: String, expression: PatternExpression)]
  private let requirement: MatchRequirement
  private let size: Int

  package init(_ configuration: ProcessorConfiguration) throws {
    rules = configuration[Self.rules].map { ($0.name, PatternExpression($0.value)) }
    requirement = configuration[Self.requirement]
    size = configuration[Self.size]
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    let bytes = try await flowFile.contentBytes(session)
    let matching: [(name: String, expression: PatternExpression)]
    do {
      let text = try UTF8Content.beginning(of: bytes, atMost: size)
      matching = try rules.filter { rule in
        let pattern = try rule.expression.pattern(for: flowFile)
        return try requirement == .whole ? pattern.isWhole(text) : pattern.isPart(of: text)
      }
    } catch let error as ProcessorError {
      return session.transfer(flowFile, to: Self.failure, because: error.failure)
    }
    for (index, route) in (matching.isEmpty ? [Self.unmatched.name] : matching.map(\.name)).enumerated() {
      var routed = index == 0 ? flowFile : session.create(childOf: flowFile)
      routed.content = flowFile.content
      routed["RouteOnContent.Route"] = route
      session.transfer(routed, to: route)
    }
  }
}
