import FlowCore
import FlowPatterns

/// Writes attributes as a JSON object, as NiFi's AttributesToJSON. Its members are in the order of `attributes_list`, otherwise by name.
///
///     - name: describe
///       type: AttributesToJSON
///       properties: { attributes_list: [filename, device], destination: flowfile_content }
///       to: { success: look for duplicates }
package struct AttributesToJSON: Processor {
  enum Destination: String, CaseIterable, Sendable {
    case attribute = "flowfile_attribute"
    case content = "flowfile_content"
  }
  enum Handling: String, CaseIterable, Sendable {
    /// Every value is a string.
    case escaped
    /// A value that is an object or a list in JSON is one.
    case nested
  }

  static let names = Property<[String]>("attributes_list", .list(of: .text), default: "", "Attributes to write, also those that are missing. Default: all.")
  static let pattern = Property<JavaPattern>("attributes_regular_expression", .pattern, "Writes, in addition to the list, the attributes whose whole names match.")
  static let destination = Property<Destination>("destination", .choice, default: "flowfile_attribute", "The attribute `JSONAttributes`, or the content.")
  static let includesCore = Property<Bool>(
    "include_core_attributes", .boolean, default: "true", "Whether `uuid`, `filename`, `path`, `mime.type` and the like are among all attributes.")
  static let writesNull = Property<Bool>("null_value", .boolean, default: "false", "Whether a missing attribute is null; otherwise it is an empty string.")
  static let handling = Property<Handling>(
    "json_handling_strategy", .choice, default: "escaped", "`escaped`: every value is a string; `nested`: an object or a list in JSON stays one, as it is written.")

  static let success = Relationship("success", "The object is written.")
  static let failure = Relationship(Relationship.failureName, "With `nested`, a value between brackets is not JSON (`bad_data`).")

  private static let result = "JSONAttributes"
  private static let coreNames: Set<String> = [
    "absolute.path", "alternate.identifier", "discard.reason", "filename", "mime.type", "path", "priority", "uuid",
  ]

  package static let descriptor = ProcessorDescriptor(
    type: "AttributesToJSON",
    summary: "Writes attributes as a JSON object, to an attribute or the content.",
    properties: [
      PropertyDescriptor(names), PropertyDescriptor(pattern), PropertyDescriptor(destination), PropertyDescriptor(includesCore),
      PropertyDescriptor(writesNull), PropertyDescriptor(handling),
    ],
    relationships: [success, failure],
    writes: [AttributeDescriptor(result, "The object, unless it is the content."), AttributeDescriptor("mime.type", "`application/json`, if the object is the content.")])

  private let names: [String]
  private let pattern: JavaPattern?
  private let destination: Destination
  private let includesCore: Bool
  private let writesNull: Bool
  private let handling: Handling

  package init(_ configuration: ProcessorConfiguration) throws {
    names = configuration[Self.names]
    pattern = configuration.optional(Self.pattern)
    destination = configuration[Self.destination]
    includesCore = configuration[Self.includesCore]
    writesNull = configuration[Self.writesNull]
    handling = configuration[Self.handling]
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    var written = flowFile
    do {
      let object = "{" + (try members(of: flowFile).map { JSONText.quoted($0.name) + ":" + (try json($0.value, of: $0.name)) }).joined(separator: ",") + "}"
      if destination == .content {
        written.content = .bytes(Array(object.utf8))
        written["mime.type"] = "application/json"
      } else {
        written[Self.result] = object
      }
    } catch let error as ProcessorError {
      return session.transfer(flowFile, to: Self.failure, because: error.failure)
    }
    session.transfer(written, to: Self.success)
  }

  /// The attributes to write, once each; nil for a missing one.
  private func members(of flowFile: FlowFile) throws -> [(name: String, value: String?)] {
    let all = (Array(flowFile.attributes.names) + ["uuid"]).sorted()
    guard !names.isEmpty || pattern != nil else {
      return all.filter { includesCore || !Self.coreNames.contains($0) }.map { ($0, flowFile[$0]) }
    }
    var seen: Set<String> = []
    return try (names + all.filter { try pattern?.isWhole($0) == true }).filter { seen.insert($0).inserted }.map { ($0, flowFile[$0]) }
  }

  private func json(_ value: String?, of name: String) throws(ProcessorError) -> String {
    guard let value else { return writesNull ? "null" : "\"\"" }
    guard handling == .nested else { return JSONText.quoted(value) }
    let bytes = Array(value.utf8)
    let scanner = JSONScanner(bytes)
    let inner = bytes.drop { $0 <= 0x20 }
    let last = bytes.last { $0 > 0x20 }
    let isEnclosed = inner.first == UInt8(ascii: "{") && last == UInt8(ascii: "}") || inner.first == UInt8(ascii: "[") && last == UInt8(ascii: "]")
    guard isEnclosed else { return JSONText.quoted(value) }
    guard let root = scanner.root, scanner.isWellFormed(root) else {
      throw ProcessorError(.badData, "attribute '\(name)' looks like JSON and is not well formed; expected JSON, or json_handling_strategy: escaped")
    }
    return String(decoding: bytes[root], as: UTF8.self)
  }
}

extension JSONScanner {
  /// Whether a value and all in it are JSON. The scanner itself only looks at what it is asked for.
  /// - Parameter depth: how far lists and objects may be inside each other.
  fileprivate func isWellFormed(_ value: Range<Int>, depth: Int = 256) -> Bool {
    guard depth > 0 else { return false }
    if isObject(value) { return members(of: value)?.allSatisfy { isWellFormed($0.value, depth: depth - 1) } ?? false }
    if isList(value) { return elements(of: value)?.allSatisfy { isWellFormed($0, depth: depth - 1) } ?? false }
    if isText(value) { return text(of: value) != nil }
    let word = String(decoding: bytes[value], as: UTF8.self)
    return ["true", "false", "null"].contains(word) || word.wholeMatch(of: #/-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/#) != nil
  }
}
