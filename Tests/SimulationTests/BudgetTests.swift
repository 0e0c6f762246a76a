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

  @Test("a backfill of 30 days on Google, second by second, takes more than a minute's requests and no 429", .timeLimit(.minutes(5)))
  func backfill() throws {
    let clock = Locked<ManualTime?>(nil)
    let flow = try WholeFlow(participants: 1, days: 30, flow: "google-health", detail: "1sec") {
      Int(clock.withLock { $0 }?.now.seconds ?? 0)
    }
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
    #expect(asked.statuses == [200: count])
    #expect(count > 300, "\(count) requests need more than one window")
    // Every window but the last is used up.
    #expect(asked.last < .seconds(65 * (1 + count / 300)), "\(asked.last)")
    #expect(run.lines.contains { $0.hasPrefix("waiting for the provider's limit") })
  }
}
