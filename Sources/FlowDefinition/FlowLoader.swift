import FlowCore
import FlowCrypto

/// Turns a flow file's bytes into a validated `FlowGraph`, or into all problems of the file.
///
/// Does not access the network, databases or files. The stages are: text, YAML nodes, parameters, document structure,
/// name lookup in the catalogue, rules over the graph. A part that fails in one stage does not stop the others.
package struct FlowLoader: Sendable {
  let processors: ProcessorCatalog
  let services: [ServiceDescriptor]
  private let compiler: @Sendable ([FlowParameter]) -> any ExpressionCompiler
  private let conventions: FlowConventions

  /// - Parameters:
  ///   - compiler: creates the expression compiler from the flow's parameters, to which `#{name}` inside `${…}` refers.
  ///   - conventions: rules beyond the language, such as fixed tables.
  package init(
    processors: ProcessorCatalog, services: [ServiceDescriptor],
    compiler: @escaping @Sendable (_ parameters: [FlowParameter]) -> any ExpressionCompiler,
    conventions: FlowConventions = FlowConventions()
  ) {
    self.processors = processors
    self.services = services
    self.compiler = compiler
    self.conventions = conventions
  }

  /// Loads and validates a flow.
  ///
  /// - Parameters:
  ///   - file: the file name, for messages and the graph.
  ///   - given: values from `-p` and from a parameter file, by parameter name.
  ///   - environment: reads an environment variable; called only for those that the flow's parameters name.
  package func load(
    bytes: [UInt8], file: String, given: [String: ParameterValue] = [:], environment: (String) -> String? = { _ in nil }
  ) -> Result<FlowGraph, Diagnostics> {
    let problems = ProblemList(file: file)
    let graph: FlowGraph?
    do throws(Diagnostic) {
      graph = try load(bytes: bytes, given: given, environment: environment, problems: problems)
    } catch {
      problems.report(error, at: error.position)
      graph = nil
    }
    guard let graph, problems.all.isEmpty else { return .failure(Diagnostics(problems.sorted)) }
    return .success(graph)
  }

  /// The names of the parameters that a flow file declares; none if it cannot be read as one, which `load` reports.
  package static func parameterNames(bytes: [UInt8]) -> Set<String> {
    let unheard = ProblemList(file: "")
    var names: Set<String> = []
    guard let source = try? SourceText(bytes), let parsed = try? YAMLParser.parse(source, problems: unheard), !parsed.isNothing else { return [] }
    _ = DocumentReader(source: source, problems: unheard).document(parsed) { declarations in
      names = Set(declarations.map(\.name))
      return ParameterResolver(declarations, given: [:], environment: { _ in nil }, problems: unheard).resolve()
    }
    return names
  }

  /// Returns nil only after a report.
  private func load(
    bytes: [UInt8], given: [String: ParameterValue], environment: (String) -> String?, problems: ProblemList
  ) throws(Diagnostic) -> FlowGraph? {
    let source = try SourceText(bytes)
    guard let root = try YAMLParser.parse(source, problems: problems), !root.isNothing else {
      throw Diagnostic.emptyFile
    }
    var parameters: [FlowParameter] = []
    let document = DocumentReader(source: source, problems: problems).document(root) { declarations in
      let resolver = ParameterResolver(declarations, given: given, environment: environment, problems: problems)
      let resolved = resolver.resolve()
      parameters = resolver.parameters(resolved)
      return resolved
    }
    guard let document else { return nil }
    let linker = FlowLinker(
      document: document, catalog: processors, serviceTypes: services, compiler: compiler(parameters),
      problems: problems)
    let linked = linker.link()
    GraphRules.check(linked, others: conventions.rules, problems: problems)
    TableRules(linked, conventions: conventions.tables, problems: problems).check()
    ColumnRules(linked, problems: problems).check()
    guard problems.all.isEmpty else { return nil }
    return FlowGraph(
      name: document.name, summary: document.summary, file: problems.file, sha256: Hexadecimal.text(SHA256.digest(of: bytes)),
      parameters: parameters,
      services: linked.services, processors: linked.processors.compactMap(\.node), schedule: document.schedule)
  }
}

extension YAMLNode {
  /// Whether the document is empty or only contains comments.
  var isNothing: Bool {
    if case .scalar(let scalar) = value { scalar.isEmpty } else { false }
  }
}
