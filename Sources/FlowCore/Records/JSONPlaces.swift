/// The places in a JSON document to which a path leads, as ranges of its bytes: what is taken out or replaced stays as it was received.
///
/// Knows members, indices and `*`; no selectors. Throws `ExtractionError` for a document that is not JSON in every part. Malformed UTF-8 matters where it
/// is read as text (`text(of:)`, `written(_:)`), not in what stays in bytes.
package struct JSONPlaces: Sendable {
  /// Of which language a path is: what a step does that meets a value of another kind.
  package enum Language: Sendable {
    /// flowrun's own: an error, so that a change of the document's form is noticed. Every member of a name counts.
    case path
    /// JSONPath as NiFi reads it: it leads to nothing. `*` is also every member of an object, and of two members with one name the last counts.
    case jsonPath
  }

  /// Objects and lists inside each other: more than any parser behind this takes.
  private static let depth = 1_000

  package let scanner: JSONScanner
  private let root: Range<Int>
  private let language: Language

  package init(_ document: [UInt8], _ language: Language = .path) throws(ExtractionError) {
    self.language = language
    guard let text = AnswerText.strictlyDecoded(document, checksUTF8: false) else {
      throw ExtractionError(isDocument: true, pointer: "", found: "the content is malformed UTF-16 or UTF-32", expected: "JSON saved as UTF-8")
    }
    scanner = JSONScanner(text)
    guard let root = scanner.root else {
      throw ExtractionError(isDocument: true, pointer: "", found: "no complete JSON document", expected: "one")
    }
    if let fault = scanner.fault(in: root, depth: Self.depth) {
      throw ExtractionError(isDocument: true, pointer: "", found: "the content is not JSON (near byte \(fault))", expected: "a complete JSON document")
    }
    self.root = root
  }

  /// Whether a path has no selectors and does not lead out of its start.
  package static func follows(_ path: JSONPath) -> Bool {
    path.components.allSatisfy { component in
      switch component {
      case .member, .index, .each, .eachOrObject: true
      case .element, .enclosing: false
      }
    }
  }

  /// The values at the end of a path, in order; none where a member or index is absent, or null on the way.
  /// - Parameter start: where the path begins; nil: the root.
  package func values(at path: JSONPath, from start: Range<Int>? = nil) throws(ExtractionError) -> [Range<Int>] {
    var values = [start ?? root]
    for component in path.components { values = try step(component, from: values, path) }
    return values
  }

  /// The matches of a JSONPath, in order; nil if there is none and the path names one member or index after the other up to there: `$.a.*` has no
  /// match without `a`, and an empty list of them in `{"a":{}}` and, as Jayway JsonPath has it, in `{"a":7}`.
  package func matches(of path: JSONPath) throws(ExtractionError) -> [Range<Int>]? {
    precondition(language == .jsonPath, "of flowrun's own paths, values(at:) says what there is")
    let definite = path.components.prefix { !$0.isEach }
    var values = [root]
    for (position, component) in path.components.enumerated() {
      let found = try step(component, from: values, path)
      if found.isEmpty, position < definite.count {
        // An index beyond the end of a list is no match, but does not end the search.
        if case .index = component, let list = values.first, scanner.isList(list), definite.count < path.components.count { return [] }
        return nil
      }
      values = found
    }
    return values
  }

  /// The document. Throws if it is not UTF-8.
  package var text: String { get throws(ExtractionError) { try written(root) } }

  private func step(_ component: JSONPath.Component, from values: [Range<Int>], _ path: JSONPath) throws(ExtractionError) -> [Range<Int>] {
    var found: [Range<Int>] = []
    for value in values where !scanner.isNull(value) { found += try step(component, from: value, path) }
    return found
  }

  /// A string without its quotes and escapes; nil if the value is no string.
  package func text(of value: Range<Int>) throws(ExtractionError) -> String? {
    guard scanner.isText(value) else { return nil }
    try check(value)
    return scanner.text(of: value)
  }

  /// A value as it is written.
  package func written(_ value: Range<Int>) throws(ExtractionError) -> String {
    try check(value)
    return String(decoding: scanner.bytes[value], as: UTF8.self)
  }

  private func check(_ value: Range<Int>) throws(ExtractionError) {
    guard let offset = UTF8Fault.offset(in: scanner.bytes[value]) else { return }
    throw ExtractionError(
      isDocument: true, pointer: "", found: "the content is not UTF-8 (near byte \(value.lowerBound + offset))", expected: "JSON saved as UTF-8")
  }

  private func step(_ component: JSONPath.Component, from value: Range<Int>, _ path: JSONPath) throws(ExtractionError) -> [Range<Int>] {
    switch component {
    case .member(let name): return try members(called: name, of: value, path)
    case .index(let index) where scanner.isList(value):
      let elements = try elements(of: value, path)
      return index < elements.count ? [elements[index]] : []
    case .index(let index): return try members(called: String(index), of: value, path)
    case .each where language == .jsonPath && scanner.isObject(value): return try members(of: value, path).map(\.value)
    case .eachOrObject where scanner.isObject(value): return [value]
    case .each, .eachOrObject: return try elements(of: value, path)
    case .element, .enclosing: preconditionFailure("'\(path.text)' was not checked with follows(_:)")
    }
  }

  private func members(called name: String, of value: Range<Int>, _ path: JSONPath) throws(ExtractionError) -> [Range<Int>] {
    let found = try members(of: value, path).filter { $0.name == name }.map(\.value)
    return language == .jsonPath ? found.suffix(1) : found
  }

  private func members(of value: Range<Int>, _ path: JSONPath) throws(ExtractionError) -> [(name: String, value: Range<Int>)] {
    if let members = scanner.members(of: value) { return members }
    if language == .jsonPath { return [] }
    throw misfit(value, path, expected: "an object on the way")
  }

  private func elements(of value: Range<Int>, _ path: JSONPath) throws(ExtractionError) -> [Range<Int>] {
    if let elements = scanner.elements(of: value) { return elements }
    if language == .jsonPath { return [] }
    throw misfit(value, path, expected: "a list on the way")
  }

  private func misfit(_ value: Range<Int>, _ path: JSONPath, expected: String) -> ExtractionError {
    let found = scanner.isObject(value) ? "an object" : scanner.isList(value) ? "a list" : scanner.isText(value) ? "a text" : "a number or a word"
    return ExtractionError(pointer: path.text, found: "interrupted by \(found)", expected: expected)
  }

  /// The document with values replaced.
  /// - Parameter replacements: in order, not overlapping.
  package func replacing(_ replacements: [(value: Range<Int>, by: [UInt8])]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(scanner.bytes.count)
    var position = 0
    for (value, by) in replacements {
      bytes += scanner.bytes[position..<value.lowerBound]
      bytes += by
      position = value.upperBound
    }
    return bytes + scanner.bytes[position...]
  }
}
