import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel

struct TapCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tap", abstract: "Shows the FlowFiles that a processor of a running flow sends on, from another terminal.",
    discussion: """
      Reads from the run's socket in the state folder, so the run must have the same --state, on the same machine and by the same user. Attributes \
      are shown without secrets, contents by their size. A tap never slows the run down: what it cannot keep up with is dropped and counted.
      It ends with the run, after -n FlowFiles, or with Ctrl-C. With --format json, each FlowFile is an object on a line of its own.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Argument(help: ArgumentHelp("A processor, or one of its relationships, such as 'get heart.failure'.", valueName: "processor[.relationship]")) var target: String
  @Option(name: .customShort("n"), help: ArgumentHelp("End after this number of FlowFiles.", valueName: "count")) var count: Int?
  @OptionGroup var options: FlowOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let count, count < 1 { throw ValidationError("-n is \(count); expected at least 1") }
  }

  func run() async throws {
    let terminal = Terminal(output)
    let graph = try FlowFileAccess(fileSystem: POSIXFileSystem(), terminal: terminal).graph(flow, options: options)
    let chosen = try await CommandFailure.exiting(terminal) { try TapTarget(target, in: graph) }
    let client = LiveClient(state: options.state)
    guard let run = await client.run(of: RunRequest(graph: graph, errors: options.errors, state: options.state)), let lines = await client.tap(chosen, of: run.run)
    else {
      terminal.complain("error: no run of '\(graph.name)' is under way in \(options.state); start one: \(CommandHint(options).command(flow))")
      throw ExitCode.unavailable
    }
    try await show(lines, of: run, terminal)
  }

  /// Ends with the run, with the last FlowFile that is wanted, or with a signal.
  private func show(_ lines: AsyncStream<TapLine>, of run: LiveUpdate, _ terminal: Terminal) async throws {
    let reading = Task { [format = format.format, count] in
      var shown = 0, dropped = 0, isAttached = false
      for await line in lines {
        if !isAttached { terminal.note("tap of run \(run.run)\(run.batch.map { " of \($0)" } ?? "")") }
        isAttached = true
        switch line {
        case .dropped(let count): dropped = count
        case .flowFile(let flowFile):
          shown += 1
          terminal.print(format == .json ? String(decoding: flowFile.json, as: UTF8.self) : TapPage.lines(flowFile, terminal).joined(separator: "\n"))
        }
        if shown == count || StandardOutput.isClosed { break }
      }
      return dropped
    }
    let signals = Signals(stop: { reading.cancel() }, stopNow: { reading.cancel() })
    await signals.installed()
    let dropped = await reading.value
    signals.end()
    if dropped > 0 { terminal.note("\(dropped) more passed that are not shown: faster than the tap can tell them") }
    if let signal = signals.first { throw ExitCode.signalled(signal) }
  }
}
