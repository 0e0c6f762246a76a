import FlowCore
import FlowTesting
import Testing

@testable import FlowRuntime

@Suite("A ticker of the run's clock")
struct ProgressTickerTests {
  @Test("calls until the action wants no more, and never after it was closed")
  func ticker() {
    let time = ManualTime()
    let ticker = ProgressTicker(time: time, interval: .milliseconds(200))
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
