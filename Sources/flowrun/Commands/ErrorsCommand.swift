import ArgumentParser
import FlowErrors
import FlowRuntime
import StudyModel

struct ErrorsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "errors", abstract: "Shows the error folder and discards entries.",
    subcommands: [List.self, Show.self, Export.self, Discard.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Lists entries, oldest first.",
      discussion: "Includes all flows and databases that share the folder; `errors show` shows the owner of an entry.")

    @Option(help: ArgumentHelp("Groups by cause, participant or processor.", valueName: "cause|participant|processor"))
    var by: EntrySummary.Grouping?
    @OptionGroup var filter: EntryFilterOptions
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        try show(await ErrorRecords.open(options, terminal).list(try filter.filter()), terminal)
      }
    }

    private func show(_ listing: ErrorRecords.Listing, _ terminal: Terminal) throws {
      let entries = listing.entries
      let summaries = by.map { EntrySummary.all(entries, by: $0) }
      guard format.format == .text else {
        return terminal.print(try summaries.map { try JSONOutput.text($0) } ?? JSONOutput.text(entries.map(\.document)))
      }
      guard !entries.isEmpty else {
        return terminal.note(
          listing.total == 0 ? "no entries in \(options.errors)" : "none of the \(listing.total) entries in \(options.errors) match")
      }
      for line in summaries.map({ EntryTable.lines($0, terminal) }) ?? EntryTable.lines(entries, terminal) { terminal.print(line) }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows one entry.")
    @Argument(help: ArgumentHelp("The entry's uuid or a unique prefix of it.", valueName: "uuid")) var uuid: String
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let entry = try await ErrorRecords.open(options, terminal).entry(uuid, hint: CommandHint(options))
        guard format.format == .text else { return terminal.print(try JSONOutput.text(entry.document)) }
        for line in lines(entry, terminal) { terminal.print(line) }
      }
    }

    private func lines(_ entry: StoredEntry, _ terminal: Terminal) -> [String] {
      let document = entry.document
      var lines = [
        "\(terminal.styled(document.uuid, .bold))  \(document.cause)\(document.retryable ? " (retryable)" : "")",
        "  \(document.message)",
        "  at \(document.time), processor '\(document.processor)' (\(document.processorType)), relationship \(document.relationship)",
        "  tries \(document.attempts)\(document.status.map { ", HTTP \($0)" } ?? ""), run \(document.run)",
      ]
      if let way = document.way { lines.append("  way: \(way.joined(separator: " > "))") }
      if let database = document.database { lines.append("  database \(database.path) (\(database.id))") }
      if let provider = document.provider { lines.append("  provider \(provider.name), \(provider.address)") }
      lines.append("  in \(entry.path)")
      let trouble = RunReport.Trouble(
        cause: document.cause, count: 1, participants: entry.participant.map { [$0] } ?? [], retryable: document.retryable, uuid: nil)
      let remedy = TroubleRemedy(trouble, flow: document.flowFile ?? "FLOW", hint: CommandHint(options).assuming(entry.owner))
      // Of a cause without a remedy of its own, this is the place to look.
      if !remedy.isToLook { lines.append("  \(remedy.words): \(remedy.command)") }
      return lines + document.attributes.sorted { $0.key < $1.key }.map { name, value in "    \(name) = \(value)" }
    }
  }

  struct Discard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "discard", abstract: "Discards entries and reports what remains uncollected.",
      discussion: "Leaves the database's rows and ledger as they are; its audit trail notes the discard. All entries are looked up before the first is removed.")
    @Argument(help: ArgumentHelp("Uuids of the entries, or unique prefixes of them.", valueName: "uuid")) var uuids: [String]
    @OptionGroup var reason: ReasonOption
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let discarded = try await ErrorRecords.open(options, terminal).discard(
          uuids, hint: CommandHint(options), as: reason.act("errors discard"), state: options.state, warn: terminal.complain)
        guard format.format == .text else { return terminal.print(try JSONOutput.text(discarded)) }
        for entry in discarded {
          terminal.print("discarded \(entry.uuid) (\(entry.cause)); not collected: \(entry.uncollected)")
          terminal.print("  \(entry.next)")
        }
      }
    }
  }
}

extension EntrySummary.Grouping: ExpressibleByArgument {}

extension ErrorRecords {
  /// The error folder given by the options; unreadable entries are reported as warnings.
  fileprivate static func open(_ options: FlowOptions, _ terminal: Terminal) -> ErrorRecords {
    ErrorRecords(folder: options.errors, on: .here()) { terminal.complain("warning: \($0)") }
  }
}
