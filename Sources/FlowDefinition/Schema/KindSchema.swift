import FlowCore

/// The schemas of property kinds.
///
/// A flow file's scalars are text that the kind reads, so a number may be in quotes, and every one may have a parameter in it.
enum KindSchema {
  private static let parameter = "#\\{"

  static let scalar: SchemaValue = .object(["type": .texts(["string", "number", "boolean", "null"])])
  static let boolean = form("boolean", orText: "^(true|false)$|^$")
  static let integer = form("integer", orText: "^[-+]?[0-9_]+$|^$")
  static let size = form("integer", orText: "^[0-9]|^$")
  static let duration = form("integer", orText: "^[0-9]|^$")
  private static let real = form("number", orText: "^[-+]?[0-9.]|^$")

  static func text(_ description: String) -> SchemaValue { scalar.adding(["description": .text(description)]) }

  /// A JSON type, or a text of the form or with a parameter, or nothing.
  private static func form(_ type: String, orText pattern: String) -> SchemaValue {
    .any(of: [.object(["type": .text(type)]), .object(["type": "string", "pattern": .text("\(pattern)|\(parameter)")]), .object(["type": "null"])])
  }

  static func choice(_ names: [String]) -> SchemaValue {
    .any(of: [.object(["enum": .texts(names)]), .object(["type": "string", "pattern": .text(parameter)]), .object(["type": "null"])])
  }

  /// A parameter may be a whole list.
  static func list(of element: SchemaValue) -> SchemaValue {
    .any(of: [.object(["type": .texts(["array", "null"]), "items": element]), .object(["type": "string", "pattern": .text("^$|\(parameter)")])])
  }

  static func oneOrMore(_ element: SchemaValue) -> SchemaValue { .any(of: [element, .object(["type": "array", "items": element])]) }

  // MARK: Declarations

  /// A map with the properties, and nothing else.
  /// - Parameter more: further members.
  static func record(_ properties: [PropertyDescriptor], _ description: String, more: [String: SchemaValue] = [:]) -> SchemaValue {
    let members = Dictionary(properties.flatMap { property in ([property.name] + property.formerNames).map { ($0, schema(of: property)) } }) { first, _ in first }
    return .object([
      "type": .texts(["object", "null"]), "properties": .object(members.merging(more) { $1 }), "additionalProperties": false,
      "required": .texts(properties.filter(\.isRequired).map(\.name)), "description": .text(description),
    ])
  }

  private static func schema(of property: PropertyDescriptor) -> SchemaValue {
    var notes: [String: SchemaValue] = ["description": .text("\(property.documentation)\n\nExpected: \(property.expected)")]
    if let text = property.defaultText { notes["default"] = .text(text) }
    return schema(ofKind: property.kindName, property).adding(notes)
  }

  private static func schema(ofKind kind: String, _ property: PropertyDescriptor) -> SchemaValue {
    if let element = kind.droppingPrefix("list of ") { return list(of: schema(ofKind: element, property)) }
    if let element = kind.droppingPrefix("map of ") {
      let value = property.members.isEmpty ? schema(ofKind: element, property) : record(property.members, "An entry.")
      return .object(["type": .texts(["object", "null"]), "additionalProperties": value])
    }
    if !property.members.isEmpty { return record(property.members, property.documentation) }
    if !property.choices.isEmpty { return choice(property.choices) }
    return scalars[kind] ?? scalar
  }

  private static let scalars = ["boolean": boolean, "integer": integer, "size": size, "duration": duration, "number": real]
}

extension String {
  fileprivate func droppingPrefix(_ prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}
