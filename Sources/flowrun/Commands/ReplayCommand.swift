import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel
import StudyParticipants

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Puts FlowFiles of the error folder back in at the processor that failed, or at an earlier one.",
    discussion: """
      Where the answer itself was at fault the provider is asked again; after the flow was edited, the mapping gets another try on the
      answer that was kept. --from names the processor at which all go back in.
      An entry is removed when its data is committed, and not before; one whose slice was written meanwhile is cleared.
      Entries of other databases or providers are left alone. Exit codes are those of a run.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(help: ArgumentHelp("Only entries of this cause.", valueName: "cause")) var cause: Cause?
  @Option(help: ArgumentHelp("Only participants whose name matches.", valueName: "glob")) var participant: [String] = []
  @Option(help: ArgumentHelp("Only entries of this processor.", valueName: "name")) var processor: String?
  @Option(help: ArgumentHelp("Back in at this processor, which they have passed.", valueName: "processor")) var from: String?
  @Flag(help: "Says what it would do; does nothing.") var dryRun = false
  @Flag(help: "Takes entries of an earlier version of the flow file too.") var allowFlowChange = false
  @Option(help: ArgumentHelp("Stop taking in after this long; what is left is deferred.", valueName: "duration")) var timeout: String?
  @OptionGroup var options: FlowOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    let fileSystem = POSIXFileSystem()
    let graph = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).graph(flow, options: options)
    let choice = ReplayChoice(
      graph: graph, errors: options.errors, participants: participant, cause: cause, processor: processor, from: from,
      allowsFlowChange: allowFlowChange, environment: ToolEnvironment.make(fileSystem))
    var request = RunRequest(graph: graph, errors: options.errors, state: options.state)
    request.timeout = try timeout.map { try DurationArgument.parse($0, of: "--timeout") }
    let (plan, ownCount, damaged, foreignCount) = try await CommandFailure.exiting(terminal) { try await choice.plan(dryRun: dryRun) }
    for damaged in damaged { terminal.complain("warning: \(damaged)") }
    if foreignCount > 0 { terminal.note("left alone, of another database or provider: \(ReplayReport.entries(foreignCount))") }
    let report = ReplayReport(plan: plan, graph: graph, hint: CommandHint(options), flow: flow)
    if dryRun { return try report.show(format.format, terminal) }
    for line in report.refusals { terminal.complain(line) }
    if plan.isEmpty, !plan.refused.isEmpty {
      throw try report.refuseAll(format.format, terminal, errors: RunReport.Errors(count: ownCount, folder: options.errors))
    }
    request.replay = plan
    request.selection = plan.triggersSources ? plan.selection : .all
    try await RunPresenter(terminal: terminal, format: format.format, hint: CommandHint(options)).run(request, fileSystem: fileSystem)
  }
}

extension Cause: ExpressibleByArgument {}
