import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import StudyProcessors

/// The requirements on every processor of the catalogue, tested with `ProcessorExamples`.
@Suite("Every processor of the catalogue meets the requirements")
struct ConformanceTests {
  // By name: the compiler of Swift 6.3 crashes on a key path to a static member of a protocol.
  static let types = BuiltinProcessors.catalog.types

  @Test("its declaration is documented, its defaults are valid, and missing required properties are named", arguments: types)
  func declaration(_ type: String) throws {
    let processor = try #require(BuiltinProcessors.catalog[type])
    for breach in ProcessorDeclarationRules.breaches(of: processor, compiler: CompiledExpressions(parameters: [])) { Issue.record("\(breach)") }
  }

  @Test(
    "with any failure every FlowFile is accounted for, only declared names are used, and no secret leaks", arguments: types)
  func behaviour(_ type: String) async throws {
    let examples = ProcessorExamples.all.filter { $0.type.descriptor.type == type }
    #expect(!examples.isEmpty, "ProcessorExamples has none of \(type)")
    for example in examples {
      for breach in try await ProcessorConformance(example).breaches() { Issue.record("\(breach)") }
    }
  }
}
