import ArgumentParser
import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Looks at everything outside the flow file that a run needs.",
    discussion: """
      Validates the flow, then tries folders, disk space, participant files, database, storages, provider, token endpoint and clock: one line a check, \
      with what was found and what to do. Changes no token and leaves nothing behind: a file that tries a folder is removed at once.
      Exit: 0 a run can start (a line may still say warn); 1 a folder or its disk; 69 database, storage or provider; 78 the flow file or its \
      configuration.
      """)

  @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
  @OptionGroup var options: FlowOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    let access = FlowFileAccess(fileSystem: POSIXFileSystem(), terminal: terminal)
    let report: CheckReport
    switch try loaded(access) {
    case .failure(let problems): report = CheckReport(invalid: flow, problems)
    case .success(let graph):
      let machine = Machine.running(graph, fileSystem: access.fileSystem)
      report = await FlowCheck(graph, errors: options.errors, state: options.state, on: machine).report()
      try await machine.closeTransport()
    }
    if format.format == .json {
      terminal.print(try JSONOutput.text(report.findings))
    } else {
      for line in CheckPage.lines(report, terminal) { terminal.print(line) }
    }
    try ExitCode.leave(with: report.status)
  }

  private func loaded(_ access: FlowFileAccess) throws -> Result<FlowGraph, Diagnostics> {
    let given: [String: ParameterValue]
    do { given = try options.parameterValues(fileSystem: access.fileSystem) } catch let problems as Diagnostics { return .failure(problems) }
    return try access.load(flow, given: given)
  }
}
