import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import StudyProcessors

/// What every processor of the catalogue keeps to. `ProcessorExamples` says with what each is tried.
@Suite("Every processor of the catalogue keeps its promises")
struct ConformanceTests {
  // By name: the compiler of Swift 6.3 crashes on a key path to a static member of a protocol.
  static let types = BuiltinProcessors.catalog.types

  @Test("its declaration is documented, its defaults are valid, and what it requires is told by name", arguments: types)
  func declaration(_ type: String) throws {
    let processor = try #require(BuiltinProcessors.catalog[type])
    for breach in ProcessorDeclarationRules.breaches(of: processor, compiler: CompiledExpressions(parameters: [])) { Issue.record("\(breach)") }
  }

  @Test(
    "whatever fails, every FlowFile is accounted for, only what is declared is used, and no secret gets out", arguments: types)
  func behaviour(_ type: String) async throws {
    let examples = ProcessorExamples.all.filter { $0.type.descriptor.type == type }
    #expect(!examples.isEmpty, "ProcessorExamples has none of \(type)")
    for example in examples {
      for breach in try await ProcessorConformance(example).breaches() { Issue.record("\(breach)") }
    }
  }
}
