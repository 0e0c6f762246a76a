import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel
import StudyParticipants

struct CoverageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage", abstract: "Shows for every participant and data type what has been collected, what is missing, and why.",
    discussion: """
      Every minute (or day) from enrolment to the latest sync is in one state: have, not worn, lost, failed, deferred, never asked; \
      later time is not synced. Reads participant files, database and error folder; makes no request and writes nothing.
      The first line is the verdict. --from, --until and --days refer to days in each participant's zone.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(help: ArgumentHelp("Only participants whose name matches, such as 'P00*'.", valueName: "glob")) var participant: [String] = []
  @OptionGroup var view: CoverageViewOptions
  @Flag(help: "One line per participant, and the totals.") var summary = false
  @Flag(help: "Only gaps that need action.") var problems = false
  @Flag(help: "Times in the participant's zone instead of UTC.") var local = false
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
      view: view.view, hint: CommandHint(options), on: .here(fileSystem))
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
