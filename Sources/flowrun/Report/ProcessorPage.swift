import FlowCore
import StudyModel

/// A processor's documentation, generated from its declaration.
struct ProcessorPage: Encodable {
  struct Property: Encodable {
    var name: String
    var formerly: [String]
    var kind: String
    var expected: String
    var required: Bool
    var `default`: String?
    var sensitive: Bool
    var documentation: String
    var members: [Property]

    init(_ property: PropertyDescriptor) {
      name = property.name
      formerly = property.formerNames
      kind = property.kindName
      expected = property.expected
      required = property.isRequired
      `default` = property.defaultText
      sensitive = property.isSensitive
      documentation = property.documentation
      members = property.members.map(Property.init)
    }
  }
  struct Entry: Encodable {
    var name: String
    var documentation: String
  }

  var type: String
  var formerly: [String]
  var summary: String
  /// From NiFi's processor of that name.
  var differences: [String]
  var input: String
  var concurrency: Int
  var properties: [Property]
  var relationships: [Entry]
  var reads: [Entry]
  var writes: [Entry]
  var counters: [Entry]

  init(_ descriptor: ProcessorDescriptor) {
    type = descriptor.type
    formerly = descriptor.formerTypes
    summary = descriptor.summary
    differences = descriptor.differences
    input = descriptor.input.rawValue
    concurrency = descriptor.concurrency
    properties = descriptor.properties.map(Property.init)
    relationships = descriptor.relationships.map { Entry(name: $0.name, documentation: $0.documentation) }
    reads = descriptor.reads.map { Entry(name: $0.name, documentation: $0.documentation) }
    writes = descriptor.writes.map { Entry(name: $0.name, documentation: $0.documentation) }
    counters = descriptor.counters.map { Entry(name: $0.name, documentation: $0.documentation) }
  }

  func text(_ terminal: Terminal) -> String {
    var lines = [terminal.styled(type, .bold), "  " + summary, ""]
    lines.append("  input: \(input); \(concurrency) concurrent \(concurrency == 1 ? "trigger" : "triggers") unless the flow says otherwise")
    if !formerly.isEmpty { lines.append("  formerly \(formerly.joined(separator: ", ")), a name that flow files may still use") }
    lines += section("properties", properties.flatMap { propertyLines($0, indent: 4) }, terminal)
    lines += section("relationships", relationships.map(entryLine), terminal)
    lines += section("reads attributes", reads.map(entryLine), terminal)
    lines += section("writes attributes", writes.map(entryLine), terminal)
    lines += section("counters", counters.map(entryLine), terminal)
    lines += section("differs from NiFi's", differences.map { "    - \($0)" }, terminal)
    return lines.joined(separator: "\n")
  }

  private func section(_ title: String, _ lines: [String], _ terminal: Terminal) -> [String] {
    lines.isEmpty ? [] : ["", "  " + terminal.styled(title, .bold)] + lines
  }
  private func entryLine(_ entry: Entry) -> String { "    \(entry.name): \(entry.documentation)" }

  private func propertyLines(_ property: Property, indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    var traits = [property.kind]
    if property.required { traits.append("required") }
    if let text = property.default, !text.isEmpty { traits.append("default \(text)") }
    if !property.formerly.isEmpty { traits.append("formerly \(property.formerly.joined(separator: ", "))") }
    if property.sensitive { traits.append("sensitive") }
    return ["\(margin)\(property.name) (\(traits.joined(separator: ", "))): \(property.documentation)"]
      + property.members.flatMap { propertyLines($0, indent: indent + 4) }
  }
}
