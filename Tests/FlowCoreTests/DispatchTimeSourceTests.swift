import FlowCore
import Testing

@Suite("The system's timer")
struct DispatchTimeSourceTests {
  @Test("set to the longest duration does not fire and does not trap", arguments: [.seconds(Int64.max), .seconds(36_500 * 86_400), .seconds(400_000 * 86_400)] as [Duration])
  func timer(delay: Duration) {
    DispatchTimeSource().schedule(after: delay) { Issue.record("a timer that is due in centuries has fired") }.cancel()
  }
}
