import FlowCore
import FlowRuntime
import FlowTesting
import StudyModel
import Testing

@Suite("SIGTERM while everybody waits")
struct StopWhileWaitingTests {
  @Test(
    "the run is drained within 20 seconds, whatever waits for a rate limit", arguments: ["/activities/", "/devices.json", "/oauth2/token"],
    ["3600", "7", nil])
  func drains(_ path: String, _ retryAfter: String?) async throws {
    let study = try HostsOnOneStore()
    let host = try study.host("alpha") { request in
      guard request.url.contains(path) else { return nil }
      var headers: HTTPHeaders = ["Content-Type": "application/json"]
      headers["Retry-After"] = retryAfter
      return HTTPResponse(status: 429, headers: headers, body: Array("{\"success\":false}".utf8))
    }
    host.begin()
    // In the middle of the longest wait between token requests.
    try host.executor.run { host.executor.time.monotonic >= .seconds(40) }
    let before = host.executor.time.monotonic
    host.run.stop()
    let report = try host.finish()
    #expect(host.executor.time.monotonic - before <= .seconds(20), "\(host.executor.time.monotonic - before)")
    #expect(report.exit == 143 && report.participants.deferred == report.participants.total, "\(report)")
    #expect(report.flowfiles.isBalanced && report.flowfiles.abandoned == 0)
    #expect(try await study.lostTokens() == [])
  }
}
