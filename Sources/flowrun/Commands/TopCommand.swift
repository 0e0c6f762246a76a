import ArgumentParser
import FlowCore
import FlowRuntime
import StudyModel

struct TopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Shows what a running flow does, from another terminal.",
    discussion: """
      Reads from the run's socket in the state folder, so the run must have the same --state, on the same machine and by the same user. On a terminal the \
      table is redrawn as the run moves, until the run ends. With --once, or where there is no terminal, it is printed once, for every run under \
      way; --format json prints a list. Rates are FlowFiles a second: of the last moment, or with --once since the run began.
      """)

  @Argument(help: ArgumentHelp("A run's id or a unique prefix of it; default: the newest, with --once all.", valueName: "run")) var run: String?
  @Flag(help: "Print one table and exit.") var once = false
  @OptionGroup var options: FlowOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    let client = LiveClient(state: options.state)
    let runs = try await CommandFailure.exiting(terminal) { try chosen(await client.runs()) }
    func page(_ size: TerminalSize) -> LivePage { LivePage(size: size) { terminal.styled($0, $1) } }
    if format.format == .json { return terminal.print(try JSONOutput.text(runs)) }
    guard let newest = runs.last else { return terminal.note("no run is under way in \(options.state); flowrun runs lists those that have ended") }
    guard !once, terminal.redrawsOutput, let updates = await client.updates(of: newest.run) else {
      for (index, run) in runs.enumerated() {
        if index > 0 { terminal.print("") }
        let size = TerminalSize(columns: terminal.width ?? LivePage.usual.columns, rows: LivePage.usual.rows)
        for line in page(size).lines(run) { terminal.print(line) }
      }
      return
    }
    let others = runs.dropLast().map(\.run)
    var window = LiveWindow()
    for await update in updates {
      window.take(update)
      terminal.redraw { page($0).fullScreen(update, since: window.before, others: others) }
    }
  }

  /// Throws `Diagnostics` (a usage error) if the run that was named is not under way.
  private func chosen(_ runs: [LiveUpdate]) throws(Diagnostics) -> [LiveUpdate] {
    guard let run else { return runs }
    let matching = runs.filter { $0.run.hasPrefix(run) }
    if matching.count == 1 { return matching }
    let hint = runs.isEmpty ? "flowrun runs lists those that have ended" : NearestName.hint(for: run, among: runs.map(\.run))
    throw Diagnostics([
      Diagnostic(
        .unknownName, subject: "run '\(run)'", found: matching.isEmpty ? "no such run is under way in \(options.state)" : "\(matching.count) runs begin with it",
        expected: "the id of a run under way, or the beginning of one id", hint: hint)
    ])
  }
}
