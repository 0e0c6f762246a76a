/// An output of a processor, with its meaning.
package struct Relationship: Hashable, Sendable {
  /// Why a FlowFile takes this relationship. Distinguishes loops that end from loops that do not.
  package enum Turn: Sendable, Hashable {
    /// Processing is complete: the same FlowFile would take this relationship again.
    case done
    /// A temporary failure: the next try may succeed.
    case again
    /// A condition over these attributes; nil if its inputs are unknown, such as a server's response.
    case decided(by: Set<String>?)
  }
  package var name: String
  package var documentation: String
  package var turn: Turn
  /// A flow file need not map it, because it is only taken with certain properties.
  package var isOptional: Bool

  package init(_ name: String, _ documentation: String, turn: Turn = .done, isOptional: Bool = false) {
    self.name = name
    self.documentation = documentation
    self.turn = turn
    self.isOptional = isOptional
  }
  package static func == (left: Relationship, right: Relationship) -> Bool { left.name == right.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Relationship {
  /// Every processor with input has it; it leads to the error folder unless mapped.
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
