import FlowCore

/// A source of generated FlowFiles, for trying out a flow.
package struct GenerateFlowFile: Processor {
  static let count = Property("count", .integer(1...10_000_000), default: "1", "Number of FlowFiles.")
  static let content = Property<String>("content", .optionalText, default: "", "Content of each FlowFile, used literally.")
  static let attributes = Property<[NamedValue<any AttributeExpression>]>("attributes", .map(of: .expression), default: "", "Attributes; `${index}` counts from 0.")

  static let success = Relationship("success", "Every generated FlowFile.")

  package static let descriptor = ProcessorDescriptor(
    type: "GenerateFlowFile",
    summary: "Generates FlowFiles, for trying out a flow.",
    properties: [PropertyDescriptor(count), PropertyDescriptor(content), PropertyDescriptor(attributes)],
    relationships: [success],
    writes: [AttributeDescriptor("index", "Number of the FlowFile, from 0.")],
    writesFromProperties: { $0[attributes].map(\.name) },
    input: .forbidden,
    maximumConcurrency: 1)

  private let total: Int
  private let content: [UInt8]
  private let attributes: [NamedValue<any AttributeExpression>]
  private let made = Locked(0)

  package init(_ configuration: ProcessorConfiguration) throws {
    total = configuration[Self.count]
    content = Array(configuration[Self.content].utf8)
    attributes = configuration[Self.attributes]
  }

  package func process(_ session: ProcessSession) async throws {
    let portion = made.withLock { made in
      let range = made..<min(made + 100, total)
      made = range.upperBound
      return range
    }
    for index in portion {
      var flowFile = session.create()
      flowFile["index"] = String(index)
      let seen = flowFile
      for attribute in attributes { flowFile[attribute.name] = try attribute.value.evaluate(seen) }
      if !content.isEmpty { flowFile.content = .bytes(content) }
      session.transfer(flowFile, to: Self.success)
    }
    if portion.upperBound >= total { session.exhausted() }
  }
}
