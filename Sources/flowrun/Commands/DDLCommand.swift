import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel

struct DDLCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ddl", abstract: "Prints the CREATE statements of a flow's tables.",
    discussion: """
      A run makes its tables by itself. Where its role may not, an administrator runs these:
        flowrun ddl FLOW --dialect postgresql | psql -1 study
      bigquery and redshift are the tables of a warehouse, without flowrun's own. What a dialect cannot say is in comments.
      Uses neither network nor database.
      """)

  /// `bigquery, postgresql, redshift or sqlite`
  private static let dialects = ServiceCatalog.dialects.dropLast().joined(separator: ", ") + " or " + (ServiceCatalog.dialects.last ?? "")

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(help: ArgumentHelp("\(DDLCommand.dialects). Default: that of the flow's database.", valueName: "dialect"))
  var dialect: String?
  @OptionGroup var options: FlowOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard let dialect, !ServiceCatalog.dialects.contains(dialect) else { return }
    throw ValidationError("--dialect is '\(dialect)'; expected \(Self.dialects)")
  }

  func run() async throws {
    let terminal = Terminal(output)
    let graph = try FlowFileAccess(fileSystem: POSIXFileSystem(), terminal: terminal).graph(flow, options: options)
    try await CommandFailure.exiting(terminal) {
      guard let dialect = dialect ?? ServiceCatalog.dialect(of: graph), let statements = try ServiceCatalog.statements(of: graph, dialect: dialect) else {
        throw Diagnostic(
          .unsuitableFlow, subject: "flow '\(graph.name)'", found: "it has no database", expected: "a service of type \(DatabaseDeclaration.descriptor.type)")
      }
      for statement in statements { terminal.print(statement.text + "\n") }
    }
  }
}
