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
      var table = TextTable([
        ("run", .left), ("flow", .left), ("status", .left), ("exit", .right), ("started", .left), ("finished", .left),
      ])
      for run in runs {
        table.add([run.run, run.flow, run.status.rawValue, run.exit.map { String($0) } ?? "-", Self.seconds(run.started), run.finished.map(Self.seconds) ?? "-"])
      }
      for line in table.lines(terminal) { terminal.print(line) }
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
