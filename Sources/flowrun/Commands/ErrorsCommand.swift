import ArgumentParser
import FlowCore
import FlowErrors
import FlowFileSystem
import FlowRuntime
import StudyModel
import StudyParticipants

struct ErrorsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "errors", abstract: "Shows the error folder, and throws entries of it away.",
    subcommands: [List.self, Show.self, Discard.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Lists entries, the oldest first.",
      discussion: "Of every flow and database whose entries lie in the folder; `errors show` says to whom an entry belongs.")

    @Option(help: ArgumentHelp("Sums up by cause, participant or processor.", valueName: "cause|participant|processor"))
    var by: EntrySummary.Grouping?
    @OptionGroup var filter: EntryFilter
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let all = try await ErrorFolderAccess(options, terminal).entries()
        let entries = try filter.chosen(
          all, now: DispatchTimeSource().now, folder: options.errors)
        let summaries = by.map { EntrySummary.all(entries, by: $0) }
        guard format.format == .text else {
          return terminal.print(try summaries.map { try JSONOutput.text($0) } ?? JSONOutput.text(entries.map(\.document)))
        }
        if entries.isEmpty { return terminal.note(all.isEmpty ? "no entries in \(options.errors)" : "none of the \(all.count) entries in \(options.errors) matches") }
        for line in summaries.map({ EntryTable.lines($0, terminal) }) ?? EntryTable.lines(entries, terminal) { terminal.print(line) }
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows one entry.")
    @Argument(help: ArgumentHelp("The entry's uuid; a prefix that only it has is enough.", valueName: "uuid")) var uuid: String
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let entries = try await ErrorFolderAccess(options, terminal).entries()
        guard let entry = try ErrorFolderAccess.named([uuid], among: entries, CommandHint(options)).last else { return }
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
      return lines + document.attributes.sorted { $0.key < $1.key }.map { name, value in "    \(name) = \(value)" }
    }
  }

  struct Discard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "discard", abstract: "Throws entries away, and says what that leaves uncollected.",
      discussion: "Nothing is written to the database. All are looked up before the first is removed.")
    @Argument(help: ArgumentHelp("The entries' uuids; a prefix that only one has is enough.", valueName: "uuid")) var uuids: [String]
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      try await CommandFailure.exiting(terminal) {
        let access = ErrorFolderAccess(options, terminal)
        let hint = CommandHint(options)
        let entries = try ErrorFolderAccess.named(uuids, among: try await access.entries(), hint)
        for entry in entries { try await access.folder.remove(entry) }
        let discarded = entries.map { DiscardedEntry($0, hint: hint) }
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

/// Opens the error folder for the commands that only look at it.
struct ErrorFolderAccess {
  let folder: ErrorFolder
  private let options: FlowOptions
  private let terminal: Terminal

  init(_ options: FlowOptions, _ terminal: Terminal) {
    self.options = options
    self.terminal = terminal
    folder = ErrorFolder(folder: options.errors, fileSystem: POSIXFileSystem(), lane: DispatchLane(label: "error folder"))
  }

  /// Every entry; warns of those that cannot be read, and exits with 64 where there is no such folder.
  func entries() async throws -> [StoredEntry] {
    guard try POSIXFileSystem().status(options.errors)?.isFolder == true else {
      terminal.complain("error: there is no folder \(options.errors); expected the entries of a run: run a flow first, or name its --errors")
      throw ExitCode.usage
    }
    let listing = try await folder.entries()
    for damaged in listing.damaged { terminal.complain("warning: \(damaged)") }
    return listing.entries
  }

  /// The entries that uuids or their beginnings name, each once, the oldest of a uuid first. Throws `Diagnostics` for what names none or several.
  static func named(_ names: [String], among entries: [StoredEntry], _ hint: CommandHint) throws -> [StoredEntry] {
    var problems: [Diagnostic] = []
    var found: [StoredEntry] = []
    for name in names {
      let matching = name.isEmpty ? [] : entries.filter { $0.document.uuid.hasPrefix(name) }
      // One that failed again in a replay has the same uuid twice until the next run has cleared the older one.
      if Set(matching.map(\.document.uuid)).count == 1 {
        found += matching.filter { entry in !found.contains { $0.path == entry.path } }
      } else {
        problems.append(
          Diagnostic(
            matching.isEmpty ? .unknownName : .ambiguousName, subject: "entry '\(name)'", found: matching.isEmpty ? "there is none" : "it begins \(matching.count) entries",
            expected: matching.isEmpty ? "an entry's uuid" : "more of its uuid", hint: "they are listed by: \(hint.command("errors", "list"))"))
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return found
  }
}
