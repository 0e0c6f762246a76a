import FlowCore
import FlowExpression

/// The Expression Language as property kinds use it, with a flow's parameters inside `${…}`.
///
///     FlowLoader(processors: …, services: …, compiler: { CompiledExpressions(parameters: $0, environment: …) })
package struct CompiledExpressions: ExpressionCompiler {
  private let parameters: [String: ExpressionParameter]
  private let environment: ExpressionEnvironment

  /// - Parameter environment: clock, random numbers and host of the functions that ask for them; the machine's unless others are given.
  package init(parameters: [FlowParameter], environment: ExpressionEnvironment = .ofMachine()) {
    self.parameters = Dictionary(
      parameters.map { ($0.name, ExpressionParameter($0.value, isSensitive: $0.isSensitive)) }
    ) { first, _ in first }
    self.environment = environment
  }

  /// References outside of `${…}` were put in when the flow file was read; what looks like one now is a parameter's
  /// text.
  package func compile(_ text: String) throws -> any AttributeExpression {
    // NiFi takes an expression that never closes for text. In a flow file that is a slip, and the text can be had by
    // `$${`.
    if let open = ParameterText(text).unclosedExpression {
      throw Diagnostic(
        .expressionNotClosed, at: Diagnostic.Place(offset: open), found: "'${' is not closed", expected: "its '}'", hint: "write $${ for the text ${")
    }
    do {
      let expression = try Expression(text, parameters: parameters, references: .insideExpressions)
      return CompiledExpression(expression: expression, environment: environment)
    } catch {
      throw Diagnostic(
        DiagnosticCode(error.kind), at: Diagnostic.Place(offset: error.offset), found: "found \(error.found)", expected: error.expected,
        hint: error.hint)
    }
  }
}

extension DiagnosticCode {
  fileprivate init(_ kind: ExpressionProblem.Kind) {
    switch kind {
    case .syntax: self = .expressionSyntax
    case .function: self = .unknownFunction
    case .argument: self = .unsuitableArgument
    case .parameter: self = .unknownParameter
    }
  }
}

extension ExpressionEnvironment {
  /// The machine's clock and random numbers, as a run reads them; each environment counts `nextInt()` for itself.
  package static func ofMachine() -> ExpressionEnvironment {
    ExpressionEnvironment(time: DispatchTimeSource(), random: SystemRandomSource())
  }

  /// The clock and the random numbers that are given; the host is the one that this runs on.
  package init(time: any TimeSource, random: any RandomSource) {
    self.init(now: { time.now.milliseconds }, random: { random.next() }, uuid: { FlowFileID(random).text })
  }
}

/// A compiled expression over FlowFiles.
private struct CompiledExpression: AttributeExpression {
  let expression: Expression
  let environment: ExpressionEnvironment

  func evaluate(_ flowFile: FlowFile) throws -> String {
    do {
      return try expression.evaluate(FlowFileAttributes(flowFile: flowFile), environment: environment)
    } catch {
      throw ProcessorError(.expression, error.message)
    }
  }

  func isTrue(for flowFile: FlowFile) throws -> Bool {
    do {
      return try expression.evaluateBoolean(FlowFileAttributes(flowFile: flowFile), environment: environment)
    } catch {
      throw ProcessorError(.expression, error.message)
    }
  }

  var literal: String? { expression.literalValue }
  var attributeNames: Set<String> { expression.attributeNames }
  var attributeUses: [AttributeUse] {
    expression.references.map { AttributeUse(name: $0.name, offset: $0.offset, isGuarded: $0.isGuarded) }
  }
}

/// A FlowFile's attributes as expressions see them: NiFi's pseudo attributes come first. Those about its place in a
/// queue are unset here, because a processor holds no queue.
struct FlowFileAttributes: AttributeSource {
  let flowFile: FlowFile

  /// What every FlowFile has without a processor's doing. The last two are NiFi's places in a queue: unset here, and no mistake.
  static let pseudoNames: Set<String> = [
    "uuid", "fileSize", "entryDate", "lineageStartDate", "flowFileId", "lastQueueDate", "queueDateIndex",
  ]

  subscript(name: String) -> String? {
    switch name {
    case "fileSize": String(flowFile.content.sizeBytes)
    case "entryDate", "lineageStartDate": String(flowFile.created.milliseconds)
    case "flowFileId": flowFile.id.text
    default: flowFile[name]
    }
  }

  /// Sorted, so that functions over several attributes give the same text every time.
  var names: [String] { (flowFile.attributes.names + ["uuid"]).sorted() }
}
