/// A way out of a processor. Says what it means here.
package struct Relationship: Hashable, Sendable {
  /// What sends a FlowFile out here, for telling a loop that ends from one that does not.
  package enum Turn: Sendable, Hashable {
    /// The processor's work is done: the same FlowFile would leave here again.
    case done
    /// It did not work this time and may the next.
    case again
    /// A condition over these attributes; nil: what it depends on is not known, such as a server's answer.
    case decided(by: Set<String>?)
  }
  package var name: String
  package var documentation: String
  package var turn: Turn

  package init(_ name: String, _ documentation: String, turn: Turn = .done) {
    self.name = name
    self.documentation = documentation
    self.turn = turn
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
