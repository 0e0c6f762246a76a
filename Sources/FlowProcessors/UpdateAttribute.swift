import FlowCore
import FlowPatterns

/// Sets and deletes attributes. All expressions see the incoming attributes.
package struct UpdateAttribute: Processor {
  static let set = Property<[NamedValue<any AttributeExpression>]>("attributes", formerly: ["set"], .map(of: .expression), default: "", "The new value for each attribute name.")
  static let delete = Property<[String]>("delete", .list(of: .text), default: "", "Attributes to delete; `*`, `?` and `[a-z]` as in a shell. One that is also set is set.")
  static let deletePattern = Property<any AttributeExpression>(
    "delete_attributes_expression", .expression, default: "",
    "Regular expression for names of attributes to delete. Those of the incoming FlowFile that match it as a whole are deleted even if they are also set.")

  static let success = Relationship("success", "The attributes are set.")

  package static let descriptor = ProcessorDescriptor(
    type: "UpdateAttribute",
    summary: "Sets and deletes attributes.",
    properties: [PropertyDescriptor(set), PropertyDescriptor(delete), PropertyDescriptor(deletePattern)],
    relationships: [success, Relationship(Relationship.failureName, "An expression cannot be evaluated.")],
    writesFromProperties: { $0[set].map(\.name) },
    check: { $0.values[deletePattern].patternProblems(of: deletePattern.name) })

  private let set: [NamedValue<any AttributeExpression>]
  private let deletedNames: [String]
  private let deletedPatterns: [String]
  private let deletePattern: PatternExpression?

  package init(_ configuration: ProcessorConfiguration) throws {
    set = configuration[Self.set]
    let delete = configuration[Self.delete]
    // Most are names, and matching a pattern with each attribute costs more than the rest of the session.
    deletedNames = delete.filter { !$0.contains(where: Self.isWildcard) }
    deletedPatterns = delete.filter { $0.contains(where: Self.isWildcard) }
    let expression = configuration[Self.deletePattern]
    deletePattern = expression.literal?.isEmpty == true ? nil : PatternExpression(expression)
  }

  private static func isWildcard(_ character: Character) -> Bool { character == "*" || character == "?" }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    var updated = flowFile
    for name in deletedNames where flowFile[name] != nil { updated[name] = nil }
    for pattern in deletedPatterns {
      for name in flowFile.attributes.names where Glob.matches(name, pattern: pattern) { updated[name] = nil }
    }
    for attribute in set { updated[attribute.name] = try attribute.value.evaluate(flowFile) }
    if let pattern = try deletePattern?.pattern(for: flowFile) {
      for name in flowFile.attributes.names where try pattern.isWhole(name) { updated[name] = nil }
    }
    session.transfer(updated, to: Self.success)
  }
}
