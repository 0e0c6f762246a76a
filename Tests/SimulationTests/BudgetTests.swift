import FlowCore
import FlowTesting
import StudyModel
import Testing

@Suite("The provider's limit is kept, not met")
struct BudgetTests {
  /// Counts data requests by status, and the most that one minute had.
  private final class Witness: HTTPTransport {
    private struct State {
      var statuses: [Int: Int] = [:]
      var last = Duration.zero
    }
    private let base: any HTTPTransport
    private let time: ManualTime
    private let state = Locked(State())

    init(_ base: any HTTPTransport, _ time: ManualTime) {
      self.base = base
      self.time = time
    }
    var statuses: [Int: Int] { state.withLock { $0.statuses } }
    /// When the last response arrived.
    var last: Duration { state.withLock { $0.last } }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
      let response = try await base.send(request)
      if request.headers["Authorization"]?.hasPrefix("Bearer ") == true {
        state.withLock { state in
          state.statuses[response.status, default: 0] += 1
          state.last = time.monotonic
        }
      }
      return response
    }
  }

  @Test(
    "a backfill of 30 days on Google meets no 429, also if it takes several minutes' requests", .timeLimit(.minutes(5)),
    arguments: [("1sec", false), ("1min", true)])
  func backfill(detail: String, isByTheHour: Bool) throws {
    let clock = Locked<ManualTime?>(nil)
    let steps = /data_type: intraday-steps, step: 24h(, span: [0-9a-z]+)?/
    let flow = try WholeFlow(
      participants: 1, days: 30, flow: "google-health", detail: detail,
      edited: { isByTheHour ? $0.replacing(steps, with: "data_type: intraday-steps, step: 1h") : $0 },
      limiterClock: { Int(clock.withLock { $0 }?.now.seconds ?? 0) })
    let witness = Locked<Witness?>(nil)
    let run = try flow.drive(seed: 1) { transport, time in
      clock.withLock { $0 = time }
      let made = Witness(transport, time)
      witness.withLock { $0 = made }
      return made
    }
    let asked = try #require(witness.withLock { $0 })
    #expect(run.isComplete, "\(run)")
    let count = asked.statuses[200] ?? 0
    #expect(asked.statuses == [200: count], "\(asked.statuses)")
    // Every window but the last is used up.
    #expect(asked.last < .seconds(65 * (1 + count / 300)), "\(count) requests in \(asked.last)")
    guard isByTheHour else { return }
    #expect(count > 700)
    let told = run.lines.count { $0.hasPrefix("waiting for the provider's limit") }
    #expect(told >= 2 && told <= count / 300 + 1, "\(told)")
  }
}
