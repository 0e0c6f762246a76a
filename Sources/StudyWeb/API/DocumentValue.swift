import FlowCore

/// A value of the OpenAPI document.
indirect enum DocumentValue: Sendable, Equatable, Encodable {
  case text(String)
  case integer(Int)
  case flag(Bool)
  case list([DocumentValue])
  case object([String: DocumentValue])

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .text(let text): try text.encode(to: encoder)
    case .integer(let number): try number.encode(to: encoder)
    case .flag(let flag): try flag.encode(to: encoder)
    case .list(let values): try values.encode(to: encoder)
    case .object(let members):
      var container = encoder.container(keyedBy: NamedKey.self)
      for (name, value) in members { try container.encode(value, forKey: NamedKey(name)) }
    }
  }

  subscript(name: String) -> DocumentValue? {
    if case .object(let members) = self { members[name] } else { nil }
  }
  var string: String? { if case .text(let text) = self { text } else { nil } }

  /// This object with further members; what is no object stays as it is.
  func adding(_ members: [String: DocumentValue]) -> DocumentValue {
    guard case .object(let own) = self else { return self }
    return .object(own.merging(members) { $1 })
  }
}

extension DocumentValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  init(stringLiteral text: String) { self = .text(text) }
  init(integerLiteral number: Int) { self = .integer(number) }
  init(booleanLiteral flag: Bool) { self = .flag(flag) }
  init(arrayLiteral values: DocumentValue...) { self = .list(values) }
  init(dictionaryLiteral members: (String, DocumentValue)...) { self = .object(Dictionary(members) { $1 }) }
}

/// Schemas of JSON values (JSON Schema 2020-12, as OpenAPI 3.1 takes it).
extension DocumentValue {
  static let string: DocumentValue = ["type": "string"]
  static let wholeNumber: DocumentValue = ["type": "integer"]
  static let count: DocumentValue = ["type": "integer", "minimum": 0]
  static let number: DocumentValue = ["type": "number"]
  static let boolean: DocumentValue = ["type": "boolean"]
  static let moment: DocumentValue = ["type": "string", "format": "date-time"]

  static func oneOf(_ texts: [String]) -> DocumentValue { ["type": "string", "enum": .list(texts.map { .text($0) })] }
  static func list(of element: DocumentValue) -> DocumentValue { ["type": "array", "items": element] }
  static func map(of value: DocumentValue) -> DocumentValue { ["type": "object", "additionalProperties": value] }
  /// A value that may be null.
  func orNull() -> DocumentValue { ["anyOf": [self, ["type": "null"]]] }
  static let referencePrefix = "#/components/schemas/"
  static func reference(_ name: String) -> DocumentValue { ["$ref": .text(referencePrefix + name)] }

  /// An object with these members and no others.
  static func record(_ required: [String: DocumentValue], optional: [String: DocumentValue] = [:]) -> DocumentValue {
    [
      "type": "object", "required": .list(required.keys.sorted().map { .text($0) }), "properties": .object(required.merging(optional) { $1 }),
      "additionalProperties": false,
    ]
  }
}
