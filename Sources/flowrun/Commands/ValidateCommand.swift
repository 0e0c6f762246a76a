import ArgumentParser
import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import StudyParticipants

struct ValidateCommand: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, sarif, github }

  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Finds every problem of flow files.",
    discussion: """
      Uses neither network nor database. Each problem is shown as file:line:column: what was found; what was expected; a hint.
      The other formats are for programs and go to standard output: json is one list for all files, sarif a SARIF 2.1.0 log, github annotations for a \
      workflow. They include the code of each problem, which --codes explains. On a terminal the line of each problem is shown, with a mark and the code.
      """)

  @Argument(help: ArgumentHelp("Flow files.", valueName: "flow"))
  var flows: [String] = []
  @Option(help: ArgumentHelp("Explain a code of the other formats, such as E0501; no flow file is needed.", valueName: "code"))
  var codes: [String] = []
  @Option(help: ArgumentHelp("text, json, sarif or github.", valueName: "text|json|sarif|github"))
  var format = Format.text
  @OptionGroup var options: FlowOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if flows.isEmpty, codes.isEmpty { throw ValidationError("no flow file is given; expected one or more, such as Flows/fitbit.yaml, or --codes CODE") }
  }

  func run() async throws {
    let terminal = Terminal(output)
    if !codes.isEmpty { try explain(terminal) }
    if flows.isEmpty { return }
    let access = FlowFileAccess(fileSystem: POSIXFileSystem(), terminal: terminal)
    var found: [Diagnostic] = []
    let given: [String: ParameterValue]
    do {
      given = try options.parameterValues(fileSystem: access.fileSystem)
    } catch let problems as Diagnostics {
      try show(problems.all, terminal)
      throw ExitCode.misconfigured
    }
    for flow in flows {
      let news: [Diagnostic]
      if let tests = try problems(ofTests: flow, access, terminal) {
        if format == .text { try show(tests, terminal) }
        found += tests
        continue
      }
      switch try access.load(flow, given: given) {
      case .success(let graph):
        terminal.note("\(flow): valid, \(graph.processors.count) processors")
        news = loops(of: graph)
      case .failure(let problems): news = problems.all
      }
      if format == .text { try show(news, terminal) }
      found += news
    }
    if format != .text { try show(found, terminal) }
    let problemCount = found.filter { $0.severity == .error }.count
    if problemCount > 0 {
      terminal.note("\(problemCount) \(problemCount == 1 ? "problem" : "problems")")
      throw ExitCode.misconfigured
    }
  }

  /// The problems of a file of tests beside a flow; nil for any other file.
  private func problems(ofTests path: String, _ access: FlowFileAccess, _ terminal: Terminal) throws -> [Diagnostic]? {
    do {
      guard let flow = try FlowTestFile.flow(ofTests: path, access.fileSystem) else { return nil }
      let runner = try FlowTestRunner(flow, fileSystem: access.fileSystem)
      let problems = try runner.problems()
      if problems.isEmpty { terminal.note("\(path): valid, \(runner.testCount) \(runner.testCount == 1 ? "test" : "tests") of \(flow)") }
      return problems
    } catch let problems as Diagnostics {
      return problems.all
    } catch let error as FileSystemError {
      terminal.complain("error: \(error); expected a file of tests")
      throw ExitCode.usage
    }
  }

  /// Throws `ValidationError` for a code that does not exist.
  private func explain(_ terminal: Terminal) throws {
    let found = try codes.map { id -> DiagnosticCode in
      if let code = DiagnosticPage.code(id.uppercased()) { return code }
      let nearest = NearestName.suggestion(for: id.uppercased(), among: DiagnosticPage.groups.flatMap(\.codes).map(\.id))
      throw ValidationError("there is no code '\(id)'; expected one such as E0501, as validate --format json names it\(nearest.map { "; \($0)" } ?? "")")
    }
    if format == .text {
      terminal.print(found.map(CodePage.text).joined(separator: "\n\n"))
    } else {
      terminal.print(try JSONOutput.text(found.map(CodePage.init)))
    }
  }

  private func loops(of graph: FlowGraph) -> [Diagnostic] {
    graph.cycles.map { cycle in
      Diagnostic(
        .boundedLoop, file: graph.file, position: graph.processors.first { $0.name == cycle[0] }?.position,
        found: "a loop, bounded by a retry or a condition: \((cycle + [cycle[0]]).joined(separator: " → "))")
    }
  }

  private func show(_ diagnostics: [Diagnostic], _ terminal: Terminal) throws {
    if let format = DiagnosticReport.Format(rawValue: format.rawValue) {
      let text = try DiagnosticReport(diagnostics).text(format)
      if !text.isEmpty { terminal.print(text) }
      return
    }
    var texts: [String: SourceExcerpt] = [:]
    for diagnostic in diagnostics {
      switch diagnostic.severity {
      case .error:
        terminal.complain(diagnostic.description)
        guard terminal.showsProgress, let file = diagnostic.file else { continue }
        let excerpt = texts[file] ?? SourceExcerpt(of: file, POSIXFileSystem())
        texts[file] = excerpt
        for line in excerpt.lines(for: diagnostic, width: terminal.errorWidth) { terminal.complain(line) }
      // Notes concern the file as a whole, so their position is omitted.
      case .warning, .note: terminal.note(diagnostic.at(nil).description)
      }
    }
  }
}
