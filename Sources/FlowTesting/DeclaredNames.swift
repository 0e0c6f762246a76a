import FlowCore

/// The names by which a processor may speak, for one set of properties.
struct DeclaredNames: Sendable {
  let relationships: Set<String>
  let attributes: Set<String>
  let counters: Set<String>

  init(_ descriptor: ProcessorDescriptor, _ values: PropertyValues) {
    relationships = Set(descriptor.relationships(values).map(\.name))
    attributes = Set(descriptor.writes.map(\.name) + (descriptor.writesFromProperties?(values) ?? []))
    counters = Set(descriptor.counters.map(\.name))
  }

  /// Throws `Misuse` for the first name that is not declared. What is put back is the processor's own business: its marks are not looked at.
  func check(_ session: ProcessSession) throws(ProcessSession.Misuse) {
    for case .transferred(let flowFile, let relationship) in session.dispositions {
      try check(relationship, relationships, "relationship")
      let before = origin(of: flowFile, session)?.attributes ?? [:]
      for (name, value) in flowFile.attributes where before[name] != value { try check(name, attributes, "attribute") }
    }
    for name in session.counters.keys { try check(name, counters, "counter") }
    for name in session.countersAtOnce.keys { try check(name, counters, "counter") }
  }

  private func check(_ name: String, _ declared: Set<String>, _ what: String) throws(ProcessSession.Misuse) {
    guard !declared.contains(name) else { return }
    throw ProcessSession.Misuse(description: "\(what) '\(name)' is used, which the processor does not declare")
  }

  /// What the FlowFile was when it was taken, or the one that it was made from.
  private func origin(of flowFile: FlowFile, _ session: ProcessSession) -> FlowFile? {
    session.taken.first { $0.id == flowFile.id } ?? session.created.first { $0.flowFile.id == flowFile.id }?.parent
  }
}
