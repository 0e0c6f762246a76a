import FlowCore
import FlowDefinition
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

@Suite("BuildModels")
struct BuildModelsTests {
  @Test("passes every FlowFile on unchanged; the models are the run's work")
  func passes() async throws {
    let bench = try await DatabaseBench()
    let test = try ProcessorTest(BuildModels.self, ["database": "store"], services: ["store": bench.store])
    let flowFile = test.flowFile(["participant": "P1"], text: "content")
    let outcome = await test.run([flowFile])
    let passed = try #require(outcome["success"].first)
    #expect(passed.attributes == flowFile.attributes && passed.content == flowFile.content && passed.id == flowFile.id)
  }
}
