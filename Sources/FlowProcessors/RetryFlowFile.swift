import FlowCore

/// Counts how often a FlowFile came back, and lets it return a limited number of times, as NiFi's RetryFlowFile. A processor's own `retry:` does the
/// same for one processor, and keeps no attributes.
///
/// The count is an attribute of the FlowFile, and nothing else knows it: it lasts as long as the FlowFile does, also in the error folder; a replay at
/// the failed processor goes on with it. What a run leaves to the next one is made anew there, and begins without a count.
///
///     - name: try again
///       type: RetryFlowFile
///       properties: { maximum_retries: 5, penalty_duration: 1 min }
///       to: { retry: look for duplicates, retries_exceeded: errors }
package struct RetryFlowFile: Processor {
  enum Reuse: String, CaseIterable, Sendable {
    case fail = "fail_on_reuse"
    case warn = "warn_on_reuse"
    case reset = "reset_reuse"
  }

  static let attribute = Property<String>("retry_attribute", .text, default: "flowfile.retries", "The attribute that counts.")
  static let maximum = Property<any AttributeExpression>("maximum_retries", .expression, default: "3", "How often a FlowFile may return, a whole number of at least 1.")
  static let penalises = Property<Bool>("penalize_retries", .boolean, default: "true", "Whether a FlowFile that returns waits before it is processed.")
  static let penalty = Property<Duration>("penalty_duration", .duration, default: "30 s", "How long it waits (NiFi's setting of the same name).")
  static let failsOnOverwrite = Property<Bool>(
    "fail_on_non_numerical_overwrite", .boolean, default: "false", "Whether a FlowFile fails whose attribute is no number; otherwise counting begins anew.")
  static let reuse = Property<Reuse>(
    "reuse_mode", .choice, default: "fail_on_reuse",
    "If another RetryFlowFile counted with the same attribute: the FlowFile fails, counting begins anew with a bulletin, or without.")
  static let exceeded = Property<[NamedValue<any AttributeExpression>]>(
    "attributes", .map(of: .expression), default: "", "Attributes of FlowFiles that have returned too often; an empty value sets none.")

  static let retry = Relationship("retry", "The FlowFile may return.", turn: .again)
  static let retriesExceeded = Relationship("retries_exceeded", "It has returned too often; the counting attributes are removed.")
  static let failure = Relationship(
    Relationship.failureName, "The attribute is no number, is another processor's, or `maximum_retries` is no number (`bad_data`).")

  package static let descriptor = ProcessorDescriptor(
    type: "RetryFlowFile",
    summary: "Lets a FlowFile return to an earlier processor a limited number of times.",
    properties: [
      PropertyDescriptor(attribute), PropertyDescriptor(maximum), PropertyDescriptor(penalises), PropertyDescriptor(penalty),
      PropertyDescriptor(failsOnOverwrite), PropertyDescriptor(reuse), PropertyDescriptor(exceeded),
    ],
    relationships: [retry, retriesExceeded, failure],
    writesFromProperties: { [$0[attribute], $0[attribute] + ".uuid"] + $0[exceeded].map(\.name) },
    check: { neighbourhood in
      guard let literal = neighbourhood.values[maximum].literal, Int(literal).map({ $0 >= 1 }) != true else { return [] }
      return [Diagnostic(.unsuitableValue, property: maximum.name, found: "it is '\(literal)'", expected: "a whole number of at least 1")]
    })

  private let name: String
  private let attribute: String
  private let maximum: any AttributeExpression
  private let penalty: Duration?
  private let failsOnOverwrite: Bool
  private let reuse: Reuse
  private let exceeded: [NamedValue<any AttributeExpression>]

  package init(_ configuration: ProcessorConfiguration) throws {
    name = configuration.name
    attribute = configuration[Self.attribute]
    maximum = configuration[Self.maximum]
    penalty = configuration[Self.penalises] ? configuration[Self.penalty] : nil
    failsOnOverwrite = configuration[Self.failsOnOverwrite]
    reuse = configuration[Self.reuse]
    exceeded = configuration[Self.exceeded]
  }

  /// The attribute that says which processor counted: NiFi's has its id, ours its name.
  private var owner: String { attribute + ".uuid" }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    do {
      let count = try count(of: flowFile, session)
      let limit = try limit(for: flowFile)
      var counted = flowFile
      guard count <= limit else {
        for attribute in exceeded {
          let value = try attribute.value.evaluate(flowFile)
          if value.contains(where: { !$0.isWhitespace }) { counted[attribute.name] = value }
        }
        counted[attribute] = nil
        counted[owner] = nil
        return session.transfer(counted, to: Self.retriesExceeded)
      }
      counted[attribute] = String(count)
      counted[owner] = name
      if let penalty { session.penalise(counted, for: penalty, because: "retry") }
      session.transfer(counted, to: Self.retry)
    } catch let error as ProcessorError {
      session.transfer(flowFile, to: Self.failure, because: error.failure)
    }
  }

  /// The number of this return, from 1.
  private func count(of flowFile: FlowFile, _ session: ProcessSession) throws(ProcessorError) -> Int {
    if let other = flowFile[owner], !other.isEmpty, other != name {
      let message = "attribute '\(attribute)' counts for '\(other)'; expected an attribute of its own for each RetryFlowFile (retry_attribute)"
      if reuse == .fail { throw ProcessorError(.badData, message) }
      if reuse == .warn { session.post(.warning, "the count of another processor", message) }
      return 1
    }
    guard let text = flowFile[attribute] else { return 1 }
    let trimmed = String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    if let number = Int(trimmed), number < Int.max { return number + 1 }
    guard !failsOnOverwrite else { throw ProcessorError(.badData, "attribute '\(attribute)' is '\(text)'; expected a number") }
    return 1
  }

  private func limit(for flowFile: FlowFile) throws -> Int {
    let text = try maximum.evaluate(flowFile)
    guard let limit = Int(text) else { throw ProcessorError(.badData, "maximum_retries is '\(text)'; expected a whole number") }
    return limit
  }
}
