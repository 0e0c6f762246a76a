import FlowCore

/// The names that a processor may use, for one set of properties.
struct DeclaredNames: Sendable {
  let relationships: Set<String>
  let attributes: Set<String>
  let counters: Set<String>
  private let hasAnyAttribute: Bool

  /// - Parameter carried: attributes that FlowFiles have from elsewhere.
  init(_ descriptor: ProcessorDescriptor, _ values: PropertyValues, carried: Set<String> = []) {
    relationships = Set(descriptor.relationships(values).map(\.name))
    attributes = carried.union(descriptor.writes.map(\.name) + (descriptor.writesFromProperties?(values) ?? []))
    hasAnyAttribute = descriptor.writesAnyAttribute
    counters = Set(descriptor.counters.map(\.name))
  }

  /// Throws `Misuse` for the first undeclared name. Requeued FlowFiles are not checked, because their attributes are
  /// private to the processor.
  func check(_ session: ProcessSession) throws(ProcessSession.Misuse) {
    for case .transferred(let flowFile, let relationship) in session.dispositions {
      try check(relationship, relationships, "relationship")
      let before = origin(of: flowFile, session)?.attributes ?? [:]
      for (name, value) in flowFile.attributes where before[name] != value && !hasAnyAttribute { try check(name, attributes, "attribute") }
    }
    for name in session.counters.keys { try check(name, counters, "counter") }
    for name in session.countersAtOnce.keys { try check(name, counters, "counter") }
  }

  private func check(_ name: String, _ declared: Set<String>, _ what: String) throws(ProcessSession.Misuse) {
    guard !declared.contains(name) else { return }
    throw ProcessSession.Misuse(description: "\(what) '\(name)' is used but not declared by the processor")
  }

  /// The FlowFile as received, or its parent if the processor created it.
  private func origin(of flowFile: FlowFile, _ session: ProcessSession) -> FlowFile? {
    session.taken.first { $0.id == flowFile.id } ?? session.created.first { $0.flowFile.id == flowFile.id }?.parent
  }
}
