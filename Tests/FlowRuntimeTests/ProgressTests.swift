import FlowCore
import FlowFileSystem
import FlowTesting
import StudyModel
import Testing

@testable import FlowRuntime

@Suite("Progress of a run as events")
struct ProgressTests {
  @Test("the run's clock limits progress to five events a second, for early and late listeners", arguments: [false, true])
  func interval(_ isLate: Bool) async throws {
    let time = ManualTime()
    let flow = try HelloFlow(time: time)
    let early = isLate ? nil : flow.run.events.listen(to: [.progress])
    let late = Locked<AsyncStream<RunEvents.Delivery>?>(nil)
    flow.atFirstFile {
      if isLate { late.withLock { $0 = flow.run.events.listen(to: [.progress]) } }
      time.advance(by: .milliseconds(1100))
    }
    #expect(try await flow.run.run().exit == 0)
    var heard: [RunProgress] = []
    let events = try #require(isLate ? late.withLock { $0 } : early)
    for await delivery in events { if case .progress(let progress) = delivery.event { heard.append(progress) } }
    let expected = [200, 400, 600, 800, 1000].map { Duration.milliseconds($0) }
    #expect(heard.map(\.elapsed) == expected)
    #expect(heard.allSatisfy { $0.flowfiles.created == 5 && !$0.isStopping })
    #expect(time.timerCount == 0)
  }

  @Test("progress says that the run is stopping, and why")
  func stopping() async throws {
    let time = ManualTime()
    let flow = try HelloFlow(time: time)
    let events = flow.run.events.listen(to: [.progress])
    flow.atFirstFile {
      flow.run.stop()
      time.advance(by: .milliseconds(200))
    }
    _ = try await flow.run.run()
    var last: RunProgress?
    for await delivery in events { if case .progress(let progress) = delivery.event { last = progress } }
    #expect(last?.isStopping == true && last?.stopReason == "by a signal")
  }

  @Test("a ticker calls until the action wants no more, and never after it was closed")
  func ticker() {
    let time = ManualTime()
    let ticker = ProgressTicker(time: time)
    let calls = Locked(0)
    let action: @Sendable () -> Bool = {
      calls.withLock { calls in
        calls += 1
        return calls % 2 == 1
      }
    }
    ticker.begin(action)
    ticker.begin(action)
    time.advance(by: .seconds(10))
    #expect(calls.withLock { $0 } == 2 && time.timerCount == 0)
    ticker.begin(action)
    ticker.close()
    ticker.begin(action)
    time.advance(by: .seconds(10))
    #expect(calls.withLock { $0 } == 2 && time.timerCount == 0)
  }
}
