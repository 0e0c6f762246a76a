/// Text with `${…}` expressions over a FlowFile's attributes, compiled once at load.
package protocol AttributeExpression: Sendable {
  /// Throws `ProcessorError` (`expression`) when a function refuses its subject.
  func evaluate(_ flowFile: FlowFile) throws -> String
  /// True only for a boolean expression that is true.
  func isTrue(for flowFile: FlowFile) throws -> Bool
  /// The whole text if it holds no expression.
  var literal: String? { get }
  /// The attributes it names.
  var attributeNames: Set<String> { get }
  /// Each place where it takes an attribute's value by name.
  var attributeUses: [AttributeUse] { get }
}

extension AttributeExpression {
  package var attributeUses: [AttributeUse] { [] }
}

/// A place in an expression that takes an attribute's value: `${file.size}`.
package struct AttributeUse: Sendable, Hashable {
  package var name: String
  /// In Unicode scalars from the start of the text.
  package var offset: Int
  /// What follows says what holds without the attribute: `${zone:replaceEmpty('UTC')}`.
  package var isGuarded: Bool

  package init(name: String, offset: Int, isGuarded: Bool = false) {
    self.name = name
    self.offset = offset
    self.isGuarded = isGuarded
  }
}

/// Compiles expressions for property kinds. Injected, because the language lives in a module of its own.
package protocol ExpressionCompiler: Sendable {
  /// Throws a `Diagnostic` with the offset of the offending character.
  func compile(_ text: String) throws -> any AttributeExpression
}
