/// A way out of a processor. Says what it means here.
package struct Relationship: Hashable, Sendable {
  package var name: String
  package var documentation: String

  package init(_ name: String, _ documentation: String) {
    self.name = name
    self.documentation = documentation
  }
  package static func == (left: Relationship, right: Relationship) -> Bool { left.name == right.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Relationship {
  /// Every processor that takes FlowFiles has it; unmapped, it leads to the error folder.
  package static let failureName = "failure"
}

/// An attribute that a processor reads or writes.
package struct AttributeDescriptor: Hashable, Sendable {
  package var name: String
  package var documentation: String
  package init(_ name: String, _ documentation: String) {
    self.name = name
    self.documentation = documentation
  }
}
