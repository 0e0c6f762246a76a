import FlowCore
import FlowExpression

/// NiFi's Expression Language as the compiler of a flow's properties.
package struct CompiledExpressions: ExpressionCompiler {
  private let parameters: [String: ExpressionParameter]
  private let environment: ExpressionEnvironment

  /// - Parameters:
  ///   - parameters: what `#{name}` inside `${…}` refers to.
  ///   - environment: clock, generators and zone of the functions that ask for one.
  package init(parameters: [FlowParameter], environment: ExpressionEnvironment = .system) {
    self.parameters = Dictionary(
      parameters.map { ($0.name, ExpressionParameter($0.value, isSensitive: $0.isSensitive)) }) { first, _ in first }
    self.environment = environment
  }

  package func compile(_ text: String) throws -> any AttributeExpression {
    do {
      return CompiledExpression(
        expression: try Expression(text, parameters: parameters, references: .insideExpressions), environment: environment)
    } catch {
      throw ExpressionMistake(offset: error.offset, found: "found \(error.found)", expected: error.expected, hint: error.hint)
    }
  }
}

/// A compiled expression over a FlowFile's attributes.
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
}

/// A FlowFile as expressions see it: NiFi's pseudo attributes first, then its own.
private struct FlowFileAttributes: AttributeSource {
  let flowFile: FlowFile

  subscript(name: String) -> String? {
    switch name {
    case "fileSize": String(flowFile.content.sizeBytes)
    case "entryDate", "lineageStartDate": String(flowFile.created.milliseconds)
    case "flowFileId": String(flowFile.id.low)
    default: flowFile[name]
    }
  }
  var names: [String] { (Array(flowFile.attributes.names) + ["uuid"]).sorted() }
}
