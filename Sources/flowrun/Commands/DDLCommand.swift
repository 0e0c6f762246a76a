import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime

extension DatabaseSQL.Dialect: ExpressibleByArgument {}

struct DDLCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ddl", abstract: "Prints the CREATE statements of a flow's tables.",
    discussion: """
      A run makes its tables by itself. Where its role may not, an administrator runs these: flowrun ddl FLOW --dialect postgresql | psql -1 study
      Uses neither network nor database.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @Option(help: ArgumentHelp("sqlite or postgresql. Default: that of the flow's database.", valueName: "dialect"))
  var dialect: DatabaseSQL.Dialect?
  @OptionGroup var options: FlowOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    let graph = try FlowFileAccess(fileSystem: POSIXFileSystem(), terminal: terminal).graph(flow, options: options)
    let sql = DatabaseSQL(graph)
    try await CommandFailure.exiting(terminal) {
      for statement in try sql.statements(dialect ?? sql.ownDialect) { terminal.print(statement + ";\n") }
    }
  }
}
