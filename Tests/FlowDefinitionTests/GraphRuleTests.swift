import FlowCore
import FlowDefinition
import Testing

@Suite("A rule that is not of the language is checked with those that are")
struct GraphRuleTests {
  private static let text = """
    flow: test
    processors:
      - { name: begin, type: GenerateFlowFile, to: { success: store } }
      - name: store
        type: PutFile
        properties:
          folder: outbox
        to: { success: drop }
    """
  private static let code = DiagnosticCode("E9901", "Forbidden", "It is forbidden.", mistake: "folder: outbox", fix: "folder: inbox")

  private func load(_ rules: [GraphRule]) -> Result<FlowGraph, Diagnostics> {
    FlowLoader(
      processors: TestCatalog.processors, services: TestCatalog.services, compiler: { TestExpressions(parameters: $0) },
      conventions: FlowConventions(rules: rules)
    ).load(bytes: Array(Self.text.utf8), file: "flow.yaml")
  }

  @Test("what it finds stands at the property or the connection that it names, with the processor as its subject")
  func findings() {
    let folders = GraphRule { flow in
      flow.processors.indices.filter { flow.processors[$0].properties.member("folder") != nil }.map {
        GraphFinding(Diagnostic(Self.code, found: "a folder"), processor: $0, at: .property("folder"))
      }
    }
    let connections = GraphRule { flow in
      flow.processors.indices.flatMap { index in
        flow.processors[index].edges.map { edge in
          let next = flow.processors[edge.destination].name
          return GraphFinding(Diagnostic(Self.code, found: "it leads to '\(next)'"), processor: index, at: .connection(edge.position))
        }
      }
    }
    #expect(
      problems(of: load([folders, connections])) == [
        "flow.yaml:3:59: error: GenerateFlowFile 'begin': it leads to 'store'", "flow.yaml:7:15: error: PutFile 'store': a folder",
      ])
  }

  @Test("without it the language alone decides")
  func noRules() {
    #expect(problems(of: load([])) == [])
  }
}
