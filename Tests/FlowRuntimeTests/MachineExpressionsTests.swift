import FlowCore
import FlowRuntime
import FlowTesting
import StudyModel
import Testing

@Suite("Expressions of a flow use the machine on which it is loaded")
struct MachineExpressionsTests {
  @Test("clock, host and random numbers are the machine's")
  func injected() async throws {
    let time = ManualTime(now: Instant(seconds: 1_786_000_000))
    func files() async throws -> [String] {
      let flow = try HelloFlow(time: time, name: "${now():toNumber()}-${hostname()}-${ip()}-${random():mod(1000)}") { machine in
        machine.hostName = { isQualified in isQualified ? "lab.example" : "lab" }
        machine.address = { "192.0.2.7" }
        machine.random = SeededRandomSource(seed: 7)
      }
      #expect(try await flow.run.run().exit == 0)
      return try flow.files
    }
    let first = try await files()
    #expect(first.count == 5 && first.allSatisfy { $0.hasPrefix("1786000000000-lab-192.0.2.7-") })
    #expect(try await files() == first)
  }
}
