import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime

struct TestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Runs the tests beside flows.",
    discussion: """
      The tests of NAME.yaml are in NAME_test.yaml: FlowFiles or responses that go in, and the FlowFiles, rows and relationships that are to come out.
      Each test has a database of its own and a clock that stands still; nothing of yours is read or changed, and no request leaves the machine.
      Exit: 0 all passed; 1 some failed; 78 the flow or its test file is not valid.
      """)

  @Argument(help: ArgumentHelp("Flow files.", valueName: "flow")) var flows: [String]
  @Option(help: ArgumentHelp("Also write the results as JUnit XML.", valueName: "file")) var junit: String?
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  private var resultFile: TargetFile? {
    junit.map { TargetFile(option: "--junit", path: $0, example: "results.xml", beginning: "<?xml", kind: "a file of XML") }
  }

  func validate() throws { try resultFile?.validate() }

  func run() async throws {
    let terminal = Terminal(output)
    let fileSystem = POSIXFileSystem()
    try resultFile?.check(fileSystem, needsFolder: false)
    let runners = try runners(terminal, fileSystem)
    var results: [FlowTestResult] = []
    for runner in runners {
      for result in try await runner.results() {
        results.append(result)
        if format.format == .text { show(result, terminal) }
      }
    }
    if format.format == .json { terminal.print(try JSONOutput.text(results)) }
    if let junit { try await CommandFailure.exiting(terminal) { try write(JUnitReport.text(results), to: junit, fileSystem) } }
    let failed = results.count { !$0.hasPassed }
    terminal.note("\(results.count) \(results.count == 1 ? "test" : "tests"), \(failed == 0 ? "all passed" : "\(failed) failed")")
    if failed > 0 { throw ExitCode.failed }
  }

  /// Flows, each once: a file of tests stands for its flow, so that `Flows/*.yaml` can be given.
  private func chosen(_ fileSystem: POSIXFileSystem) throws -> [String] {
    var chosen: [String] = []
    for path in flows {
      let flow = try FlowTestFile.flow(ofTests: path, fileSystem) ?? path
      if !chosen.contains(flow) { chosen.append(flow) }
    }
    return chosen
  }

  /// Reads everything before the first test begins; reports all problems of all files.
  private func runners(_ terminal: Terminal, _ fileSystem: POSIXFileSystem) throws -> [FlowTestRunner] {
    var runners: [FlowTestRunner] = []
    var problemCount = 0
    for flow in try chosen(fileSystem) {
      do {
        guard try fileSystem.status(flow) != nil else {
          terminal.complain("error: \(flow): there is no such file; expected a flow file, such as Flows/fitbit.yaml")
          throw ExitCode.usage
        }
        guard try FlowTestRunner.hasTests(flow, fileSystem: fileSystem) else {
          terminal.complain("error: \(flow): it has no tests; expected them in \(FlowTestFile.path(of: flow))")
          throw ExitCode.usage
        }
        let runner = try FlowTestRunner(flow, fileSystem: fileSystem)
        let problems = try runner.problems()
        for problem in problems { terminal.complain(problem.description) }
        problemCount += problems.count { $0.severity == .error }
        runners.append(runner)
      } catch let problems as Diagnostics {
        for problem in problems.all { terminal.complain(problem.description) }
        problemCount += problems.all.count
      } catch let error as FileSystemError {
        terminal.complain("error: \(error)")
        throw ExitCode.usage
      }
    }
    if problemCount > 0 {
      terminal.note("\(problemCount) \(problemCount == 1 ? "problem" : "problems"); no test has run")
      throw ExitCode.misconfigured
    }
    return runners
  }

  private func show(_ result: FlowTestResult, _ terminal: Terminal) {
    let word = result.hasPassed ? terminal.styled("ok", .green) + "  " : terminal.styled("FAIL", .red)
    terminal.print("\(word) \(result.file):\(result.line) \(result.test)")
    for difference in result.differences { terminal.print("       \(difference.text)") }
  }

  private func write(_ text: String, to path: String, _ fileSystem: POSIXFileSystem) throws {
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try fileSystem.makeFolder(String(path[..<slash])) }
    try fileSystem.writeDurably(Array(text.utf8), to: path, mode: 0o644)
  }
}
