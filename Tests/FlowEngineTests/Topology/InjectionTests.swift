import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("replay")
struct InjectionTests {
  private func injected(_ processor: Int, _ outcomes: Record<LineageOutcome>) -> InjectedFlowFile {
    InjectedFlowFile(
      id: FlowFileID(SeededRandomSource(seed: 7)), attributes: ["colour": "red"], content: .bytes([1]),
      ancestors: [FlowFileID(SeededRandomSource(seed: 8))], processor: processor, onEnd: { outcomes.add($0) })
  }

  private var sketch: FlowSketch {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(3))
    sketch.processor("worker", to: ["success": [.to("sink")]])
    sketch.processor("sink", to: ["success": [.drop]])
    return sketch
  }

  @Test("an injected FlowFile passes from its processor on; sources are not triggered")
  func passes() throws {
    let outcomes = Record<LineageOutcome>()
    let given = injected(1, outcomes)
    let run = try FlowRun.drive(sketch, injected: [given], triggersSources: false)
    #expect(run.result.flowfiles.created == 1 && run.result.flowfiles.finished == 1)
    #expect(run["source"].sent["success"] == 0)
    let end = try #require(run.log.endings.first?.flowFile)
    #expect(end.id == given.id && end["colour"] == "red" && end.ancestors == given.ancestors)
    #expect(outcomes.all.map(\.finished) == [1])
  }

  @Test("it passes alongside the sources as well")
  func beside() throws {
    let outcomes = Record<LineageOutcome>()
    let run = try FlowRun.drive(sketch, injected: [injected(2, outcomes)])
    #expect(run.result.flowfiles.finished == 4)
    #expect(outcomes.count == 1)
  }

  @Test("a source cannot take one: it ends as deferred, with a bulletin")
  func refused() throws {
    let outcomes = Record<LineageOutcome>()
    let run = try FlowRun.drive(sketch, injected: [injected(0, outcomes)], triggersSources: false)
    #expect(run.result.flowfiles.deferred == 1)
    #expect(outcomes.all.map(\.deferred) == [1])
    #expect(run.result.bulletins.map(\.processor) == ["source"])
  }
}
