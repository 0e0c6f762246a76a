import ArgumentParser
import FlowCore
import FlowServices

struct CoverageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage", abstract: "Says of every participant and data type what is there, what is missing, and why.",
    discussion: """
      Every minute (or day) from enrolment to the latest sync is in one state: have, not worn, lost, failed, deferred, never asked;
      what follows is not synced. Reads participant files, database and error folder; asks nobody and writes nothing.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(help: ArgumentHelp("Only participants whose name matches, such as 'P00*'.", valueName: "glob")) var participant: [String] = []
  @OptionGroup var options: FlowOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    let fileSystem = POSIXFileSystem()
    let graph = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).graph(flow, options: options)
    let survey = CoverageSurvey(
      graph: graph, errors: options.errors,
      selection: participant.isEmpty ? .all : ParticipantSelection(patterns: participant),
      environment: ToolEnvironment.make(fileSystem))
    do {
      let report = try await survey.report()
      guard format.format == .text else { return terminal.print(try JSONOutput.text(report)) }
      for line in CoverageTable.lines(report, terminal) { terminal.print(line) }
    } catch {
      throw CommandFailure.exitCode(for: error, terminal)
    }
  }
}
