import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("RetryFlowFile")
struct RetryFlowFileTests {
  private static func bench(_ properties: [String: PropertyLiteral] = [:], name: String = "again") throws -> ProcessorTest {
    try ProcessorTest(RetryFlowFile.self, properties, compiler: CompiledExpressions(parameters: []), name: name)
  }

  @Test("a FlowFile returns as often as allowed, then leaves with the attributes for it", arguments: [1, 3])
  func counts(_ maximum: Int) async throws {
    let test = try Self.bench(["maximum_retries": .text("\(maximum)"), "attributes": ["why": "after ${flowfile.retries}", "nothing": "${none}"]])
    var flowFile = test.flowFile(["kept": "1"])
    for number in 1...maximum {
      let outcome = await test.run([flowFile])
      flowFile = try #require(outcome["retry"].first)
      #expect(flowFile["flowfile.retries"] == "\(number)" && flowFile["flowfile.retries.uuid"] == "again")
      #expect(outcome.penalties == [flowFile.id: .seconds(30)])
    }
    let outcome = await test.run([flowFile])
    let exceeded = try #require(outcome["retries_exceeded"].first)
    #expect(exceeded.attributes.dictionary == ["kept": "1", "why": "after \(maximum)"] && outcome.penalties.isEmpty)
  }

  @Test("the penalty can be set or left out", arguments: [(["penalize_retries": "false"], nil), (["penalty_duration": "5 s"], 5)] as [([String: PropertyLiteral], Int?)])
  func penalty(_ properties: [String: PropertyLiteral], _ seconds: Int?) async throws {
    let test = try Self.bench(properties)
    let outcome = await test.run([test.flowFile()])
    #expect(outcome.penalties.values.first == seconds.map { .seconds($0) })
  }

  @Test("an attribute that is no number is counted anew, or fails", arguments: [("false", "retry"), ("true", "failure")])
  func noNumber(_ fails: String, _ relationship: String) async throws {
    let test = try Self.bench(["fail_on_non_numerical_overwrite": .text(fails)])
    let outcome = await test.run([test.flowFile(["flowfile.retries": "many"])])
    #expect(outcome[relationship].count == 1 && outcome[relationship].first?["flowfile.retries"] == (fails == "true" ? "many" : "1"))
  }

  @Test("another processor's count fails, or is counted anew", arguments: [("fail_on_reuse", "failure", 0), ("warn_on_reuse", "retry", 1), ("reset_reuse", "retry", 0)])
  func reuse(_ mode: String, _ relationship: String, _ bulletins: Int) async throws {
    let test = try Self.bench(["reuse_mode": .text(mode)])
    let outcome = await test.run([test.flowFile(["flowfile.retries": "2", "flowfile.retries.uuid": "other"])])
    #expect(outcome[relationship].first?["flowfile.retries"] == (mode == "fail_on_reuse" ? "2" : "1") && outcome.bulletins.count == bulletins)
  }

  @Test("a limit that is no number fails the FlowFile, or is a problem of the flow file")
  func limit() async throws {
    let test = try Self.bench(["maximum_retries": "${most}"])
    let outcome = await test.run([test.flowFile(["most": "few"])])
    #expect(outcome["failure"].first?.failure?.message == "maximum_retries is 'few'; expected a whole number")
    #expect(ProcessorProblems.found(RetryFlowFile.self, ["maximum_retries": "0"]).count == 1)
  }
}
