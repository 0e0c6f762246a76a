import FlowCore
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("Unsupported stands for a processor that flowrun does not have")
struct UnsupportedTests {
  @Test("it passes nothing on: a FlowFile fails, whatever relationships are connected")
  func passesNothingOn() async throws {
    let test = try ProcessorTest(Unsupported.self, ["nifi_type": "org.example.Other", "relationships": ["success", "failure", "old ones"]])
    let outcome = await test.run([test.flowFile(["a": "1"])])
    #expect(outcome["failure"].count == 1 && outcome["success"].isEmpty && outcome["old ones"].isEmpty)
    #expect(outcome.failures.map(\.message) == ["nothing is known to do here: NiFi's 'org.example.Other' has no counterpart"])
  }

  @Test("the reason why it was not converted is in its failures")
  func reason() async throws {
    let test = try ProcessorTest(Unsupported.self, ["nifi_type": "org.apache.nifi.EvaluateJsonPath", "nifi_reason": "'x' has a filter"])
    #expect(await test.run([test.flowFile([:])]).failures.map(\.message) == ["nothing is known to do here: NiFi's 'org.apache.nifi.EvaluateJsonPath' could not be converted: 'x' has a filter"])
  }
}
