import ArgumentParser
import FlowCore
import FlowServices

struct ErrorsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "errors", abstract: "Shows the error folder.", subcommands: [List.self, Show.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists entries, the oldest first.")
    enum Grouping: String, ExpressibleByArgument, CaseIterable { case cause }

    @Option(help: ArgumentHelp("Sums up by cause.", valueName: "cause")) var by: Grouping?
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let terminal = Terminal(output)
      let listing = try await ErrorFolderAccess.open(options).entries(flow: nil)
      for damaged in listing.damaged { terminal.complain("warning: \(damaged)") }
      if by == .cause { try printCauses(listing.entries, terminal) } else { try printEntries(listing.entries, terminal) }
    }

    private func printEntries(_ entries: [StoredEntry], _ terminal: Terminal) throws {
      guard format.format == .text else { return terminal.print(try JSONOutput.text(entries.map(\.document))) }
      var table = TextTable([
        ("uuid", .left), ("cause", .left), ("participant", .left), ("processor", .left), ("slice", .left), ("message", .left),
      ])
      for entry in entries {
        let slice = [AttributeName.dataType, AttributeName.sliceStart].compactMap { entry.document.attributes[$0] }
        table.add([
          entry.document.uuid, entry.cause.rawValue, entry.participant ?? "-", entry.document.processor,
          slice.isEmpty ? "-" : slice.joined(separator: " "), String(entry.document.message.prefix(100)),
        ])
      }
      if table.isEmpty { return terminal.note("no entries in \(options.errors)") }
      for line in table.lines(terminal) { terminal.print(line) }
    }

    private func printCauses(_ entries: [StoredEntry], _ terminal: Terminal) throws {
      let causes = Dictionary(grouping: entries, by: \.cause)
        .map { CauseSummary(cause: $0.key, entries: $0.value) }
        .sorted { ($1.count, $0.cause) < ($0.count, $1.cause) }
      guard format.format == .text else { return terminal.print(try JSONOutput.text(causes)) }
      var table = TextTable([("cause", .left), ("entries", .right), ("participants", .right), ("retryable", .left), ("for example", .left)])
      for cause in causes {
        table.add([
          cause.cause, String(cause.count), String(cause.participants), cause.retryable ? "yes" : "no", String(cause.example.prefix(100)),
        ])
      }
      if table.isEmpty { return terminal.note("no entries in \(options.errors)") }
      for line in table.lines(terminal) { terminal.print(line) }
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
      let matching = try await ErrorFolderAccess.open(options).entries(flow: nil).entries.filter { $0.document.uuid.hasPrefix(uuid) }
      guard let entry = matching.first, matching.count == 1 else {
        throw ValidationError(
          matching.isEmpty ? "there is no entry '\(uuid)'; flowrun errors list shows them" : "'\(uuid)' begins \(matching.count) entries; give more of it")
      }
      guard format.format == .text else { return terminal.print(try JSONOutput.text(entry.document)) }
      let document = entry.document
      terminal.print("\(terminal.styled(document.uuid, .bold))  \(document.cause)\(document.retryable ? " (retryable)" : "")")
      terminal.print("  \(document.message)")
      terminal.print("  at \(document.time), processor '\(document.processor)' (\(document.processorType)), relationship \(document.relationship)")
      terminal.print("  tries \(document.attempts)\(document.status.map { ", HTTP \($0)" } ?? ""), run \(document.run)")
      terminal.print("  in \(entry.path)")
      for (name, value) in document.attributes.sorted(by: { $0.key < $1.key }) { terminal.print("    \(name) = \(value)") }
    }
  }
}

/// Entries of one cause, summed up.
struct CauseSummary: Encodable {
  var cause: String
  var count: Int
  var participants: Int
  var retryable: Bool
  var example: String

  init(cause: Cause, entries: [StoredEntry]) {
    self.cause = cause.rawValue
    count = entries.count
    participants = Set(entries.compactMap(\.participant)).count
    retryable = cause.isRetryable
    example = entries.last?.document.message ?? ""
  }
}

enum ErrorFolderAccess {
  static func open(_ options: FlowOptions) -> ErrorFolder {
    ErrorFolder(folder: options.errors, fileSystem: POSIXFileSystem(), lane: DispatchLane(label: "error folder"))
  }
}
