import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel

struct TransformCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transform", abstract: "Builds SQL models in the flow's database, each in one transaction.",
    discussion: """
      Models are files NAME.sql that dbt builds alike: views, tables and incremental tables of the tables that the flow fills. They are built in the order \
      of their references. A model whose tables the database does not have is skipped; a problem of any file is found before anything is built (78).
      Others may read meanwhile. Builds in one database wait for each other, and a run that writes to the same database file waits too.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(help: ArgumentHelp("The folder of the models: a dbt project, or SQL files alone. Default: models, beside the flow file.", valueName: "dir")) var models: String?
  @Option(help: ArgumentHelp("Only this model; +name: with those that it refers to.", valueName: "name")) var select: [String] = []
  @OptionGroup var reason: ReasonOption
  @OptionGroup var options: FlowOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    let fileSystem = POSIXFileSystem()
    let graph = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).graph(flow, options: options)
    let transformation = Transformation(graph, folder: models, select: select, on: .here(fileSystem))
    let reports = try await CommandFailure.exiting(terminal) {
      let run = CommandHint(options).command(flow)
      try await transformation.checkDatabase(run: run)
      let act = try AuditedAct(reason.act("transform"), on: graph, state: options.state, machine: .here(fileSystem), warn: terminal.complain)
      return try await act.run {
        try await transformation.run(run: run) { report in if terminal.isVerbose { terminal.note("model \(ModelTable.line(report))") } }
      } outcome: { reports in
        let failed = reports.filter { $0.failed != nil }.map(\.name)
        return failed.isEmpty
          ? AuditOutcome("\(reports.count) models") : AuditOutcome("\(reports.count) models, of which failed: \(failed.joined(separator: ", "))", .failed)
      }
    }
    if format.format == .json {
      terminal.print(try JSONOutput.text(reports))
    } else {
      for line in ModelTable.lines(reports, terminal) { terminal.print(line) }
    }
    for report in reports { if let reason = report.failed { terminal.complain("error: model '\(report.name)': \(reason)") } }
    if reports.contains(where: { $0.failed != nil }) { throw ExitCode.failed }
  }
}
