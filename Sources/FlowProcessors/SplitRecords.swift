import FlowCore

/// One FlowFile for each element that a path names, as NiFi's SplitJson: its content is the element, byte for byte.
///
///     - name: split activities
///       type: SplitRecords
///       properties: { rows: /activities, attributes: { log_id: logId } }
///       to: { split: look for duplicates, original: drop }
package struct SplitRecords: Processor {
  static let rows = Property<JSONPath>.required("rows", .rowsPath, "Path to the elements from the root: a list gives one FlowFile per element, any other value one.")
  static let attributes = Property<[NamedValue<JSONPath>]>(
    "attributes", .map(of: .valuePath), default: "", "Attributes of each FlowFile with their paths in its element; texts without quotes, other values as JSON, empty where there is none.")
  static let limit = Property<Int>("limit", .integer(1...1_000_000), default: "10000", "Maximum number of elements; more fail.")

  static let split = Relationship("split", "One FlowFile for each element.")
  static let original = Relationship("original", "The FlowFile that was split, also without elements.")
  static let failure = Relationship(Relationship.failureName, "The content is not JSON, has nothing at the path or too many elements (`bad_data`).")

  package static let descriptor = ProcessorDescriptor(
    type: "SplitRecords",
    summary: "Splits JSON content into one FlowFile for each element of a list.",
    properties: [PropertyDescriptor(rows), PropertyDescriptor(attributes), PropertyDescriptor(limit)],
    relationships: [split, original, failure],
    writes: [
      AttributeDescriptor("fragment.identifier", "The same for all that were split from one FlowFile: its uuid."),
      AttributeDescriptor("fragment.index", "Number of the element, from 0."),
      AttributeDescriptor("fragment.count", "Number of elements; also on the original."),
    ],
    writesFromProperties: { $0[attributes].map(\.name) },
    check: { neighbourhood in
      let paths = [neighbourhood.values[rows]] + neighbourhood.values[attributes].map(\.value)
      return paths.filter { !JSONPlaces.follows($0) }.map {
        Diagnostic(.conflictingProperties, property: "rows", found: "'\($0.text)' has a selector or '..'", expected: "a path of members, indices and '*'")
      }
    })

  private let rows: JSONPath
  private let attributes: [NamedValue<JSONPath>]
  private let limit: Int

  package init(_ configuration: ProcessorConfiguration) throws {
    rows = configuration[Self.rows]
    attributes = configuration[Self.attributes]
    limit = configuration[Self.limit]
  }

  package func process(_ session: ProcessSession) async throws {
    guard var flowFile = session.get() else { return }
    try await flowFile.loadContent(session.environment.contents)
    do {
      let parts = try parts(of: flowFile)
      for (index, part) in parts.enumerated() {
        var child = session.create(childOf: flowFile)
        child.attributes = part.attributes
        child.content = .bytes(part.content)
        child["fragment.identifier"] = flowFile.id.text
        child["fragment.index"] = String(index)
        child["fragment.count"] = String(parts.count)
        session.transfer(child, to: Self.split)
      }
      var original = flowFile
      original["fragment.identifier"] = flowFile.id.text
      original["fragment.count"] = String(parts.count)
      session.transfer(original, to: Self.original)
    } catch let error as ExtractionError {
      session.transfer(flowFile, to: Self.failure, because: FlowFileFailure(cause: error.cause, message: error.description))
    } catch let error as ProcessorError {
      session.transfer(flowFile, to: Self.failure, because: error.failure)
    }
  }

  private func parts(of flowFile: FlowFile) throws -> [(attributes: Attributes, content: [UInt8])] {
    let places = try JSONPlaces(try flowFile.jsonContent())
    return try elements(places).map { element in
      var attributes = flowFile.attributes
      for attribute in self.attributes {
        attributes[attribute.name] = try places.values(at: attribute.value, from: element).first.map { try places.shown($0, ofNull: "") } ?? ""
      }
      return (attributes, Array(places.scanner.bytes[element]))
    }
  }

  private func elements(_ places: JSONPlaces) throws -> [Range<Int>] {
    let found = try places.values(at: rows)
    guard !found.isEmpty || rows.components.contains(.each) else {
      throw ExtractionError(pointer: rows.text, found: "absent", expected: "a list, even if it is empty")
    }
    let elements = found.flatMap { value in rows.components.last == .each ? [value] : places.scanner.elements(of: value) ?? [value] }
    guard elements.count <= limit else {
      throw ExtractionError(pointer: rows.text, found: "a list of \(elements.count) elements", expected: "at most \(limit)")
    }
    return elements
  }
}

extension FlowFile {
  /// The content for a processor that reads JSON. Throws `ProcessorError` (`bad_data`) for rows.
  func jsonContent() throws(ProcessorError) -> [UInt8] {
    switch content {
    case .bytes(let bytes): return bytes
    case .empty: return []
    case .records: throw ProcessorError(.badData, "the content is already rows; expected a JSON document")
    case .claim: preconditionFailure("a content in a file is loaded before")
    }
  }
}

extension JSONPlaces {
  /// A value as an attribute: a text without quotes and escapes, anything else as it is written. Throws if it is not UTF-8.
  func shown(_ value: Range<Int>, ofNull null: String) throws(ExtractionError) -> String {
    if scanner.isNull(value) { return null }
    if let text = try text(of: value) { return text }
    return try written(value)
  }
}
