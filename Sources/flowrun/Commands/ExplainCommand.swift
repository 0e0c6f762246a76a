import ArgumentParser
import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime

struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Shows the effective flow: each value after parameters and defaults, and where it comes from.",
    discussion: """
      An origin is a line of the flow file or of a parameter file, -p, an environment variable, a default, or a default under a condition (when).
      Sensitive values are not shown. Uses neither network nor database.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @OptionGroup var options: FlowOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    let access = FlowFileAccess(fileSystem: POSIXFileSystem(), terminal: terminal)
    let explanation = try access.explanation(flow, options: options)
    guard format.format == .text else { return terminal.print(try JSONOutput.text(explanation)) }
    for line in ExplanationPage.lines(explanation, terminal) { terminal.print(line) }
  }
}
