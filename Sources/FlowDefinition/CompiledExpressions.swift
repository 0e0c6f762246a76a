import FlowCore
import FlowExpression

/// Compiles the Expression Language for property kinds, with a flow's parameters available inside `${…}`.
///
///     FlowLoader(processors: …, services: …, compiler: { CompiledExpressions(parameters: $0, environment: …) })
package struct CompiledExpressions: ExpressionCompiler {
  private let parameters: [String: ExpressionParameter]
  private let environment: ExpressionEnvironment

  /// - Parameter environment: the clock, random numbers and host for functions that need them; the machine's by
  ///   default.
  package init(parameters: [FlowParameter], environment: ExpressionEnvironment = .ofMachine()) {
    self.parameters = Dictionary(
      parameters.map { ($0.name, ExpressionParameter($0.value, isSensitive: $0.isSensitive)) }
    ) { first, _ in first }
    self.environment = environment
  }

  /// References outside of `${…}` were substituted when the flow file was read; what looks like one here comes from a
  /// parameter's value.
  package func compile(_ text: String) throws -> any AttributeExpression {
    // NiFi treats an unclosed expression as text. In a flow file that is more likely a mistake, and `$${` can express
    // the text.
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
  /// Uses the machine's clock and random numbers, as in a run; each environment has its own `nextInt()` counter.
  package static func ofMachine() -> ExpressionEnvironment {
    ExpressionEnvironment(time: DispatchTimeSource(), random: SystemRandomSource())
  }

  /// Uses the given clock and random numbers, and the host on which the process runs.
  package init(time: any TimeSource, random: any RandomSource) {
    self.init(now: { time.now.milliseconds }, random: { random.next() }, uuid: { FlowFileID(random).text })
  }
}

/// A compiled expression, evaluated on FlowFiles.
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

  func evaluate(_ flowFile: FlowFile, decorating decorate: (String) -> String) throws -> String {
    do {
      return try expression.evaluate(FlowFileAttributes(flowFile: flowFile), environment: environment, decorating: decorate)
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

/// A FlowFile's attributes as expressions see them, with NiFi's pseudo attributes first. Queue-related ones are unset
/// because a processor has no access to its queue.
struct FlowFileAttributes: AttributeSource {
  let flowFile: FlowFile

  /// Attributes that every FlowFile has without a processor setting them. The last two describe NiFi's queues: always
  /// unset here, but accepted.
  static let pseudoNames: Set<String> = [
    "uuid", "fileSize", "entryDate", "lineageStartDate", "flowFileId", "lastQueueDate", "queueDateIndex",
  ]

  subscript(name: String) -> String? {
    switch name {
    case "fileSize": String(flowFile.content.loadedSizeBytes)
    case "entryDate", "lineageStartDate": String(flowFile.created.milliseconds)
    case "flowFileId": flowFile.id.text
    default: flowFile[name]
    }
  }

  /// Sorted, so that functions over several attributes are deterministic.
  var names: [String] { (flowFile.attributes.names + ["uuid"]).sorted() }
}
