import FlowCore

/// Counts the FlowFiles that meet a condition, and passes all of them on.
package struct CountFlowFiles: Processor {
  static let condition = Property<any AttributeExpression>("when", .expression, default: "true", "Condition, such as `${age:gt(90)}`.")

  static let success = Relationship("success", "Every FlowFile, unchanged.")
  static let failure = Relationship(Relationship.failureName, "The condition cannot be evaluated.")

  package static let descriptor = ProcessorDescriptor(
    type: "CountFlowFiles",
    summary: "Counts what passes and meets a condition.",
    properties: [PropertyDescriptor(condition)],
    relationships: [success, failure],
    counters: [AttributeDescriptor("counted", "FlowFiles for which the condition held.")])

  private let condition: any AttributeExpression

  package init(_ configuration: ProcessorConfiguration) throws {
    condition = configuration[Self.condition]
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    if try condition.isTrue(for: flowFile) { session.count("counted") }
    session.transfer(flowFile, to: Self.success)
  }
}
