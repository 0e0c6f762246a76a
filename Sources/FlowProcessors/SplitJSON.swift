import FlowCore

/// One FlowFile for each element of a JSON list, as NiFi's SplitJson: its content is an object or a list as it is written, or a text without quotes.
///
/// SplitRecords does the same for values of any kind, and reads attributes from each element.
///
///     - name: split activities
///       type: SplitJSON
///       properties: { json_path_expression: "$.activities" }
///       to: { split: look for duplicates, original: drop }
package struct SplitJSON: Processor {
  enum NullValue: String, CaseIterable, Sendable {
    case emptyString = "empty_string"
    case null = "the_string_null"
  }

  static let path = Property<JSONContentPath>.required("json_path_expression", .contentPath, "Path from the root to the list; if it may lead to several values, as with `*` or a filter, the list of these.")
  static let nullValue = Property<NullValue>("null_value_representation", .choice, default: "empty_string", "The content for a null: nothing, or the text `null`.")

  static let split = Relationship("split", "One FlowFile for each element.")
  static let original = Relationship("original", "The FlowFile that was split, also without elements.")
  static let failure = Relationship(Relationship.failureName, "The content is not JSON in UTF-8, or the path leads to no list (`bad_data`).")

  package static let descriptor = ProcessorDescriptor(
    type: "SplitJSON",
    summary: "Splits JSON content into one FlowFile for each element of a list.",
    differences: ["An element that a path of members, indices and `*` leads to is sent on as it is written; NiFi writes it anew."],
    properties: [PropertyDescriptor(path), PropertyDescriptor(nullValue)],
    relationships: [split, original, failure],
    writes: FragmentAttribute.descriptors)

  private let path: JSONContentPath
  private let nullText: String

  package init(_ configuration: ProcessorConfiguration) throws {
    path = configuration[Self.path]
    nullText = configuration[Self.nullValue] == .null ? "null" : ""
  }

  package func process(_ session: ProcessSession) async throws {
    guard var flowFile = session.get() else { return }
    try await flowFile.loadContent(session.environment.contents)
    let contents: [[UInt8]]
    do {
      var content = try JSONContent(flowFile)
      contents = try elements(&content)
    } catch let error as ExtractionError {
      return session.transfer(flowFile, to: Self.failure, because: FlowFileFailure(cause: error.cause, message: error.description))
    } catch let error as ProcessorError {
      return session.transfer(flowFile, to: Self.failure, because: error.failure)
    }
    let identifier = FlowFileID(session.environment.random).text
    for (index, content) in contents.enumerated() {
      var child = session.create(childOf: flowFile)
      child.content = Content(bytes: content)
      FragmentAttribute.mark(&child, identifier, index: index, count: contents.count, of: flowFile)
      session.transfer(child, to: Self.split)
    }
    session.transfer(FragmentAttribute.original(flowFile, identifier, count: contents.count), to: Self.original)
  }

  private func elements(_ content: inout JSONContent) throws -> [[UInt8]] {
    let elements: [JSONMatch]
    switch try content.result(of: path) {
    case .nothing: throw ExtractionError(pointer: path.text, found: "absent", expected: "a list, even if it is empty")
    case .value(let value):
      guard let list = value.elements else { throw ExtractionError(pointer: path.text, found: "no list", expected: "a list") }
      elements = list
    case .list(let values): elements = values
    }
    return try elements.map { Array(try $0.shown(ofNull: nullText).utf8) }
  }
}
