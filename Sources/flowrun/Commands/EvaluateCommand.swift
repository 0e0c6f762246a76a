import ArgumentParser
import FlowDefinition
import FlowExpression
import FlowRuntime
import Foundation

struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Evaluates an expression.",
    discussion: """
      flowrun evaluate '${name:toUpper()}' -a name=anna
      With --lines it reads one object per line from standard input, {"expression": …, "attributes": {…}, "parameters": {…}}, and answers \
      {"value": …} or {"error": …, "phase": "compile"|"evaluate"} on a line each.
      """)

  @Argument(help: ArgumentHelp("The expression.", valueName: "expression")) var expression: String?
  @Option(name: .shortAndLong, help: ArgumentHelp("An attribute.", valueName: "name=value")) var attribute: [String] = []
  @Flag(help: "Evaluates lines of JSON from standard input.") var lines = false
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard lines == (expression == nil) else { throw ValidationError("expected an expression, or --lines") }
  }

  func run() async throws {
    let terminal = Terminal(output)
    guard let expression else { return answerLines(terminal) }
    var attributes: [String: String] = [:]
    for text in attribute {
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
        throw ValidationError("-a takes name=value; '\(text)' has no name and value")
      }
      attributes[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    do {
      terminal.print(try Expression(expression).evaluate(attributes, environment: Machine.here().expressions))
    } catch let problem as ExpressionProblem {
      terminal.complain("error: character \(problem.offset + 1): \(problem)")
      throw ExitCode.needsPerson
    } catch let error as EvaluationError {
      terminal.complain("error: \(error)")
      throw ExitCode.needsPerson
    }
  }

  /// Writes answers in blocks, to save system calls for many lines; a single waiting line is answered at once.
  private func answerLines(_ terminal: Terminal) {
    var answers = ExpressionLines(environment: Machine.here().expressions)
    var waiting = Data()
    let input = FileHandle.standardInput
    while case let block = input.availableData, !block.isEmpty {
      waiting.append(block)
      guard let last = waiting.lastIndex(of: UInt8(ascii: "\n")) else { continue }
      answer(waiting[...last], &answers, terminal)
      waiting = Data(waiting[(last + 1)...])
    }
    if !waiting.isEmpty { answer(waiting, &answers, terminal) }
  }

  private func answer(_ block: Data, _ answers: inout ExpressionLines, _ terminal: Terminal) {
    // Lines end only at line feeds: JSON text may contain other line separators.
    let replies = block.split(separator: UInt8(ascii: "\n")).map { line in
      answers.answer(String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self))
    }
    if !replies.isEmpty { terminal.print(replies.joined(separator: "\n")) }
  }
}
