import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel
import StudyParticipants
import StudyProcessors

struct RecollectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recollect", abstract: "Marks slices to be requested again by the next run.",
    discussion: """
      Rows are kept until the new answers arrive. Use it after correcting or adding a column, with --flow-changed for everything that \
      another version of the flow wrote. Makes no request itself.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(help: ArgumentHelp("Only this data type.", valueName: "name")) var dataType: [String] = []
  @Option(help: ArgumentHelp("Only participants whose name matches, such as 'P00*'.", valueName: "glob")) var participant: [String] = []
  @OptionGroup var time: WindowOptions
  @Flag(help: "Only slices written by another version of the flow file.") var flowChanged = false
  @Flag(help: "Shows what would be marked; writes nothing.") var dryRun = false
  @OptionGroup var reason: ReasonOption
  @OptionGroup var options: FlowOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    let fileSystem = POSIXFileSystem()
    let window = try time.window()
    let graph = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).graph(flow, options: options)
    let recollection = Recollection(
      graph: graph, dataTypes: dataType, selection: participant.isEmpty ? .all : ParticipantSelection(patterns: participant),
      window: window, flowChanged: flowChanged, on: .here(fileSystem))
    try await CommandFailure.exiting(terminal) {
      let run = CommandHint(options).command(flow)
      if dryRun { return try show(try await recollection.run(dryRun: true, run: run), terminal) }
      // An act on a database that is not there would make one.
      try await recollection.checkDatabase(run: run)
      let act = try AuditedAct(reason.act("recollect"), on: graph, state: options.state, machine: .here(fileSystem), warn: terminal.complain)
      let found = try await act.run { try await recollection.run(dryRun: false, run: run) } outcome: { found in
        AuditOutcome("\(Self.amount(found)) to be requested again")
      }
      try show(found, terminal)
    }
  }

  /// `2 slices of 1 participant`.
  private static func amount(_ found: [Recollection.Marked]) -> String {
    let slices = found.reduce(0) { $0 + $1.slices }, people = Set(found.map(\.participant)).count
    return "\(slices) \(slices == 1 ? "slice" : "slices") of \(people) \(people == 1 ? "participant" : "participants")"
  }

  private func show(_ found: [Recollection.Marked], _ terminal: Terminal) throws {
    guard format.format == .text else { return terminal.print(try JSONOutput.text(found)) }
    guard !found.isEmpty else { return terminal.note("no slice matches: nothing to request again") }
    var table = TextTable([("participant", .left), ("data type", .left), ("slices", .right), ("from", .left), ("until", .left)])
    for marked in found { table.add([marked.participant, marked.dataType, String(marked.slices), marked.from, marked.until]) }
    for line in table.fitted(to: terminal.width, cutting: [1, 0]).lines(terminal) { terminal.print(line) }
    let sum = Self.amount(found)
    terminal.print(
      dryRun ? "\(sum) would be requested again; nothing was written" : "\(sum) will be requested again by the next run: \(CommandHint(options).command(flow))")
  }
}
