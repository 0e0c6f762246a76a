import FlowCore
import FlowXML

/// Converts XML to JSON: the whole content, or documents that are strings in a JSON content.
///
/// The rule is the same for every document, so that a mapping fits all of them:
///
/// - The root element's name is left out: its content is the document.
/// - An element without attributes and child elements is its text; without text it is null.
/// - Any other element is an object: attributes as `@name`, child elements by name, text beside them as `#text`.
/// - Children named in `lists` form a list, even a single one. Another name that occurs twice in an element fails.
/// - Elements named in `omit` are left out with all that they hold.
/// - Prefixes of elements, namespace declarations, comments and processing instructions are left out; numbers stay text.
///
/// A document type declaration fails, so there are no entities beside XML's five.
///
///     - name: convert tracks
///       type: ConvertXML
///       properties: { at: /tracks/*/answer, root: TrainingCenterDatabase, lists: [Activity, Lap, Track, Trackpoint] }
///       to: { success: look for duplicates }
package struct ConvertXML: Processor {
  static let at = Property<JSONPath>("at", .rowsPath, "Path to the documents, strings in a JSON content; absent or null values stay. Without it the content is one document.")
  static let root = Property<String>("root", .text, "Name of the root element; another one fails. Absent: any.")
  static let lists = Property<[String]>("lists", .list(of: .text), default: "", "Names of elements that may occur several times beside each other.")
  static let omit = Property<[String]>("omit", .list(of: .text), default: "", "Names of elements that are left out with all that they hold.")
  static let acceptsBase64 = Property<Bool>("accept_base64", .boolean, default: "false", "Whether a string of `at` that does not begin like XML is decoded from Base64 first.")
  static let depth = Property<Int>("depth", .integer(1...1000), default: "64", "Maximum number of elements inside each other.")
  static let size = Property<Int>("size", .byteSize, default: "64 MB", "Maximum size of a document.")

  static let success = Relationship("success", "The content is JSON.")
  static let failure = Relationship(Relationship.failureName, "A document is no complete XML or exceeds a limit (`bad_data`); the content is left unchanged.")

  package static let descriptor = ProcessorDescriptor(
    type: "ConvertXML",
    summary: "Turns XML into JSON by a declared rule.",
    properties: [
      PropertyDescriptor(at), PropertyDescriptor(root), PropertyDescriptor(lists), PropertyDescriptor(omit), PropertyDescriptor(acceptsBase64),
      PropertyDescriptor(depth), PropertyDescriptor(size),
    ],
    relationships: [success, failure],
    concurrency: 2,
    counters: [AttributeDescriptor("documents", "Documents converted.")],
    check: { neighbourhood in
      guard let path = neighbourhood.values.optional(at), !JSONPlaces.follows(path) else { return [] }
      return [Diagnostic(.conflictingProperties, property: "at", found: "'\(path.text)' has a selector", expected: "a path of members, indices and '*'")]
    })

  private let path: JSONPath?
  private let conversion: XMLConversion
  private let acceptsBase64: Bool

  package init(_ configuration: ProcessorConfiguration) throws {
    path = configuration.optional(Self.at)
    acceptsBase64 = configuration[Self.acceptsBase64]
    conversion = XMLConversion(
      XMLRule(
        root: configuration.optional(Self.root), lists: Set(configuration[Self.lists]), omitted: Set(configuration[Self.omit]),
        limits: XMLLimits(depth: configuration[Self.depth], bytes: configuration[Self.size])))
  }

  package func process(_ session: ProcessSession) async throws {
    guard var flowFile = session.get() else { return }
    try await flowFile.loadContent(session.environment.contents)
    guard case .bytes(let bytes) = flowFile.content else {
      let found = if case .empty = flowFile.content { "empty" } else { "rows" }
      session.transfer(
        flowFile, to: Self.failure, because: FlowFileFailure(cause: .badData, message: "the content is \(found); expected \(path == nil ? "XML" : "JSON")"))
      return
    }
    do {
      var result = flowFile
      if let path {
        result.content = .bytes(try converted(bytes, at: path, session))
      } else {
        result.content = .bytes(try conversion.json(bytes))
        session.count("documents")
      }
      session.transfer(result, to: Self.success)
    } catch let problem as XMLProblem {
      session.transfer(flowFile, to: Self.failure, because: FlowFileFailure(cause: .badData, message: problem.description))
    } catch let error as ExtractionError {
      session.transfer(flowFile, to: Self.failure, because: FlowFileFailure(cause: .badData, message: error.description))
    }
  }

  private func converted(_ document: [UInt8], at path: JSONPath, _ session: ProcessSession) throws -> [UInt8] {
    let places = try JSONPlaces(document)
    var replacements: [(value: Range<Int>, by: [UInt8])] = []
    for (number, value) in try places.values(at: path).enumerated() where !places.scanner.isNull(value) {
      guard let text = try places.text(of: value), let xml = xml(text) else {
        throw ExtractionError(pointer: path.text, found: "no XML as text (value \(number + 1))", expected: "a document as a string")
      }
      do {
        replacements.append((value, try conversion.json(xml)))
      } catch {
        throw ExtractionError(pointer: path.text, found: "not convertible (value \(number + 1)): \(error.description)", expected: "a complete document")
      }
    }
    session.count("documents", replacements.count)
    return places.replacing(replacements)
  }

  /// nil: neither XML nor, if accepted, Base64.
  private func xml(_ text: String) -> [UInt8]? {
    let bytes = Array(text.utf8)
    let first = bytes.first { $0 > 0x20 && ![0xEF, 0xBB, 0xBF].contains($0) }
    if first == UInt8(ascii: "<") || !acceptsBase64 { return bytes }
    return Base64.decoded(bytes)
  }
}
