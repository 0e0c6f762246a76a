import FlowCore

/// Sets and deletes attributes. All expressions see the incoming attributes.
package struct UpdateAttribute: Processor {
  static let set = Property<[NamedValue<any AttributeExpression>]>("set", .map(of: .expression), default: "", "The new value for each attribute name.")
  static let delete = Property<[String]>("delete", .list(of: .text), default: "", "Attributes to delete; `*` and `?` as in a shell.")

  static let success = Relationship("success", "The attributes are set.")

  package static let descriptor = ProcessorDescriptor(
    type: "UpdateAttribute",
    summary: "Sets and deletes attributes.",
    properties: [PropertyDescriptor(set), PropertyDescriptor(delete)],
    relationships: [success, Relationship(Relationship.failureName, "An expression cannot be evaluated.")],
    writesFromProperties: { $0[set].map(\.name) })

  private let set: [NamedValue<any AttributeExpression>]
  private let delete: [String]

  package init(_ configuration: ProcessorConfiguration) throws {
    set = configuration[Self.set]
    delete = configuration[Self.delete]
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    var updated = flowFile
    for name in Array(flowFile.attributes.names) where delete.contains(where: { Glob.matches(name, pattern: $0) }) {
      updated[name] = nil
    }
    for attribute in set { updated[attribute.name] = try attribute.value.evaluate(flowFile) }
    session.transfer(updated, to: Self.success)
  }
}
