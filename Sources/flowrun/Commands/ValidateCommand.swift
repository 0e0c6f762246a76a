import ArgumentParser
import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import StudyParticipants

struct ValidateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Finds every problem of flow files.",
    discussion: "Touches no network and no database. Each problem is file:line:column: what was found; what was expected; a hint.")

  @Argument(help: ArgumentHelp("Flow files.", valueName: "flow"))
  var flows: [String]
  @OptionGroup var options: FlowOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    let access = FlowFileAccess(fileSystem: POSIXFileSystem(), terminal: terminal)
    let given = try access.given(options)
    var problemCount = 0
    for flow in flows {
      switch try access.load(flow, given: given) {
      case .success(let graph):
        terminal.note("\(flow): valid, \(graph.processors.count) processors")
        for cycle in graph.cycles {
          terminal.note("\(flow): note: a loop, bounded by a retry or a condition: \((cycle + [cycle[0]]).joined(separator: " → "))")
        }
      case .failure(let problems):
        problemCount += problems.all.count
        for problem in problems.all { terminal.complain(problem.description) }
      }
    }
    if problemCount > 0 {
      terminal.note("\(problemCount) \(problemCount == 1 ? "problem" : "problems")")
      throw ExitCode.misconfigured
    }
  }
}
