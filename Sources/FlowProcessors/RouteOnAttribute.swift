import FlowCore

/// Routes by conditions over attributes.
package struct RouteOnAttribute: Processor {
  enum Strategy: String, CaseIterable, Sendable {
    /// To the relationship of every rule that is true, with clones after the first (NiFi's default).
    case each
    /// To `matched` if all rules are true.
    case all
    /// To `matched` if any rule is true.
    case any
  }
  static let rules = Property<[NamedValue<any AttributeExpression>]>.required("rules", .map(of: .expression), "The condition for each relationship name, such as `${data_type:equals('intraday-steps')}`.")
  static let strategy = Property<Strategy>("strategy", .choice, default: "each", "`each`: to the relationship of every true rule; `all` or `any`: to `matched`.")

  static let unmatched = Relationship("unmatched", "No rule is true (with `all`: not every rule).", turn: .decided(by: []))
  static let matched = Relationship("matched", "With strategy `all` or `any`: the rules are satisfied.")

  package static let descriptor = ProcessorDescriptor(
    type: "RouteOnAttribute",
    summary: "Routes FlowFiles by conditions over their attributes.",
    properties: [PropertyDescriptor(rules), PropertyDescriptor(strategy)],
    relationships: [unmatched, Relationship(Relationship.failureName, "A condition cannot be evaluated.")],
    relationshipsFromProperties: { values in
      guard values[strategy] == .each else {
        return [Relationship(matched.name, matched.documentation, turn: .decided(by: attributes(of: values[rules])))]
      }
      return values[rules].map {
        Relationship($0.name, "The rule '\($0.name)' is true.", turn: .decided(by: attributes(of: [$0])))
      }
    },
    writes: [AttributeDescriptor("RouteOnAttribute.Route", "The relationship taken.")])

  /// The attributes on which the conditions depend; nil if they depend on anything else, such as the time.
  private static func attributes(of rules: [NamedValue<any AttributeExpression>]) -> Set<String>? {
    let isKnown = rules.allSatisfy { $0.value.literal != nil || !$0.value.attributeNames.isEmpty }
    return isKnown ? Set(rules.flatMap(\.value.attributeNames)) : nil
  }

  private let rules: [NamedValue<any AttributeExpression>]
  private let strategy: Strategy

  package init(_ configuration: ProcessorConfiguration) throws {
    rules = configuration[Self.rules]
    strategy = configuration[Self.strategy]
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    let routes = try routes(of: flowFile)
    for (index, route) in routes.enumerated() {
      var routed = index == 0 ? flowFile : session.create(childOf: flowFile)
      routed.content = flowFile.content
      routed["RouteOnAttribute.Route"] = route
      session.transfer(routed, to: route)
    }
  }

  private func routes(of flowFile: FlowFile) throws -> [String] {
    let matching = try rules.filter { try $0.value.isTrue(for: flowFile) }
    let isMatched = strategy == .all ? matching.count == rules.count : !matching.isEmpty
    guard isMatched else { return [Self.unmatched.name] }
    return strategy == .each ? matching.map(\.name) : [Self.matched.name]
  }
}
