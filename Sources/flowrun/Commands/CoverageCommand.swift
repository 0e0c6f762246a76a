import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel
import StudyParticipants

struct CoverageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage", abstract: "Says of every participant and data type what is there, what is missing, and why.",
    discussion: """
      Every minute (or day) from enrolment to the latest sync is in one state: have, not worn, lost, failed, deferred, never asked;
      what follows is not synced. Reads participant files, database and error folder; asks nobody and writes nothing.
      The first line is the verdict. Dates of --from, --until and --days are each participant's own days.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(help: ArgumentHelp("Only participants whose name matches, such as 'P00*'.", valueName: "glob")) var participant: [String] = []
  @OptionGroup var view: CoverageViewOptions
  @Flag(help: "A line for each participant, and the totals.") var summary = false
  @Flag(help: "Only what something is to be done about.") var problems = false
  @Flag(help: "Times as the participant's clock shows them; otherwise UTC.") var local = false
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
      view: view.view, hint: CommandHint(options), environment: ToolEnvironment.make(fileSystem))
    do {
      var report = try await survey.report()
      if problems { report = report.problems }
      if summary { report = report.summary }
      guard format.format == .text else { return terminal.print(try JSONOutput.text(report)) }
      let table = CoverageTable(report: report, content: summary ? .summary : problems ? .problems : .everything, isLocal: local)
      for line in table.lines(terminal) { terminal.print(line) }
    } catch {
      throw CommandFailure.exitCode(for: error, terminal)
    }
  }
}
