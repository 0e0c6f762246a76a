import FlowCore
import FlowDefinition
import FlowDrawing
import FlowRuntime
import Hummingbird

extension StudyPages {
  /// What the flow file says now.
  private struct Source: Sendable {
    var lines: [String]
    var problems: [Diagnostic]
    /// Why the file cannot be read.
    var failure: String?
    var sha256: String?
  }

  func flow(_ request: PageRequest) async throws -> Response {
    let flow = request.study.flow, graph = flow.graph
    let source = await source(of: flow)
    let marks = Dictionary(grouping: source.problems.filter { $0.position != nil }) { $0.position?.line ?? 0 }
    var values: [String: Any] = [
      "summary": graph.summary, "graph": GraphDrawing(GraphPicture(graph)).svg(isStandalone: false).text,
      "facts": [
        ["name": "File", "value": flow.file], ["name": "Version (SHA-256)", "value": String(graph.sha256.prefix(12))],
        ["name": "Processors", "value": "\(graph.processors.count)"],
        ["name": "Tables", "value": Set(graph.tableUses().map(\.table.name)).sorted().joined(separator: ", ")],
      ],
      "has_parameters": !graph.parameters.isEmpty,
      "parameters": graph.parameters.map { parameter in
        [
          "name": parameter.name, "value": parameter.isSensitive ? (parameter.value.isEmpty ? "not set" : "set; not shown") : parameter.value,
          "origin": Self.words(parameter.origin), "help": parameter.help,
        ]
      },
      "has_problems": !source.problems.isEmpty || source.failure != nil,
      "problems": Self.problems(source),
      "lines": source.lines.enumerated().map { index, text in
        var line: [String: Any] = ["number": "\(index + 1)", "text": text]
        if let problems = marks[index + 1] { line["marked"] = problems.map { WebProblem.text(of: $0) }.joined(separator: "\n") }
        return line
      },
    ]
    if let sha256 = source.sha256, sha256 != graph.sha256 {
      values["changed"] = "The file has changed since the server was started. Runs from here use the version of then; start the server again to use the new one."
    }
    return page(.flow, title: "Flow", section: "/flows/\(PercentEncoding.encode(flow.name))", request, values)
  }

  private static func problems(_ source: Source) -> [[String: Any]] {
    if let failure = source.failure { return [["text": failure]] }
    return source.problems.map { problem in
      var values: [String: Any] = ["text": "\(problem.severity.rawValue): \(WebProblem.text(of: problem))"]
      if let line = problem.position?.line { values["line"] = "\(line)" }
      return values
    }
  }

  private func source(of flow: ServedFlow) async -> Source {
    let machine = machine
    do {
      return try await lane.run {
        let bytes = try FlowLoader.read(flow.file, fileSystem: machine.fileSystem)
        // The values of the server, so that a parameter that must be given is no problem.
        let given = flow.graph.parameters.filter { [.given, .file].contains($0.origin) }.map { ($0.name, ParameterValue(text: $0.value, isFromFile: true)) }
        let result = FlowCatalog.loader(on: machine).load(
          bytes: bytes, file: flow.file, given: Dictionary(uniqueKeysWithValues: given), environment: machine.variable)
        var source = Source(lines: Self.lines(bytes, flow), problems: [])
        switch result {
        case .success(let graph): source.sha256 = graph.sha256
        case .failure(let problems): source.problems = problems.all
        }
        return source
      }
    } catch {
      return Source(lines: [], problems: [], failure: "the flow file cannot be read: \(error)")
    }
  }

  /// The lines of the file, without secrets.
  private static func lines(_ bytes: [UInt8], _ flow: ServedFlow) -> [String] {
    let sensitive = flow.graph.parameters.filter(\.isSensitive)
    let mask = SourceMask(
      parameters: Set(sensitive.map(\.name)), properties: Set(FlowCatalog.services.flatMap(\.properties).filter(\.isSensitive).map(\.name)),
      values: sensitive.map(\.value))
    return mask.lines(of: String(decoding: bytes, as: UTF8.self)).map(PageWords.plain)
  }

  private static func words(_ origin: FlowParameter.Origin) -> String {
    switch origin {
    case .given: "the server's -p"
    case .file: "a parameter file"
    case .environment: "the environment"
    case .default: "the flow file"
    }
  }
}
