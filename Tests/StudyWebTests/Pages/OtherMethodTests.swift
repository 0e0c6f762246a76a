import FlowTesting
import StudyWeb
import Testing

@Suite("A page that is asked in another way")
struct OtherMethodTests {
  static let pages: [(path: String, allowed: String)] = [
    ("/", "GET, HEAD"), ("/participants/P0001", "GET, HEAD"), ("/runs", "GET, HEAD, POST"), ("/runs/r", "GET, HEAD"), ("/runs/r/stop", "POST"), ("/errors", "GET, HEAD"),
    ("/flows/fitbit", "GET, HEAD"), ("/schedule", "GET, HEAD"), ("/docs", "GET, HEAD"), ("/docs/try/startRun", "GET, HEAD, POST"), ("/sign-in", "GET, HEAD, POST"),
    ("/sign-out", "POST"), ("/assets/site.css", "GET, HEAD"), ("/metrics", "GET, HEAD"), ("/healthz", "GET, HEAD"), ("/api/v1/openapi.json", "GET, HEAD"),
  ]

  @Test("is refused with the methods that it has", arguments: pages)
  func refused(path: String, allowed: String) async throws {
    try await ServerUnderTest.run { server async throws in
      let known = allowed.split(separator: ", ").map(String.init)
      for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "LOCK"] where !known.contains(method) {
        let answer = try await server.ask(path, method: method, token: ServerUnderTest.token)
        #expect(answer.status == 405 && answer.headers["allow"] == allowed, "\(method): \(answer.status) \(answer.headers)")
      }
      #expect(try await server.ask(path + "/nothing/there", method: "PUT", token: ServerUnderTest.token).status == 404)
    }
  }

  @Test("after a replay, a reload of its address leads back to the errors")
  func reload() async throws {
    try await ServerUnderTest.run { server async throws in
      let answer = try await server.ask("/errors/replay")
      #expect(answer.status == 303 && answer.headers["location"] == "/errors")
    }
  }
}
