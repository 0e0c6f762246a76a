import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("what a processor does once its session is committed")
struct CommitActionTests {
  @Test("happens once for each FlowFile, not for tries that fail or are repeated", arguments: ["throw", "transfer"])
  func once(_ way: String) throws {
    let tries = Record<String>(), done = Record<String>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(3))
    let rule = RetryRule(attempts: 3, backoff: .seconds(1), maximumBackoff: .seconds(1), relationships: ["failure", "again"])
    sketch.processor("worker", retry: rule, to: ["success": [.drop], "again": [.drop]]) { session in
      guard let flowFile = session.get(), let number = flowFile["n"] else { return }
      tries.add(number)
      session.onCommit { done.add(number) }
      let isFirst = tries.all.filter { $0 == number }.count == 1
      if isFirst && way == "throw" { throw ProcessorError(.timeout, "late") }
      session.transfer(flowFile, to: isFirst ? "again" : "success")
    }
    _ = try FlowRun.drive(sketch)
    #expect(tries.count == 6 && done.all.sorted() == ["0", "1", "2"])
  }

  @Test("has happened before the processor's next session")
  func before() throws {
    let known = Locked(Set<String>())
    let missing = Record<String>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(50, perTrigger: 50))
    sketch.processor("worker", to: ["success": [.drop]]) { session in
      guard let flowFile = session.get(), let number = flowFile["n"].flatMap({ Int($0) }) else { return }
      if number > 0, !known.withLock({ $0.contains("\(number - 1)") }) { missing.add("\(number)") }
      session.onCommit { known.withLock { _ = $0.insert("\(number)") } }
      session.transfer(flowFile, to: "success")
    }
    for seed in UInt64(1)...5 { _ = try FlowRun.drive(sketch, seed: seed) }
    #expect(missing.all.isEmpty)
  }
}
