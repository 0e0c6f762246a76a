import FlowCore
import FlowDefinition
import FlowEngine
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("DetectDuplicate")
struct DetectDuplicateTests {
  private static func bench(_ properties: [String: PropertyLiteral] = [:], time: ManualTime = ManualTime()) throws -> ProcessorTest {
    try ProcessorTest(
      DetectDuplicate.self, properties.merging(["cache_entry_identifier": "${id}"]) { $1 }, compiler: CompiledExpressions(parameters: []),
      environment: .undriven(time: time))
  }

  @Test("the first FlowFile of an identifier is none, the next are told about it")
  func duplicates() async throws {
    let test = try Self.bench(["flowfile_description": "the one of ${by}"])
    let outcomes = await test.runAll([test.flowFile(["id": "1", "by": "a"]), test.flowFile(["id": "2", "by": "b"]), test.flowFile(["id": "1", "by": "c"])])
    #expect(outcomes.flatMap { $0["non-duplicate"] }.map { $0["by"] } == ["a", "b"])
    #expect(outcomes.flatMap { $0["duplicate"] }.map { $0["original.flowfile.description"] } == ["the one of a"])
    #expect(outcomes.map(\.counters) == [["non-duplicate files processed": 1], ["non-duplicate files processed": 1], ["duplicates detected": 1]])
  }

  @Test("an identifier is forgotten after its time")
  func age() async throws {
    let time = ManualTime()
    let test = try Self.bench(["age_off_duration": "1 h"], time: time)
    #expect(await test.run([test.flowFile(["id": "1"])])["non-duplicate"].count == 1)
    time.advance(by: .seconds(3599))
    #expect(await test.run([test.flowFile(["id": "1"])])["duplicate"].count == 1)
    time.advance(by: .seconds(1))
    #expect(await test.run([test.flowFile(["id": "1"])])["non-duplicate"].count == 1)
  }

  @Test("an identifier that is only compared is not remembered")
  func compared() async throws {
    let test = try Self.bench(["cache_the_entry_identifier": "false"])
    for _ in 0..<2 { #expect(await test.run([test.flowFile(["id": "1"])])["non-duplicate"].count == 1) }
  }

  @Test("an empty identifier fails", arguments: ["", "  "])
  func empty(_ id: String) async throws {
    let test = try Self.bench()
    #expect(await test.run([test.flowFile(["id": id])])["failure"].first?.failure?.cause == .badData)
  }

  @Test("a FlowFile that is tried again is no duplicate of itself")
  func triedAgain() throws {
    let environment = RuntimeEnvironment.testing(executor: ManualExecutor(seed: 1))
    let reader = PropertyReader(file: nil, subject: "test", compiler: CompiledExpressions(parameters: []), services: [:])
    let values = try #require(
      reader.read((["cache_entry_identifier": "x"] as PropertyLiteral).node, properties: DetectDuplicate.descriptor.properties))
    let processor = try DetectDuplicate(ProcessorConfiguration(name: "test", values: values, environment: environment, services: [:]))
    @Sendable func session(_ flowFile: FlowFile) -> ProcessSession {
      ProcessSession(processor: "test", environment: environment, host: TestSessionHost([flowFile]))
    }
    let flowFile = FlowFile(id: FlowFileID(environment.random), lineage: LineageID(1), created: Instant(seconds: 0))
    let executor = try #require(environment.executor as? ManualExecutor)
    let relationships = try executor.run {
      var taken: [String] = []
      // Rolled back, committed, and another FlowFile.
      for isCommitted in [false, true, false] {
        let session = session(flowFile)
        try? await processor.process(session)
        if isCommitted { session.committed() }
        for case .transferred(_, let relationship) in session.dispositions { taken.append(relationship) }
      }
      return taken
    }
    #expect(relationships == ["non-duplicate", "non-duplicate", "duplicate"])
  }
}
