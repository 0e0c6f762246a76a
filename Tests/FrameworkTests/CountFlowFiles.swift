import FlowCore

/// Counts what passes, and passes it on.
package struct CountFlowFiles: Processor {
  static let counter = Property("counter", .text, default: "counted", "Name of the counter.")
  static let success = Relationship("success", "Every FlowFile, unchanged.")

  package static let descriptor = ProcessorDescriptor(
    type: "CountFlowFiles",
    summary: "Counts what passes.",
    properties: [PropertyDescriptor(counter)],
    relationships: [success])

  private let counter: String

  package init(_ configuration: ProcessorConfiguration) throws {
    counter = configuration[Self.counter]
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    session.count(counter)
    session.transfer(flowFile, to: Self.success)
  }
}
