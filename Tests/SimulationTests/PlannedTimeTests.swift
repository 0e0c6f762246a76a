import FlowCore
import FlowRuntime
import FlowSimulator
import FlowTesting
import StudyModel
import Testing

@Suite("A plan under a provider's rate limits", .serialized)
struct PlannedTimeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var flow: String
    var days: Int
    /// Of the limit that makes the run wait.
    var window: Duration
    var limitedBy: String
    /// Into the provider's hour.
    var minutes = 0
    var requestsPerMinute: Int?

    var testDescription: String { "\(flow), \(minutes) min past the hour, \(limitedBy)" }
  }

  static let cases = [
    Case(flow: "fitbit", days: 60, window: .seconds(3600), limitedBy: "150 requests in 1h for each participant"),
    Case(flow: "fitbit", days: 60, window: .seconds(3600), limitedBy: "150 requests in 1h for each participant", minutes: 50),
    Case(flow: "google-health", days: 30, window: .seconds(60), limitedBy: "20 requests in 1m for all participants", requestsPerMinute: 20),
  ]

  @Test("names the requests that the run makes, and a time that it takes no less than and one window more at most", .timeLimit(.minutes(5)), arguments: cases)
  func holds(_ expected: Case) async throws {
    let clock = Locked<ManualTime?>(nil)
    let flow = try WholeFlow(
      participants: 2, days: expected.days, flow: expected.flow,
      edited: { text in
        guard let count = expected.requestsPerMinute else { return text }
        return text.replacing("    type: GoogleHealthAPI\n", with: "    type: GoogleHealthAPI\n    requests_per_minute: \(count)\n")
      }, limiterClock: { Int(clock.withLock { $0?.now.seconds ?? 0 }) })
    func drive(from start: Instant, _ graph: FlowGraph? = nil) throws -> WholeRun {
      try flow.drive(seed: 1, start: start, of: graph) { transport, time in
        clock.withLock { $0 = time }
        return transport
      }
    }
    // Whoever has synced once has a plan of everything for a database that has nothing yet.
    let first = try drive(from: WholeFlow.firstStart)
    #expect(first.isComplete, "\(first)")
    let start = Instant(seconds: first.ended.seconds / 3600 * 3600 + 2 * 3600 + Int64(expected.minutes * 60))
    let graph = try flow.graph("second.sqlite") { $0 }
    var machine = Machine.here()
    machine.time = ManualTime(now: start)
    let request = RunRequest(graph: graph, errors: flow.folder.path("errors"), state: flow.folder.path("state"))
    let plan = try await RunPlanner(request, on: machine).plan()
    #expect(plan.limitedBy == expected.limitedBy)

    let before = flow.simulator.statistics
    let run = try drive(from: start, graph)
    #expect(run.isComplete, "\(run)")
    let after = flow.simulator.statistics
    let asked = after.totalRequests - before.totalRequests
    if expected.flow == "fitbit" { #expect(asked == plan.requests.total) }
    // Further pages of an answer are known only once it is there.
    #expect(plan.requests.total...(plan.requests.total + plan.slices) ~= asked, "planned \(plan.requests.total), asked \(asked)")
    #expect(after.statuses[429] == before.statuses[429], "what the plan waits for is not asked too early")
    let taken = run.ended - start
    #expect(taken >= .seconds(plan.seconds) && taken < .seconds(plan.seconds) + expected.window, "planned \(plan.seconds) s, took \(taken)")
  }
}
