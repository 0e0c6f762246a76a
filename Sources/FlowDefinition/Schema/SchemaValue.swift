/// A part of a JSON Schema: any JSON value.
package indirect enum SchemaValue: Sendable, Equatable, Encodable {
  case text(String)
  case number(Int)
  case flag(Bool)
  case list([SchemaValue])
  case object([String: SchemaValue])

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .number(let number): try container.encode(number)
    case .flag(let flag): try container.encode(flag)
    case .list(let values): try container.encode(values)
    case .object(let members): try container.encode(members)
    }
  }

  static func texts(_ texts: [String]) -> SchemaValue { .list(texts.map(SchemaValue.text)) }
  static func any(of alternatives: [SchemaValue]) -> SchemaValue { .object(["anyOf": .list(alternatives)]) }

  /// With more members; of an object.
  func adding(_ members: [String: SchemaValue]) -> SchemaValue {
    guard case .object(let own) = self else { return self }
    return .object(own.merging(members) { $1 })
  }
}

extension SchemaValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
  package init(stringLiteral value: String) { self = .text(value) }
  package init(booleanLiteral value: Bool) { self = .flag(value) }
  package init(integerLiteral value: Int) { self = .number(value) }
}
