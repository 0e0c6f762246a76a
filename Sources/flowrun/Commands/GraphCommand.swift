import ArgumentParser
import FlowCore
import FlowDrawing
import FlowFileSystem
import FlowRuntime
import StudyModel

struct GraphCommand: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, mermaid, dot, svg }

  static let configuration = CommandConfiguration(
    commandName: "graph", abstract: "Draws a flow: its processors in their groups, and the connections between them.",
    discussion: """
      text is for a terminal, mermaid for Markdown pages, dot for Graphviz, svg a drawing that follows light and dark and prints.
      With --last, each connection has the number of FlowFiles that the last run of the flow sent over it.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(help: ArgumentHelp("text, mermaid, dot or svg.", valueName: "mermaid|dot|text|svg")) var format = Format.text
  @Flag(help: "With the counts of the last run.") var last = false
  @OptionGroup var options: FlowOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    let graph = try FlowFileAccess(fileSystem: POSIXFileSystem(), terminal: terminal).graph(flow, options: options)
    try await CommandFailure.exiting(terminal) {
      let report = last ? try await lastReport(of: graph) : nil
      if let report { terminal.note("counts of run \(report.run)") }
      let picture = GraphPicture(graph, reports: report?.processors)
      let text =
        switch format {
        case .text: picture.text(width: max(40, terminal.width ?? 80))
        case .mermaid: picture.mermaid
        case .dot: picture.dot
        case .svg: GraphDrawing(picture).svg(isStandalone: true).text
        }
      terminal.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
  }

  /// The report of the flow's last finished run. Throws `Diagnostics` if there is none.
  private func lastReport(of graph: FlowGraph) async throws -> RunReport {
    // As with `flowrun runs`: a PostgreSQL database has the history of its runs.
    let database = graph.parameters.first { $0.name == "database" }?.value
    let records = RunRecords(folder: options.state, database: database, on: .here())
    guard let run = try await records.runs(limit: .max).first(where: { $0.flow == graph.name && $0.finished != nil }) else {
      throw Diagnostics([
        Diagnostic(
          .unknownName, found: "there is no finished run of the flow '\(graph.name)' in \(options.state)",
          hint: "run it first: \(CommandHint(options).command(flow))")
      ])
    }
    return try await records.report(of: run.run)
  }
}
