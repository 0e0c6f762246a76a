import FlowCore

/// Sets attributes from JSON content, or takes a part of it for the content, as NiFi's EvaluateJsonPath.
///
///     - name: read status
///       type: EvaluateJSONPath
///       properties: { attributes: { status: /meta/state, first: /items/0/id } }
///       to: { matched: look for duplicates }
package struct EvaluateJSONPath: Processor {
  enum Destination: String, CaseIterable, Sendable {
    case attribute = "flowfile_attribute"
    /// Only with a single path, whose name is not used.
    case content = "flowfile_content"
  }
  enum ReturnType: String, CaseIterable, Sendable {
    /// `scalar` for attributes, `json` for the content.
    case automatic = "auto_detect"
    /// Texts, numbers and words; an object or a list fails.
    case scalar
    /// Objects and lists too, as JSON.
    case json
  }
  enum Missing: String, CaseIterable, Sendable {
    /// The attribute is empty.
    case ignore
    /// The attribute is empty, and a bulletin says so.
    case warn
    /// The attribute is left as it is.
    case skip
  }
  enum NullValue: String, CaseIterable, Sendable {
    case empty
    case null
  }

  static let attributes = Property<[NamedValue<JSONContentPath>]>.required("attributes", .map(of: .contentPath), "The path from the root for each attribute name; one, with any name, for the content.")
  static let destination = Property<Destination>("destination", .choice, default: "flowfile_attribute", "Whether the values become attributes, or the one value the content.")
  static let returnType = Property<ReturnType>("return_type", .choice, default: "auto_detect", "`scalar`: an object or a list fails; `json`: it becomes JSON text; `auto_detect`: `json` for the content, otherwise `scalar`.")
  static let missing = Property<Missing>("not_found", .choice, default: "ignore", "Where a path finds nothing, also because a value on the way is no object or list: `ignore` sets an empty attribute, `warn` also posts a bulletin, `skip` leaves the attribute as it is.")
  static let nullValue = Property<NullValue>("null_value", .choice, default: "empty", "The attribute for a null: `empty` or the text `null`.")

  static let matched = Relationship("matched", "The attributes are set, or the content.")
  static let unmatched = Relationship("unmatched", "The path for the content finds nothing; never for attributes.", isOptional: true)
  static let failure = Relationship(Relationship.failureName, "The content is not JSON, or a value is not UTF-8 or does not suit `return_type` (`bad_data`).")

  package static let descriptor = ProcessorDescriptor(
    type: "EvaluateJSONPath",
    summary: "Sets attributes from values in JSON content, or takes one of them for the content.",
    differences: [
      "A value that a path of members, indices and `*` leads to is set as it is written; NiFi writes numbers, objects and lists anew.",
      "A value that is read and is not UTF-8 fails; NiFi reads it with U+FFFD.",
    ],
    properties: [PropertyDescriptor(attributes), PropertyDescriptor(destination), PropertyDescriptor(returnType), PropertyDescriptor(missing), PropertyDescriptor(nullValue)],
    relationships: [matched, unmatched, failure],
    writesFromProperties: { $0[destination] == .attribute ? $0[attributes].map(\.name) : [] },
    check: { neighbourhood in
      let paths = neighbourhood.values[attributes]
      guard neighbourhood.values[destination] == .content, paths.count != 1 else { return [] }
      return [Diagnostic(.conflictingProperties, property: attributes.name, found: "\(paths.count) paths for one content", expected: "exactly one")]
    })

  private let attributes: [NamedValue<JSONContentPath>]
  private let destination: Destination
  private let isJSON: Bool
  private let missing: Missing
  private let nullText: String

  package init(_ configuration: ProcessorConfiguration) throws {
    attributes = configuration[Self.attributes]
    destination = configuration[Self.destination]
    let returnType = configuration[Self.returnType]
    isJSON = returnType == .json || returnType == .automatic && destination == .content
    missing = configuration[Self.missing]
    nullText = configuration[Self.nullValue] == .null ? "null" : ""
  }

  package func process(_ session: ProcessSession) async throws {
    guard var flowFile = session.get() else { return }
    try await flowFile.loadContent(session.environment.contents)
    var evaluated = flowFile
    do {
      var content = try JSONContent(flowFile)
      if destination == .content {
        guard let value = try attributes.first.flatMap({ try value(at: $0.value, &content) }) else {
          return session.transfer(flowFile, to: Self.unmatched)
        }
        evaluated.content = Content(bytes: Array(value.utf8))
        return session.transfer(evaluated, to: Self.matched)
      }
      for attribute in attributes {
        if let value = try value(at: attribute.value, &content) {
          evaluated[attribute.name] = value
        } else {
          if missing != .skip { evaluated[attribute.name] = "" }
          if missing == .warn { session.post(.warning, "nothing found for attributes", "\(attribute.name): nothing at \(attribute.value.text)") }
        }
      }
      session.transfer(evaluated, to: Self.matched)
    } catch let error as ExtractionError {
      session.transfer(flowFile, to: Self.failure, because: FlowFileFailure(cause: error.cause, message: error.description))
    } catch let error as ProcessorError {
      session.transfer(flowFile, to: Self.failure, because: error.failure)
    }
  }

  /// nil: nothing is there. A path that may lead to several values gives a list, even of one.
  private func value(at path: JSONContentPath, _ content: inout JSONContent) throws -> String? {
    switch try content.result(of: path) {
    case .nothing: return nil
    case .value(let value):
      guard isJSON || !value.isContainer else { throw notScalar(path) }
      return try value.shown(ofNull: nullText)
    case .list(let values):
      guard isJSON else { throw notScalar(path) }
      return try "[" + values.map { try $0.json }.joined(separator: ",") + "]"
    }
  }

  private func notScalar(_ path: JSONContentPath) -> ExtractionError {
    ExtractionError(pointer: path.text, found: "an object or a list", expected: "a text, a number or a word, or return_type: json")
  }
}
