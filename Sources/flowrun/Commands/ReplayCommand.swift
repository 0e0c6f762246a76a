import ArgumentParser
import FlowCore
import FlowServices

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Puts FlowFiles of the error folder back in at the processor that failed.",
    discussion: """
      An entry is removed when its data is committed, and not before; one whose slice was written meanwhile is cleared.
      Exit codes are those of a run.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(help: ArgumentHelp("Only entries of this cause.", valueName: "cause")) var cause: Cause?
  @Option(help: ArgumentHelp("Only participants whose name matches.", valueName: "glob")) var participant: String?
  @Option(help: ArgumentHelp("Only entries of this processor.", valueName: "name")) var processor: String?
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
    let listing = try await ErrorFolderAccess.open(options).entries(flow: graph.name)
    for damaged in listing.damaged { terminal.complain("warning: \(damaged)") }
    let plan = ReplayPlan(chosen(listing.entries), graph: graph, allowsFlowChange: allowFlowChange)
    for (entry, reason, _) in plan.refused { terminal.complain("not replayed: \(entry.path): \(reason)") }
    if dryRun { return show(plan, terminal) }
    var request = BatchRequest(graph: graph, errors: options.errors, state: options.state)
    request.replay = plan
    request.selection = plan.triggersSources ? plan.selection : .all
    request.timeout = try timeout.map { try DurationArgument.parse($0, of: "--timeout") }
    try await BatchRunner(terminal: terminal, format: format.format).run(request, fileSystem: fileSystem)
  }

  private func chosen(_ entries: [StoredEntry]) -> [StoredEntry] {
    entries.filter { entry in
      (cause == nil || entry.cause == cause)
        && (participant.map { Glob.matches(entry.participant ?? "", pattern: $0) } ?? true)
        && (processor == nil || entry.document.processor == processor)
    }
  }

  private func show(_ plan: ReplayPlan, _ terminal: Terminal) {
    for entry in plan.returning { terminal.print("would return to '\(entry.document.processor)': \(entry.path)") }
    for entry in plan.rereading { terminal.print("would read \(entry.participant ?? "the participant") again: \(entry.path)") }
    terminal.print(
      "\(plan.returning.count + plan.rereading.count) to replay, \(plan.refused.count) refused")
  }
}

extension Cause: ExpressibleByArgument {}
