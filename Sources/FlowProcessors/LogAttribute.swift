import FlowCore

/// Logs a line for each FlowFile, to show what passes a point in the flow.
package struct LogAttribute: Processor {
  static let message = Property<any AttributeExpression>("message", .expression, default: "FlowFile", "Text of the line.")
  static let attributes = Property<[String]>("attributes", .list(of: .text), default: "", "Attributes to show; `*`, `?` and `[a-z]` as in a shell. Default: all.")
  static let ignored = Property<[String]>("attributes_to_ignore", .list(of: .text), default: "", "Attributes not to show; `*`, `?` and `[a-z]` as in a shell.")

  static let success = Relationship("success", "Every FlowFile, unchanged.")

  package static let descriptor = ProcessorDescriptor(
    type: "LogAttribute",
    formerTypes: ["LogAttributes"],
    summary: "Logs attributes and passes the FlowFile on unchanged.",
    differences: [
      "It never logs the content.",
    ],
    properties: [PropertyDescriptor(message), PropertyDescriptor(attributes), PropertyDescriptor(ignored)],
    relationships: [success, Relationship(Relationship.failureName, "The message cannot be evaluated.")])

  private let message: any AttributeExpression
  private let patterns: [String]
  private let ignored: [String]

  package init(_ configuration: ProcessorConfiguration) throws {
    message = configuration[Self.message]
    let given = configuration[Self.attributes]
    patterns = given.isEmpty ? ["*"] : given
    ignored = configuration[Self.ignored]
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    var shown = flowFile.attributes.dictionary.filter { name, _ in
      patterns.contains { Glob.matches(name, pattern: $0) } && !ignored.contains { Glob.matches(name, pattern: $0) }
    }
    shown["uuid"] = flowFile.id.text
    session.environment.log(try message.evaluate(flowFile), shown)
    session.transfer(flowFile, to: Self.success)
  }
}
