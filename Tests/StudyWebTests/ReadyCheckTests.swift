import FlowCore
import FlowTesting
import Testing

@testable import StudyWeb

@Suite("Whether the server is ready is found out by one check at a time", .timeLimit(.minutes(5)))
struct ReadyCheckTests {
  /// Checks that wait until the test lets them end.
  private struct Bench {
    let time = ManualTime()
    let count = Locked(0)
    let check: ReadyCheck
    let result: AsyncStream<Bool>.Continuation

    init() {
      let (results, result) = AsyncStream.makeStream(of: Bool.self)
      self.result = result
      check = ReadyCheck(time: time) { [count] in
        count.withLock { $0 += 1 }
        for await result in results { return result }
        return false
      }
    }
  }

  @Test("a hundred who ask at once share one, also while the database does not answer")
  func shared() async throws {
    let bench = Bench()
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<100 { group.addTask { await bench.check.isReady } }
      try await waitUntil { bench.count.withLock { $0 } > 0 }
      for _ in 0..<1_000 { await Task.yield() }
      #expect(bench.count.withLock { $0 } == 1)
      bench.result.yield(true)
      for try await isReady in group { #expect(isReady) }
    }
    #expect(bench.count.withLock { $0 } == 1)
  }

  @Test("its result, good or bad, holds for five seconds", arguments: [true, false])
  func kept(isReady: Bool) async {
    let bench = Bench()
    bench.result.yield(isReady)
    #expect(await bench.check.isReady == isReady)
    bench.time.advance(by: .milliseconds(4_999))
    #expect(await bench.check.isReady == isReady)
    #expect(bench.count.withLock { $0 } == 1)
    bench.time.advance(by: .milliseconds(1))
    bench.result.yield(!isReady)
    #expect(await bench.check.isReady == !isReady)
    #expect(bench.count.withLock { $0 } == 2)
  }
}
