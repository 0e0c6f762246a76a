import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel

struct RebuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild", abstract: "Makes rows and ledger again from the kept responses, without asking the provider.",
    discussion: """
      The part of the flow behind its requests runs on the responses that a run with -p raw=… has kept. Into an empty database it brings what \
      the runs that fetched had made of them; in a filled one it changes what the flow now makes differently. A row that a later answer did not \
      have any more keeps its values; rebuild into a new database to have those made again, too.
      --from-folder reads an archive that others made instead: plain responses as files PARTICIPANT/DATA_TYPE/DATE.json. A file's time is when \
      it was written; what cannot be placed is listed (65).
      An object whose hash does not fit is an entry of the error folder (bad_data), never rows. Exit codes are those of a run.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(help: ArgumentHelp("Only participants whose name matches, such as 'P00*'.", valueName: "glob")) var participant: [String] = []
  @Option(help: ArgumentHelp("Only this data type.", valueName: "name")) var dataType: [String] = []
  @OptionGroup var time: WindowOptions
  @Option(help: ArgumentHelp("Read files PARTICIPANT/DATA_TYPE/DATE.json below this folder instead of the raw storage.", valueName: "folder")) var fromFolder: String?
  @Option(help: ArgumentHelp("With --from-folder: the zone of participants who are not in the batch, such as America/Chicago.", valueName: "zone")) var zone: String?
  @OptionGroup var reason: ReasonOption
  @OptionGroup var options: FlowOptions
  @OptionGroup var after: AfterRunOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    let fileSystem = POSIXFileSystem()
    let window = try time.window()
    if zone != nil, fromFolder == nil { throw ValidationError("--zone is given without --from-folder, which alone uses it: add --from-folder FOLDER, or leave --zone out") }
    let graph = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).graph(flow, options: options)
    let rebuild = RebuildRequest(
      dataTypes: dataType, window: window, archive: fromFolder.map { RebuildRequest.Archive(folder: $0, zone: zone) })
    try await CommandFailure.exiting(terminal) { try rebuild.check(graph, on: .here(fileSystem)) }
    var request = RunRequest(graph: graph, errors: options.errors, state: options.state)
    request.rebuild = rebuild
    request.act = reason.act("rebuild")
    request.selection = ParticipantSelection(patterns: participant.isEmpty ? nil : participant)
    try await RunPresenter(terminal: terminal, format: format.format, hint: CommandHint(options), after: after.telling).run(request, fileSystem: fileSystem)
  }
}
