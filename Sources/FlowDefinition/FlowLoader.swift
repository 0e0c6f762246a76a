import Crypto
import FlowCore

/// Turns a flow file's bytes into a checked `FlowGraph`, or into every problem that it has.
///
/// Touches no network, no database and no file. The steps: text, YAML nodes, parameters, the document's structure,
/// names looked up in the catalogue, rules over the graph. A step that cannot go on for one part goes on for the
/// others.
package struct FlowLoader: Sendable {
  private let processors: ProcessorCatalog
  private let services: [ServiceDescriptor]
  private let compiler: @Sendable ([FlowParameter]) -> any ExpressionCompiler
  private let tables: TableConventions

  /// - Parameters:
  ///   - compiler: makes the compiler of a flow's expressions from its parameters, which `#{name}` inside `${…}` refers
  ///     to.
  ///   - tables: what tables keep to beyond what the flow says; mappings are held against it.
  package init(
    processors: ProcessorCatalog, services: [ServiceDescriptor],
    compiler: @escaping @Sendable (_ parameters: [FlowParameter]) -> any ExpressionCompiler,
    tables: TableConventions = TableConventions()
  ) {
    self.processors = processors
    self.services = services
    self.compiler = compiler
    self.tables = tables
  }

  /// Reads and checks a flow.
  ///
  /// - Parameters:
  ///   - file: its name, for messages and the graph.
  ///   - given: values of `-p` and of a file of parameters, by parameter.
  ///   - environment: looks up an environment variable; only those that the flow's parameters name are asked for.
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

  /// nil only after a report.
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
      let scope = resolver.resolve()
      parameters = resolver.parameters(scope)
      return scope
    }
    guard let document else { return nil }
    let linker = FlowLinker(
      document: document, catalog: processors, serviceTypes: services, compiler: compiler(parameters),
      problems: problems)
    let linked = linker.link()
    GraphRules.check(linked, problems: problems)
    TableRules(linked, conventions: tables, problems: problems).check()
    ColumnRules(linked, problems: problems).check()
    guard problems.all.isEmpty else { return nil }
    return FlowGraph(
      name: document.name, summary: document.summary, file: problems.file, sha256: Hexadecimal.text(SHA256.hash(data: bytes)),
      parameters: parameters,
      services: linked.services, processors: linked.processors.compactMap(\.node))
  }
}

extension YAMLNode {
  /// A document that holds nothing, or only comments.
  var isNothing: Bool {
    if case .scalar(let scalar) = value { scalar.isEmpty } else { false }
  }
}
