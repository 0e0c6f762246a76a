import FlowCore
import FlowEngine
import Testing

@testable import FlowRuntime

@Suite("How a FlowFile ended is told in words")
struct TraceEndingTests {
  private static func words(_ ending: String) -> String {
    TraceReport.Step(ProvenanceStep(time: "", uuid: "", processor: "extract", event: "ended", ending: ending, cause: "bad_data")).event
  }

  @Test("whichever way it ended", arguments: [
    (.finished, "finished"), (.removed, "removed"), (.deferred, "deferred"), (.inErrors(FlowFileFailure(cause: .badData, message: "it is '5'")), "in errors"),
    (.abandoned, "abandoned"),
  ] as [(Ending, String)])
  func ended(_ ending: Ending, _ words: String) { #expect(Self.words(ProvenanceLine.name(ending)) == "ended: \(words) (bad_data)") }

  @Test("in the file of an earlier version, too, which has the failure's description")
  func earlier() { #expect(Self.words(#"inErrors(FlowCore.FlowFileFailure(message: "it is '5'"))"#) == "ended: in errors (bad_data)") }
}
