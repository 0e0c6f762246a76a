import ArgumentParser
import FlowRuntime
import StudyModel

struct RunsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "Shows the history of runs.", subcommands: [List.self, Show.self, Prune.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists runs, newest first.")
    @Option(help: "Maximum number of runs.") var limit = 50
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) { try show(await options.runRecords().runs(limit: limit), terminal) }
    }

    private func show(_ runs: [RunSummary], _ terminal: Terminal) throws {
      guard format.format == .text else { return terminal.print(try JSONOutput.text(runs)) }
      guard !runs.isEmpty else { return terminal.note("no run is recorded in \(options.state) yet") }
      let whole = Self.table(runs, isShort: false)
      let isTooWide = terminal.width.map { whole.surplus(over: $0) != nil } ?? false
      let table = isTooWide ? Self.table(runs, isShort: true).fitted(to: terminal.width, cutting: [(1, 8), (2, 8)]) : whole
      for line in table.lines(terminal) { terminal.print(line) }
    }

    /// - Parameter isShort: when it began is told to the minute, as the run's id tells the second; when it ended on the same day without the date.
    private static func table(_ runs: [RunSummary], isShort: Bool) -> TextTable {
      var table = TextTable([
        ("run", .left), ("flow", .left), ("status", .left), ("exit", .right), ("started", .left), ("finished", .left),
      ])
      for run in runs {
        let started = seconds(run.started), finished = run.finished.map(seconds), date = started.prefix(11)
        table.add([
          run.run, run.flow, run.status.rawValue, run.exit.map { String($0) } ?? "-", isShort ? started.prefix(16) + "Z" : started,
          finished.map { isShort && $0.hasPrefix(date) ? String($0.dropFirst(date.count)) : $0 } ?? "-",
        ])
      }
      return table
    }

    /// A time in whole seconds, as both ends are shown.
    private static func seconds(_ time: String) -> String { time.replacing(#/\.\d+Z$/#, with: "Z") }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows the report of a run, with its warnings.")
    @Argument(help: ArgumentHelp("A run's id or a unique prefix of it; default: the last run.", valueName: "run")) var run: String?
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let report = try await options.runRecords().report(of: run)
        terminal.print(
          format.format == .json
            ? try JSONOutput.text(report)
            : (RunTable.warnings(report) + RunTable.lines(report, terminal, CommandHint(options))).joined(separator: "\n"))
      }
    }
  }

  struct Prune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "prune", abstract: "Removes old runs, and the ways of their FlowFiles, from the history.")
    @Option(help: ArgumentHelp("Removes runs that began longer ago than this.", valueName: "duration")) var olderThan: String
    @OptionGroup var reason: ReasonOption
    @OptionGroup var options: FlowOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      let age = try DurationArgument.parse(olderThan, of: "--older-than")
      try await CommandFailure.exiting(terminal) {
        let count = try await options.runRecords().prune(olderThan: age, as: reason.act("runs prune"), warn: terminal.complain)
        terminal.print("removed \(count) \(count == 1 ? "run" : "runs")")
      }
    }
  }
}
