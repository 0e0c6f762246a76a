import FlowCore
import StudyModel

/// Repeats a part for elements of another part's answer: `for_each` of InvokeEndpoint's `parts`.
///
///     for_each:
///       part: activities
///       path: /*/activities                                    # from the root of that part's answer
///       attributes: { log_id: logId, start: startTime, track: tcxLink }
///       within: { kind: instant, from: startTime }             # elements outside the slice belong to another slice
///       when: "${track:isEmpty():not()}"
///
/// Elements with equal attributes are requested once.
package struct ElementRule: ConfigurationRecord {
  static let part = Property<String>.required("part", .text, "The part, declared before, in whose answer the elements are.")
  static let path = Property<JSONPath>.required("path", .rowsPath, "Path to the elements, from the root of that answer.")
  static let attributes = Property<[NamedValue<JSONPath>]>.required(
    "attributes", .map(of: .valuePath),
    "Attributes for this part's expressions, each with its path in the element: texts or whole numbers; empty where there is none. They are also members of the answer's object.")
  static let within = Property<WindowDeclaration>("within", .record(WindowDeclaration.self), "The value that assigns an element to a slice; elements of other slices are left to those.")
  static let when = Property<any AttributeExpression>("when", .expression, "Condition: an element for which it is not true is not requested.")
  static let empty = Property<[EmptyDeclaration]>("empty", .list(of: .record(EmptyDeclaration.self)), default: "", "Forms of that answer without elements, other than an empty list.")
  static let limit = Property("limit", .integer(1...100_000), default: "1000", "Maximum number of elements of one slice or span; more are `bad_data`.")

  package static let properties = [
    PropertyDescriptor(part), PropertyDescriptor(path), PropertyDescriptor(attributes), PropertyDescriptor(within), PropertyDescriptor(when),
    PropertyDescriptor(empty), PropertyDescriptor(limit),
  ]

  let part: String
  let attributeNames: [String]
  private let mapping: RecordMapping
  private let windowKind: ColumnKind?
  private let condition: (any AttributeExpression)?
  private let limit: Int

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    part = values[Self.part]
    attributeNames = values[Self.attributes].map(\.name)
    condition = values.optional(Self.when)
    limit = values[Self.limit]
    let window = values.optional(Self.within)?.column
    windowKind = window?.kind
    let texts = values[Self.attributes].map { MappedColumn(name: $0.name, kind: .text, origin: .path($0.value), notation: .digits) }
    mapping = RecordMapping(rows: values[Self.path], emptyForms: values[Self.empty].map(\.form), columns: texts + [window].compactMap { $0 })
    let reserved = attributeNames.filter { AnsweredElement.reservedNames.contains($0) }
    guard reserved.isEmpty, !attributeNames.isEmpty else {
      reader.report(
        .conflictingProperties, at: node.position, found: reserved.first.map { "an attribute is named '\($0)'" } ?? "it has no attributes",
        expected: "attributes that identify the element; '\(AnsweredElement.answer)' and '\(AnsweredElement.absent)' are taken")
      return nil
    }
  }

  /// The elements to request, in the order of the answer. Throws `ExtractionError` for an answer of another shape, `ProcessorError`
  /// (`bad_data`) for too many.
  func elements(of answer: [UInt8], for flowFile: FlowFile, _ json: any RecordExtractor) throws -> [EndpointElement] {
    var context = ExtractionContext(windowColumn: windowKind.map { _ in WindowDeclaration.name })
    context.isOpenEnded = true
    if windowKind == .instant { context.window = try flowFile.sliceWindow() }
    if windowKind == .date { context.dates = try flowFile.sliceDates() }
    let batch = try json.extract(answer, mapping: mapping, context: context)
    var elements: [EndpointElement] = []
    var seen: Set<[String]> = []
    for row in 0..<batch.count {
      let values = attributeNames.map { batch[$0]?.text(row) ?? "" }
      guard seen.insert(values).inserted else { continue }
      let element = EndpointElement(attributes: zip(attributeNames, values).map { ($0, $1) })
      if let condition, try !condition.isTrue(for: element.applied(to: flowFile)) { continue }
      elements.append(element)
    }
    guard elements.count <= limit else {
      throw ProcessorError(.badData, "'\(part)' has \(elements.count) elements to request; expected at most \(limit)")
    }
    return elements
  }
}

/// An element of an answer for which a part is requested.
struct EndpointElement: Sendable {
  /// In declared order.
  var attributes: [(name: String, value: String)]

  var values: [String] { attributes.map(\.value) }

  /// The FlowFile as the part's expressions see it.
  func applied(to flowFile: FlowFile) -> FlowFile {
    var applied = flowFile
    for attribute in attributes { applied[attribute.name] = attribute.value }
    return applied
  }
}

/// The answer for an element as it stands in the content: `{"log_id":"1","answer":{…}}`, or `{"log_id":"1","absent":404}` if the
/// provider says that there is none.
struct AnsweredElement: Sendable {
  static let answer = "answer"
  static let absent = "absent"
  static let reservedNames = [answer, absent]

  /// The values of the element's attributes.
  var values: [String]
  var json: [UInt8]

  init(_ element: EndpointElement, _ answered: EndpointAnswer) {
    values = element.values
    var json: [UInt8] = []
    for attribute in element.attributes {
      json.append(UInt8(ascii: json.isEmpty ? "{" : ","))
      json += JSONText.quotedBytes(attribute.name) + [UInt8(ascii: ":")] + JSONText.quotedBytes(attribute.value)
    }
    json += ",\"".utf8
    json += answered.isAbsent ? "\(Self.absent)\":\(answered.status)".utf8 : "\(Self.answer)\":".utf8
    if !answered.isAbsent { json += AnswerText.decoded(answered.bytes) }
    self.json = json + [UInt8(ascii: "}")]
  }

  /// Reads one that was stored; nil if it has another form.
  init?(_ stored: Range<Int>, of document: JSONScanner) {
    guard let members = document.members(of: stored), let last = members.last, Self.reservedNames.contains(last.name) else { return nil }
    let values = members.dropLast().compactMap { document.text(of: $0.value) }
    guard values.count == members.count - 1 else { return nil }
    self.values = values
    json = Array(document.bytes[stored])
  }
}

extension RecordBatch.Column {
  fileprivate func text(_ row: Int) -> String? {
    guard isNull?[row] != true, case .text(let values) = values else { return nil }
    return values[row]
  }
}
