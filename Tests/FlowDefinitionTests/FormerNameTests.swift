import FlowCore
import FlowDefinition
import FlowProcessors
import StudyProcessors
import Testing

@Suite("A name of earlier versions")
struct FormerNameTests {
  private static let flow = """
    flow: test
    processors:
      - { name: begin, type: GenerateFlowFile, to: { success: set } }
      - { name: set, type: UpdateAttribute, properties: { set: { a: "1" } }, to: { success: log } }
      - { name: log, type: LogAttributes, properties: { message: "${a}" }, to: { success: drop } }
    """

  @Test("is valid for a type and a property, and means the present one")
  func valid() throws {
    let loader = FlowLoader(processors: BuiltinProcessors.catalog, services: [], compiler: { CompiledExpressions(parameters: $0) })
    let graph = try loader.load(bytes: Array(Self.flow.utf8), file: "flow.yaml").get()
    #expect(graph.processors.map(\.descriptor.type) == ["GenerateFlowFile", "UpdateAttribute", "LogAttribute"])
    #expect(BuiltinProcessors.catalog["LogAttributes"] == LogAttribute.self && !BuiltinProcessors.catalog.types.contains("LogAttributes"))
  }

  @Test("is in the schema, with the same properties")
  func schema() {
    let schema = "\(FlowSchema(processors: BuiltinProcessors.catalog, services: []).document)"
    #expect(schema.contains("LogAttributes") && schema.contains("attributes_to_ignore"))
  }

  @Test("a relationship that is only taken with certain properties need not be mapped")
  func optional() throws {
    let flow = """
      flow: test
      processors:
        - { name: begin, type: GenerateFlowFile, to: { success: read } }
        - { name: read, type: EvaluateJSONPath, properties: { attributes: { a: /a } }, to: { matched: drop } }
      """
    let loader = FlowLoader(processors: BuiltinProcessors.catalog, services: [], compiler: { CompiledExpressions(parameters: $0) })
    let graph = try loader.load(bytes: Array(flow.utf8), file: "flow.yaml").get()
    #expect(graph.processors[1].outputs.first { $0.relationship == "unmatched" }?.destinations == [.errors])
  }
}
