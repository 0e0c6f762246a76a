import FlowBase
import FlowCore
import FlowExpression

/// An object of a flow definition. A member of another type than is asked for counts as absent: NiFi's versions differ.
struct DefinitionObject {
  /// A member whose value is a text, a number or a word.
  struct Member {
    var key: String
    /// nil: null, or an object or a list.
    var text: String?
  }

  private let object: JSONObject

  private init(_ object: JSONObject) { self.object = object }

  /// The document's object. Throws `Diagnostic` for what is not JSON or exceeds a limit.
  static func root(of document: [UInt8]) throws(Diagnostic) -> DefinitionObject {
    guard let text = String(validating: document, as: UTF8.self) else {
      throw Diagnostic(.damagedImport, found: "bytes that are not UTF-8", expected: "JSON in UTF-8")
    }
    // Values are separated by commas or begin a list or an object: few enough of them, and the tree is small.
    let count = document.count { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }
    guard count <= ImportLimits.elements else {
      throw Diagnostic(.tooLargeToImport, found: "more than \(ImportLimits.elements) values", expected: "at most so many")
    }
    let value: JSONValue
    do throws(ExpressionProblem) {
      value = try JSONReader.read(text, whole: true)
    } catch {
      throw Diagnostic(.damagedImport, found: "the file begins as JSON, but is not JSON as a whole", expected: error.expected)
    }
    guard case .object(let object) = value else {
      throw Diagnostic(.notNiFi, found: "a JSON document that is a list, not an object", expected: "a flow definition ('flowContents') or a flow.json ('rootGroup')")
    }
    try checkTexts(value, of: "the document")
    return DefinitionObject(object)
  }

  /// As deep as the reader lets a document be.
  private static func checkTexts(_ value: JSONValue, of name: String) throws(Diagnostic) {
    switch value {
    case .string(let text): try ComponentCount.check(text, of: name)
    case .array(let elements): for element in elements { try checkTexts(element, of: name) }
    case .object(let object):
      for member in object.members {
        try ComponentCount.check(member.key, of: member.key)
        try checkTexts(member.value, of: member.key)
      }
    default: break
    }
  }

  var names: [String] { object.members.map(\.key) }

  var members: [Member] { object.members.map { Member(key: $0.key, text: Self.text(of: $0.value)) } }

  /// The members that are objects.
  var objects: [(key: String, value: DefinitionObject)] {
    object.members.compactMap { member in
      if case .object(let object) = member.value { (member.key, DefinitionObject(object)) } else { nil }
    }
  }

  func object(_ name: String) -> DefinitionObject? {
    if case .object(let object)? = object[name] { DefinitionObject(object) } else { nil }
  }

  func list(_ name: String) -> [DefinitionObject] {
    guard case .array(let elements)? = object[name] else { return [] }
    return elements.compactMap { if case .object(let object) = $0 { DefinitionObject(object) } else { nil } }
  }

  func texts(_ name: String) -> [String] {
    guard case .array(let elements)? = object[name] else { return [] }
    return elements.compactMap(Self.text)
  }

  func text(_ name: String) -> String { optionalText(name) ?? "" }

  func optionalText(_ name: String) -> String? { object[name].flatMap(Self.text) }

  /// What tells copies of one versioned group apart.
  var instance: String {
    let instance = text("instanceIdentifier")
    return instance.isEmpty ? text("identifier") : instance
  }

  func integer(_ name: String) -> Int? {
    switch object[name] {
    case .whole(let value)?: Int(value)
    case .string(let text)?: Int(text)
    default: nil
    }
  }

  func flag(_ name: String) -> Bool { optionalFlag(name) ?? false }

  func optionalFlag(_ name: String) -> Bool? {
    switch object[name] {
    case .boolean(let value)?: value
    case .string("true")?: true
    case .string("false")?: false
    default: nil
    }
  }

  private static func text(of value: JSONValue) -> String? {
    switch value {
    case .array, .object: nil
    default: value.scalarText
    }
  }
}
