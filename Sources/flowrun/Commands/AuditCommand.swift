import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Shows and verifies the trail of what people did.",
    discussion: """
      Runs, replays, rebuilds and every other command that changes something leave an entry in the flow's database before they begin and one when they \
      have ended: when, who, command, parameters without secrets, reason, result. Changes of tables leave one, too. Entries are only ever added, and each carries the hash of the one before.
      The trail names participants; it stays when a participant's data are erased.
      """,
    subcommands: [List.self, Verify.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Shows the trail, oldest first.")
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      let fileSystem = POSIXFileSystem()
      let graph = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).graph(flow, options: options)
      try await CommandFailure.exiting(terminal) {
        let records = AuditRecords(graph, state: options.state, on: .here(fileSystem))
        var page = AuditPage(terminal)
        var all: [AuditEntry] = []
        try await records.entries(run: CommandHint(options).command(flow)) { database, entries in
          if format.format == .json { all += entries } else { page.add(entries, of: database) }
        }
        if format.format == .json { return terminal.print(try JSONOutput.text(all)) }
        for line in page.lines { terminal.print(line) }
      }
    }
  }

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify", abstract: "Finds entries that were changed, taken out, put in or cut off.",
      discussion: """
        Every entry is checked against its hash and the entry before it, and the trail's end against those that run reports and the state folder \
        know. Exit: 0 the trail is whole; 1 it is not, and every fault is named.
        """)
    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      let fileSystem = POSIXFileSystem()
      let graph = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).graph(flow, options: options)
      try await CommandFailure.exiting(terminal) {
        let verdicts = try await AuditRecords(graph, state: options.state, on: .here(fileSystem)).verify(run: CommandHint(options).command(flow))
        if format.format == .json {
          terminal.print(try JSONOutput.text(verdicts))
        } else {
          for line in verdicts.flatMap(AuditPage.lines) { terminal.print(line) }
        }
        if verdicts.contains(where: { !$0.faults.isEmpty }) { throw ExitCode.failed }
      }
    }
  }
}
