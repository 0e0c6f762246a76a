import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel
import StudyReport

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Writes one page for the study's monitor: who needs a person, what is there, what is missing, and why.",
    discussion: """
      An HTML file without script, network or fonts, to be mailed, printed and archived. The numbers are those of `flowrun coverage`, the \
      error folder, the ledger and the history of runs; the page says what each of them counts. Reads only; makes no request.
      --from and --until refer to days in each participant's zone. The file takes the place of the one before in one step.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("The page, in a folder that exists.", valueName: "file.html")) var target: String
  @Option(help: ArgumentHelp("Only from this day on, in the participant's zone.", valueName: "date")) var from: DateArgument?
  @Option(help: ArgumentHelp("Only before this day, in the participant's zone.", valueName: "date")) var until: DateArgument?
  @Option(help: ArgumentHelp("Only participants whose name matches, such as 'P00*'.", valueName: "glob")) var participant: [String] = []
  @Option(help: ArgumentHelp("Minutes of heart rate that make a day valid.", valueName: "n")) var validMinutes = StudyFigures.validMinutes
  @OptionGroup var options: FlowOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  private var file: TargetFile { TargetFile(option: "-o", path: target, example: "study.html", beginning: "<!doctype html", kind: "a page") }

  func validate() throws {
    try file.validate()
    if !(1...1440).contains(validMinutes) { throw ValidationError("--valid-minutes is \(validMinutes); expected 1 to 1440, the minutes of a day") }
    if let from, let until, from.date >= until.date {
      throw ValidationError("--until \(until.date.text) is not after --from \(from.date.text); expected a half-open window [from, until)")
    }
  }

  func run() async throws {
    let terminal = Terminal(output)
    let fileSystem = POSIXFileSystem()
    try file.check(fileSystem)
    let graph = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).graph(flow, options: options)
    var request = FiguresRequest(graph: graph, errors: options.errors, state: options.state, hint: CommandHint(options))
    request.selection = participant.isEmpty ? .all : ParticipantSelection(patterns: participant)
    request.view = CoverageView(from: from?.date, until: until?.date)
    request.validMinutes = validMinutes
    try await CommandFailure.exiting(terminal) {
      let figures = try await StudyFigures.gather(request, on: .here(fileSystem))
      try ReportFile(path: target, fileSystem: fileSystem).write(try ReportPage(figures).html())
      if format.format == .json { terminal.print(try JSONOutput.text(figures)) } else { terminal.print("\(target): \(figures.verdict)") }
    }
  }
}
