import FlowCore

/// A source of generated FlowFiles, for trying out a flow.
package struct GenerateFlowFile: Processor {
  enum DataFormat: String, CaseIterable, Sendable {
    case text
    case binary
  }

  static let count = Property("count", .integer(1...10_000_000), default: "1", "Number of FlowFiles.")
  static let batch = Property("batch_size", .integer(1...10_000), default: "100", "Number of FlowFiles that one trigger generates.")
  static let content = Property<any AttributeExpression>("content", .expression, default: "", "Content of each FlowFile; expressions see its attributes.")
  static let size = Property<Int>("file_size", .byteSize, default: "0 B", "Size of a generated content, if `content` is empty.")
  static let format = Property<DataFormat>("data_format", .choice, default: "text", "`text`: the generated content is letters, digits and punctuation; `binary`: any bytes.")
  static let isUnique = Property<Bool>("unique_flowfiles", .boolean, default: "false", "Whether each FlowFile has another generated content.")
  static let mimeType = Property<String>("mime_type", .text, "The attribute `mime.type` of each FlowFile.")
  static let attributes = Property<[NamedValue<any AttributeExpression>]>("attributes", .map(of: .expression), default: "", "Attributes; in them and in `content`, `${index}` counts from 0.")

  static let success = Relationship("success", "Every generated FlowFile.")

  package static let descriptor = ProcessorDescriptor(
    type: "GenerateFlowFile",
    summary: "Generates FlowFiles, for trying out a flow.",
    differences: [
      "Its content and attributes are evaluated for each FlowFile, with its attributes; NiFi evaluates them once a batch, without.",
    ],
    properties: [
      PropertyDescriptor(count), PropertyDescriptor(batch), PropertyDescriptor(content), PropertyDescriptor(size), PropertyDescriptor(format),
      PropertyDescriptor(isUnique), PropertyDescriptor(mimeType), PropertyDescriptor(attributes),
    ],
    relationships: [success],
    writes: NewFlowFile.attributes + [AttributeDescriptor("mime.type", "As `mime_type` says.")],
    writesFromProperties: { $0[attributes].map(\.name) },
    ownAttributes: { _ in [number] },
    input: .forbidden,
    maximumConcurrency: 1,
    check: { neighbourhood in
      guard neighbourhood.values[size] > largestSize else { return [] }
      return [Diagnostic(.unsuitableValue, property: size.name, found: "a generated content is in memory", expected: "at most 1 GB")]
    })

  private static let largestSize = 1 << 30
  /// The attribute that only expressions of this processor see.
  private static let number = "index"

  private let total: Int
  private let batch: Int
  private let content: any AttributeExpression
  private let size: Int
  private let format: DataFormat
  private let isUnique: Bool
  private let mimeType: String?
  private let attributes: [NamedValue<any AttributeExpression>]
  private let made = Locked(0)
  /// The generated content that all have.
  private let common: [UInt8]

  package init(_ configuration: ProcessorConfiguration) throws {
    total = configuration[Self.count]
    batch = configuration[Self.batch]
    content = configuration[Self.content]
    size = configuration[Self.size]
    format = configuration[Self.format]
    isUnique = configuration[Self.isUnique]
    mimeType = configuration.optional(Self.mimeType)
    common = isUnique ? [] : Self.data(size, format, configuration.environment.random)
    attributes = configuration[Self.attributes]
  }

  package func process(_ session: ProcessSession) async throws {
    let portion = made.withLock { made in
      let range = made..<min(made + batch, total)
      made = range.upperBound
      return range
    }
    for index in portion {
      var flowFile = session.create()
      NewFlowFile.name(&flowFile)
      if let mimeType { flowFile["mime.type"] = mimeType }
      var seen = flowFile
      seen[Self.number] = String(index)
      let given = try attributes.map { ($0.name, try $0.value.evaluate(seen)) }
      for (name, value) in given {
        flowFile[name] = value
        seen[name] = value
      }
      flowFile.content = Content(bytes: try bytes(for: seen, session))
      session.transfer(flowFile, to: Self.success)
    }
    if portion.upperBound >= total { session.exhausted() }
  }

  private func bytes(for flowFile: FlowFile, _ session: ProcessSession) throws -> [UInt8] {
    let text = try content.evaluate(flowFile)
    if !text.isEmpty { return Array(text.utf8) }
    return isUnique ? Self.data(size, format, session.environment.random) : common
  }

  private static func data(_ size: Int, _ format: DataFormat, _ random: any RandomSource) -> [UInt8] {
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?-_ ".utf8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    while bytes.count < size {
      var word = random.next()
      for _ in 0..<min(8, size - bytes.count) {
        bytes.append(format == .binary ? UInt8(truncatingIfNeeded: word) : letters[Int(word & 0xFF) % letters.count])
        word >>= 8
      }
    }
    return bytes
  }
}
