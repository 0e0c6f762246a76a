import FlowCore

/// A place in a flow for a processor that flowrun does not have or cannot have as it is set, or that is disabled in NiFi: what `flowrun import` writes for it. It keeps what the
/// processor was given, is a problem of the flow file until it is replaced, and passes nothing on.
package struct Unsupported: Processor {
  static let type = Property<String>.required("nifi_type", .text, "The processor's type in NiFi.")
  static let state = Property<String>(
    "nifi_state", .optionalText, default: "", "The processor's state in NiFi, if that is why it stands here: `disabled`.")
  static let reason = Property<String>(
    "nifi_reason", .optionalText, default: "", "Why it could not be converted, of a type that flowrun has.")
  static let properties = Property<[NamedValue<String>]>("nifi_properties", .map(of: .optionalText), default: "", "The properties that it had; expressions are kept as text.")
  static let annotation = Property<String>("nifi_annotation", .optionalText, default: "", "The configuration that it had beside its properties.")
  static let relationships = Property<[String]>("relationships", .list(of: .text), default: "", "The relationships that are connected.")

  static let failure = Relationship(Relationship.failureName, "Every FlowFile: this processor does nothing (`internal`).")

  package static let descriptor: ProcessorDescriptor = {
    var descriptor = ProcessorDescriptor(
      type: "Unsupported",
      summary: "Stands for a processor of NiFi that flowrun does not have, or not with its settings, or that is disabled there; a flow with it is not valid.",
      properties: [
        PropertyDescriptor(type), PropertyDescriptor(state), PropertyDescriptor(reason), PropertyDescriptor(properties), PropertyDescriptor(annotation), PropertyDescriptor(relationships),
      ],
      relationships: [failure],
      relationshipsFromProperties: { values in
        values[relationships].filter { $0 != failure.name }.map { Relationship($0, "As in NiFi; nothing is sent to it.") }
      },
      input: .allowed,
      check: { neighbourhood in
        let name = neighbourhood.values[type]
        guard neighbourhood.values[state].lowercased() == "disabled" else {
          let why = neighbourhood.values[reason]
          guard why.isEmpty else {
            return [
              Diagnostic(
                .unsupportedProcessor, property: reason.name, found: "'\(name)' could not be converted: \(why)",
                expected: "a processor of flowrun's in its place; flowrun processors lists them")
            ]
          }
          return [
            Diagnostic(
              .unsupportedProcessor, property: type.name, found: "flowrun has no processor for '\(name)'",
              expected: "a processor of flowrun's in its place; flowrun processors lists them")
          ]
        }
        return [
          Diagnostic(
            .unsupportedProcessor, property: state.name, found: "'\(name)' is disabled in NiFi",
            expected: "the processor taken out, or one of flowrun's in its place; flowrun processors lists them")
        ]
      })
    descriptor.writesAnyAttribute = true
    return descriptor
  }()

  private let type: String
  private let reason: String

  package init(_ configuration: ProcessorConfiguration) throws {
    type = configuration[Self.type]
    reason = configuration[Self.reason]
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return session.exhausted() }
    let why = reason.isEmpty ? "has no counterpart" : "could not be converted: \(reason)"
    session.transfer(flowFile, to: Self.failure, because: FlowFileFailure(cause: .internal, message: "nothing is known to do here: NiFi's '\(type)' \(why)"))
  }
}
