import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel
import StudyParticipants

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Injects FlowFiles from the error folder at the processor that failed, or at an earlier one.",
    discussion: """
      If the answer itself was at fault, the provider is asked again; after an edit of the flow, the mapping is retried on the stored \
      response. --from names the processor at which all FlowFiles re-enter.
      An entry is removed only when its data is committed; one whose slice has been written since is removed without a replay.
      Entries of other databases or providers are left alone. Exit codes are those of a run.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(help: ArgumentHelp("Only entries with this cause.", valueName: "cause")) var cause: Cause?
  @Option(help: ArgumentHelp("Only participants whose name matches.", valueName: "glob")) var participant: [String] = []
  @Option(help: ArgumentHelp("Only entries that failed at this processor.", valueName: "name")) var processor: String?
  @Option(help: ArgumentHelp("Re-enter at this processor, which they have passed.", valueName: "processor")) var from: String?
  @Flag(help: "Shows what would be done; does nothing.") var dryRun = false
  @Flag(help: "Also replays entries of an earlier version of the flow file.") var allowFlowChange = false
  @Option(help: ArgumentHelp("Stop taking in FlowFiles after this time; the rest is deferred.", valueName: "duration")) var timeout: String?
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
    let choice = ReplayChoice(
      graph: graph, errors: options.errors, participants: participant, cause: cause, processor: processor, from: from,
      allowsFlowChange: allowFlowChange, shard: shard, on: .here(fileSystem))
    var request = RunRequest(graph: graph, errors: options.errors, state: options.state)
    request.timeout = try timeout.map { try DurationArgument.parse($0, of: "--timeout") }
    let (plan, ownCount, damaged, foreignCount) = try await CommandFailure.exiting(terminal) { try await choice.plan(dryRun: dryRun) }
    for damaged in damaged { terminal.complain("warning: \(damaged)") }
    if foreignCount > 0 { terminal.note("left alone because they belong to another database or provider: \(ReplayReport.entries(foreignCount))") }
    let report = ReplayReport(plan: plan, graph: graph, hint: CommandHint(options), flow: flow)
    if dryRun { return try report.show(format.format, terminal) }
    for line in report.refusals { terminal.complain(line) }
    if plan.isEmpty, !plan.refused.isEmpty {
      throw try report.refuseAll(format.format, terminal, errors: RunReport.Errors(count: ownCount, folder: options.errors))
    }
    request.replay = plan
    request.act = reason.act("replay")
    request.selection = plan.triggersSources ? plan.selection : .all
    request.selection.shard = shard
    try await RunPresenter(terminal: terminal, format: format.format, hint: CommandHint(options), after: after.telling).run(request, fileSystem: fileSystem)
  }
}

extension Cause: ExpressibleByArgument {}
