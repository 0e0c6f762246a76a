import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel
import StudyParticipants

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs a flow for one batch.",
    discussion: """
      Progress goes to standard error; the final table (one object with --format json) goes to standard output.
      Exit: 0 everything written; 65 some participants need a person; 69 database or provider not available; \
      75 retryable work is left, run it again; 78 the flow file or its configuration is not valid; 1 failed; \
      129, 130 or 143 stopped by a signal. If several apply, the last line lists them.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow"))
  var flow: String
  @Option(help: ArgumentHelp("Only participants whose name matches, such as 'P00*' or 'P000[12]'.", valueName: "glob"))
  var only: [String] = []
  @Option(help: ArgumentHelp("Stop taking in FlowFiles after this time; the rest is deferred.", valueName: "duration"))
  var timeout: String?
  @Flag(help: "Say what the run would ask as far as the ledger knows; makes no request and writes nothing.")
  var plan = false
  @OptionGroup var shard: ShardOption
  @OptionGroup var reason: ReasonOption
  @OptionGroup var options: FlowOptions
  @OptionGroup var after: AfterRunOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    let fileSystem = POSIXFileSystem()
    let shard = try await CommandFailure.exiting(terminal) { try self.shard.value(on: .here(fileSystem)) }
    let graph = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).graph(flow, options: options)
    var request = RunRequest(graph: graph, errors: options.errors, state: options.state)
    request.selection = ParticipantSelection(patterns: only.isEmpty ? nil : only, shard: shard)
    request.act = reason.act("run")
    request.timeout = try timeout.map { try DurationArgument.parse($0, of: "--timeout") }
    if plan { return try await show(request, fileSystem, terminal) }
    try await RunPresenter(terminal: terminal, format: format.format, hint: CommandHint(options), after: after.telling).run(request, fileSystem: fileSystem)
  }

  private func show(_ request: RunRequest, _ fileSystem: any FileSystem, _ terminal: Terminal) async throws {
    let plan = try await CommandFailure.exiting(terminal) { try await RunPlanner(request, on: .here(fileSystem)).plan() }
    guard format.format == .text else { return terminal.print(try JSONOutput.text(plan)) }
    for line in PlanPage.lines(plan, terminal) { terminal.print(line) }
  }
}

enum DurationArgument {
  static func parse(_ text: String, of option: String) throws -> Duration {
    guard let duration = Units.duration(text), duration > .zero else {
      throw ValidationError("\(option) is '\(text)'; expected \(Units.expectedDuration(for: text))")
    }
    return duration
  }
}
