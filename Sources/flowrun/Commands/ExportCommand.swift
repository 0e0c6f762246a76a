import ArgumentParser
import FlowCore
import FlowExport
import FlowFileSystem
import FlowObjects
import FlowRuntime
import StudyModel

struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Writes the database's tables as files for analysis.",
    discussion: """
      A table is divided by months, TABLE/month=2026-01/part-0.parquet: the UTC month of the instant, or the month of the date. A table without \
      time is one file. Participants are named. Every file takes the place of the one before in one step, and _manifest.json, written last, lists \
      the files with their days, rows and hashes, and the columns that a layout has and flowrun cannot fill. Equal exports are equal bytes.
      --from and --until choose days: UTC days of instants, dates as they are, and always whole tables without time. Other months stay as they are.
      A file is replaced only by one that covers its days; a target holds one layout, format and selection of participants.
      A run may write meanwhile: each participant's part of a file is read from one snapshot. Someone who was withdrawn and erased is in no \
      later export; files that were written before keep the rows until the export is repeated.
      Layouts: \(ExportLayout.all.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")).
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("A folder, or s3://BUCKET/PREFIX.", valueName: "target")) var target: String
  @Option(help: ArgumentHelp("How tables look: \(ExportCommand.layouts).", valueName: "layout")) var layout = ExportLayout.flowrun.name
  @Option(help: ArgumentHelp("The format of the files: parquet or csv.", valueName: "parquet|csv")) var format = ExportFormat.parquet
  @Option(help: ArgumentHelp("Only participants whose name matches, such as 'P00*'.", valueName: "glob")) var participant: [String] = []
  @Option(help: ArgumentHelp("Only from this day on.", valueName: "date")) var from: DateArgument?
  @Option(help: ArgumentHelp("Only before this day.", valueName: "date")) var until: DateArgument?
  @OptionGroup var options: FlowOptions
  @OptionGroup var output: OutputOptions

  private static let layouts = ExportLayout.all.map(\.name).joined(separator: ", ")

  func validate() throws {
    if HomeFolder.isUnexpanded(target) { throw ValidationError("-o is '\(target)'; expected \(HomeFolder.expected); \(HomeFolder.hint)") }
    if !ExportLayout.all.contains(where: { $0.name == layout }) {
      let hint = NearestName.suggestion(for: layout, among: ExportLayout.all.map(\.name)).map { "; \($0)" } ?? ""
      throw ValidationError("--layout is '\(layout)'; expected one of \(Self.layouts)\(hint)")
    }
    if let from, let until, from.date >= until.date {
      throw ValidationError("--until \(until.date.text) is not after --from \(from.date.text); expected a half-open window [from, until)")
    }
  }

  func run() async throws {
    let terminal = Terminal(output)
    let fileSystem = POSIXFileSystem()
    let graph = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).graph(flow, options: options)
    let export = StudyExport(
      graph: graph, target: target, layout: ExportLayout.all.first { $0.name == layout } ?? .flowrun, format: format,
      selection: participant.isEmpty ? .all : ParticipantSelection(patterns: participant),
      window: ExportWindow(from: from?.date, until: until?.date), state: options.state,
      on: ObjectStorages.isBucket(target) ? .running(graph, fileSystem: fileSystem) : .here(fileSystem))
    try await CommandFailure.exiting(terminal) {
      let outcome = try await export.run(run: CommandHint(options).command(flow)) { Self.draw($0, terminal) }
      show(outcome, terminal)
    }
  }

  private static func draw(_ progress: Export.Progress, _ terminal: Terminal) {
    guard terminal.showsProgress else { return }
    terminal.progress { size in
      [TextTable.cut("export  files \(progress.writtenPartitions)/\(progress.partitions)  rows \(progress.rows)  \(progress.partition)", to: size.columns)]
    }
  }

  private func show(_ outcome: Export.Outcome, _ terminal: Terminal) {
    var table = TextTable([("table", .left), ("files", .right), ("rows", .right), ("bytes", .right)])
    for (name, files) in Dictionary(grouping: outcome.written, by: \.table).sorted(by: { $0.key < $1.key }) {
      let rows = files.reduce(0) { $0 + $1.rows }, bytes = files.reduce(0) { $0 + $1.bytes }
      table.add([name, String(files.count), String(rows), String(bytes)])
    }
    if table.isEmpty {
      terminal.note("no rows match: there is nothing but \(ExportManifest.key) to write")
    } else {
      for line in table.fitted(to: terminal.width, cutting: [0]).lines(terminal) { terminal.print(line) }
    }
    for key in outcome.removed { terminal.note("removed: \(key): it had rows before and has none now") }
    if !outcome.manifest.emptyColumns.isEmpty {
      terminal.note("\(outcome.manifest.emptyColumns.count) columns of the layout cannot be filled; \(ExportManifest.key) names them and the reasons")
    }
  }
}

extension ExportFormat: ExpressibleByArgument {}
