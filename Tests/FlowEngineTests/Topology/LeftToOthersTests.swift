import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("A FlowFile that is left to others ends as deferred")
struct LeftToOthersTests {
  private static let failure: FlowFileFailure = {
    var failure = FlowFileFailure(cause: .rateLimited, message: "another has it")
    failure.isLeftToOthers = true
    return failure
  }()

  enum Way: String, CaseIterable, Sendable { case thrown, toFailure, toBusy, toDeferral }

  @Test("whichever way it fails: no retry, no entry, one bulletin", arguments: Way.allCases)
  func ends(_ way: Way) throws {
    let tries = Record<Int>(), outcomes = Record<LineageOutcome>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]]) { session in
      session.transfer(session.create { outcomes.add($0) }, to: "success")
      session.exhausted()
    }
    let rule = RetryRule(attempts: 3, backoff: .seconds(1), maximumBackoff: .seconds(600), relationships: ["failure", "busy"])
    sketch.processor("worker", retry: rule, to: ["success": [.drop], "busy": [.errors], "later": [.defer], "failure": [.errors]]) { session in
      tries.add(1)
      guard let flowFile = session.get() else { return }
      switch way {
      case .thrown: throw ProcessorError(Self.failure)
      case .toFailure: session.transfer(flowFile, to: "failure", because: Self.failure)
      case .toBusy: session.transfer(flowFile, to: "busy", because: Self.failure)
      case .toDeferral: session.transfer(flowFile, to: "later", because: Self.failure)
      }
    }
    let run = try FlowRun.drive(sketch)
    #expect(tries.count == 1)
    #expect(run.errors.entries.isEmpty && run.result.flowfiles.deferred == 1)
    #expect(run["worker"].failed == 0 && run["worker"].retried == 0)
    #expect(run.result.bulletins.map(\.subject) == ["left to others"] && run.result.bulletins.first?.details == ["another has it"])
    #expect(outcomes.all.map(\.deferred) == [1] && outcomes.all.allSatisfy { $0.failures.isEmpty })
    #expect(run.result.stopped == nil)
  }

  @Test("a lineage's handler that fails so does not stop the run")
  func handler() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.drop]]) { session in
      session.transfer(session.create { _ in throw ProcessorError(Self.failure) }, to: "success")
      session.exhausted()
    }
    let run = try FlowRun.drive(sketch)
    #expect(run.result.stopped == nil && run.result.bulletins.map(\.level) == [.warning])
  }
}
