import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import FlowJSON
@testable import StudyProcessors

/// Parts do not depend on each other, so their requests are under way together.
@Suite("InvokeEndpoint asks for parts together")
struct InvokeEndpointTogetherTests {
  private static let latency: Duration = .seconds(1)

  /// On one thread; a request takes a second, unless its path says how many.
  private struct Bench {
    let executor: ManualExecutor
    let provider: ScriptedProvider
    let test: ProcessorTest

    init(parts: [String], concurrency: Int = 16, seed: UInt64 = 1, _ answer: @escaping ScriptedProvider.Answer) throws {
      let executor = ManualExecutor(seed: seed)
      self.executor = executor
      provider = ScriptedProvider(
        pause: { path in await executor.time.sleep(for: path.split(separator: "/").last.flatMap { Int($0) }.map { .seconds($0) } ?? latency) }, answer)
      let properties: [String: PropertyLiteral] = [
        "provider": "google",
        "parts": .list(parts.map { ["into": .text($0.replacing("/", with: "")), "url": .text($0), "scope": "activity"] }),
      ]
      test = try ProcessorTest(
        InvokeEndpoint.self, properties, services: ["google": provider], concurrency: concurrency,
        environment: .testing(executor: executor, json: SimdJSONExtractor()))
    }

    func run(flowFiles count: Int = 1, cancelledAfter delay: Duration? = nil) throws -> [ProcessorTest.Outcome] {
      try executor.run { [test, executor] in
        let tasks = (0..<count).map { _ in Task(executorPreference: executor) { await test.run([test.flowFile(["participant": "P1"])]) } }
        if let delay {
          await executor.time.sleep(for: delay)
          for task in tasks { task.cancel() }
        }
        var outcomes: [ProcessorTest.Outcome] = []
        for task in tasks { outcomes.append(await task.value) }
        return outcomes
      }
    }
    var elapsed: Duration { executor.time.monotonic }
  }

  private static let ten = (0..<10).map { "/part\($0)" }

  @Test("ten parts take the time of one; with a lower concurrency they take as many turns as needed", arguments: [(16, 1), (10, 1), (5, 2), (3, 4), (1, 10)])
  func time(concurrency: Int, turns: Int) throws {
    let bench = try Bench(parts: Self.ten, concurrency: concurrency) { path, _, _ in .json(#"{"of":"\#(path)"}"#) }
    let outcome = try #require(try bench.run().first)
    #expect(bench.elapsed == Self.latency * turns)
    #expect(bench.provider.highWater == min(concurrency, 10))
    #expect(outcome.counters["requests"] == 10)
    let members = Self.ten.map { #""\#($0.dropFirst())":{"of":"\#($0)"}"# }
    #expect(outcome["success"].first?.text == "{" + members.joined(separator: ",") + "}", "in declared order")
  }

  @Test("FlowFiles that are asked for at the same time share the concurrency; each has one request under way", arguments: 1...5 as ClosedRange<UInt64>)
  func sharing(seed: UInt64) throws {
    let bench = try Bench(parts: Self.ten, concurrency: 4, seed: seed) { _, _, _ in .json("{}") }
    let outcomes = try bench.run(flowFiles: 4)
    #expect(outcomes.allSatisfy { $0["success"].count == 1 })
    #expect(bench.provider.asked.count == 40)
    // At worst one FlowFile took all four, and then the other three began.
    #expect(bench.provider.highWater <= 7)
    #expect(bench.elapsed >= Self.latency * 6 && bench.elapsed <= Self.latency * 12, "\(bench.elapsed)")
  }

  @Test("of several refusals the first in declared order decides, whichever came first; the answers are kept", arguments: 1...5 as ClosedRange<UInt64>)
  func declaredOrder(seed: UInt64) throws {
    let bench = try Bench(parts: ["/a/3", "/b/5", "/c/1", "/d/2"], seed: seed) { path, _, _ in
      switch path {
      case "/b/5": HTTPResponse(status: 404, headers: [:], body: [])
      case "/c/1": try .payload(429, "ghealth-error-429.json")
      default: .json("{}")
      }
    }
    let outcome = try #require(try bench.run().first)
    #expect(outcome["failure"].first?.failure?.cause == .notFound)
    #expect(outcome.requeued.isEmpty && outcome.counters["requests"] == 4)
    #expect(bench.elapsed == .seconds(5), "what is under way is waited for")
  }

  @Test("what is refused for its scope is left out, the other parts are not")
  func scope() throws {
    let bench = try Bench(parts: ["/a", "/b", "/c"]) { path, _, _ in path == "/b" ? try .payload(403, "ghealth-error-403-scope.json") : .json("{}") }
    let answered = try #require(try bench.run().first?["success"].first)
    #expect(answered.text == #"{"a":{},"c":{}}"#)
    #expect(answered["slice.lacking"] == "activity" && answered["invokeendpoint.absent_parts"] == "b")
  }

  @Test("what stops the run cancels the parts that are under way and outweighs them; all that left are counted", arguments: 1...5 as ClosedRange<UInt64>)
  func stop(seed: UInt64) throws {
    let bench = try Bench(parts: ["/a/9", "/b/2", "/c/1", "/d/9"], concurrency: 3, seed: seed) { path, _, _ in
      if path == "/b/2" { throw StopRun(.unavailable, .gone, "gone") }
      return path == "/c/1" ? HTTPResponse(status: 404, headers: [:], body: []) : .json("{}")
    }
    let outcome = try #require(try bench.run().first)
    #expect((outcome.error as? StopRun)?.cause == .gone)
    #expect(outcome.counters["requests"] == 4)
  }

  @Test("a cancelled session ends all parts; those that left are counted, no other leaves")
  func cancelled() throws {
    let bench = try Bench(parts: Self.ten, concurrency: 3) { _, _, _ in .json("{}") }
    let outcome = try #require(try bench.run(cancelledAfter: .milliseconds(1500)).first)
    #expect(outcome.error is CancellationError)
    #expect(outcome.counters["requests"] == 6 && bench.provider.asked.count == 6)
  }

  @Test("the content is as old as its oldest part, not as its first")
  func age() throws {
    let bench = try Bench(parts: ["/a/7", "/b/2", "/c/5"]) { _, _, _ in .json("{}") }
    let begin = bench.executor.time.now
    let answered = try #require(try bench.run().first?["success"].first)
    #expect(answered["fetched_at"] == (begin + .seconds(2)).text)
    #expect(answered["invokeendpoint.path"] == "/a/7")
  }

  @Test("one seed gives one order of requests")
  func deterministic() throws {
    func paths(_ seed: UInt64) throws -> [String] {
      let bench = try Bench(parts: Self.ten, concurrency: 4, seed: seed) { _, _, _ in .json("{}") }
      _ = try bench.run(flowFiles: 2)
      return bench.provider.asked.map(\.path)
    }
    let first = try paths(3)
    for _ in 1...20 { #expect(try paths(3) == first) }
  }
}
