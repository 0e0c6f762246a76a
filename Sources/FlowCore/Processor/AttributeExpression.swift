/// Text with `${…}` expressions over a FlowFile's attributes, compiled once when the flow is loaded.
package protocol AttributeExpression: Sendable {
  /// Throws `ProcessorError` (`expression`) if a function rejects its subject.
  func evaluate(_ flowFile: FlowFile) throws -> String
  /// The same, with every value of an expression changed before it is inserted into the text around it, such as to make it literal in a pattern.
  func evaluate(_ flowFile: FlowFile, decorating decorate: (String) -> String) throws -> String
  /// True only if the result is the boolean true.
  func isTrue(for flowFile: FlowFile) throws -> Bool
  /// The whole text if it contains no expression.
  var literal: String? { get }
  /// The attributes that it names.
  var attributeNames: Set<String> { get }
  /// Every place that reads an attribute by name.
  var attributeUses: [AttributeUse] { get }
}

extension AttributeExpression {
  /// For texts without expressions.
  package func evaluate(_ flowFile: FlowFile, decorating decorate: (String) -> String) throws -> String {
    let value = try evaluate(flowFile)
    return literal == nil ? decorate(value) : value
  }
  package var attributeUses: [AttributeUse] { [] }
}

/// A place in an expression that reads an attribute: `${file.size}`.
package struct AttributeUse: Sendable, Hashable {
  package var name: String
  /// In Unicode scalars from the start of the text.
  package var offset: Int
  /// The expression handles a missing attribute: `${zone:replaceEmpty('UTC')}`.
  package var isGuarded: Bool

  package init(name: String, offset: Int, isGuarded: Bool = false) {
    self.name = name
    self.offset = offset
    self.isGuarded = isGuarded
  }
}

/// Compiles expressions for property kinds. Injected because the language is a separate module.
package protocol ExpressionCompiler: Sendable {
  /// Throws a `Diagnostic` with the offset of the offending character.
  func compile(_ text: String) throws -> any AttributeExpression
}
