import FlowCore
import FlowTesting
import Foundation
import Hummingbird
import StudyModel
import StudyWeb
import Testing

@Suite("What every answer holds, and what none does")
struct AnswerTests {
  private struct BrokenPart: SitePart {
    struct Failure: Error, CustomStringConvertible {
      let description = "the inside of the server, with /a/path"
    }
    func addRoutes(to router: Router<WebContext>) {
      router.get("/broken") { _, _ -> Response in throw Failure() }
      router.get("/problem") { _, _ -> Response in throw WebProblem.forbidden("<b>no</b>") }
    }
    func page(for problem: WebProblem, in context: WebContext) -> Response? {
      problem.status == .forbidden ? .page("a page", status: problem.status) : nil
    }
  }

  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

  @Test("every answer has the security headers, whatever its status", arguments: [
    ("/api/v1/flows", "GET", 200), ("/api/v1/flows", "HEAD", 200), ("/sign-in", "GET", 200), ("/nothing", "GET", 404), ("/api/v1/runs", "POST", 401),
    ("/api/v1/runs", "PUT", 401), ("/broken", "GET", 500), ("/api/v1/coverage?days=x", "GET", 400), ("/api/v1/runs/none/events", "GET", 404),
  ])
  func headers(target: String, method: String, status: Int) async throws {
    try await ServerUnderTest.run(parts: [BrokenPart()]) { server async throws in
      let answer = try await server.ask(target, method: method)
      #expect(answer.status == status)
      #expect(answer.headers["content-security-policy"] == Self.policy)
      #expect(answer.headers["x-content-type-options"] == "nosniff")
      #expect(answer.headers["referrer-policy"] == "same-origin")
      #expect(answer.headers["x-frame-options"] == "DENY")
      #expect(answer.headers["cross-origin-opener-policy"] == "same-origin" && answer.headers["cross-origin-resource-policy"] == "same-origin")
      #expect(["no-store", "private, no-cache"].contains(answer.headers["cache-control"]))
      #expect(answer.headers["server"] == nil && answer.headers["access-control-allow-origin"] == nil)
      #expect(method != "HEAD" || answer.body.isEmpty)
    }
  }

  @Test("an error is a problem with four members, and tells nothing of the server's inside")
  func problems() async throws {
    try await ServerUnderTest.run(parts: [BrokenPart()]) { server async throws in
      let json = ["Accept": "application/json"]
      let broken = try await server.ask("/broken", headers: json)
      #expect(broken.headers["content-type"] == "application/problem+json")
      #expect(Set(broken.object.keys) == ["type", "title", "status", "detail"])
      #expect(broken.object["status"] as? Int == 500 && broken.object["title"] as? String == "Internal Server Error")
      #expect(!broken.text.contains("/a/path"))
      #expect(server.lines.withLock { $0 }.contains { $0.contains("the inside of the server") })
      #expect(try await server.ask("/problem", headers: json).detail == "<b>no</b>")
      let page = try await server.ask("/problem", headers: ["Accept": "text/html,*/*"])
      #expect(page.status == 403 && page.text == "a page")
    }
  }

  @Test("a page's error is a page unless JSON is asked for; the API's is always a problem, and a supervisor's unless a browser asks", arguments: [
    ("/nothing", nil, "text/html; charset=utf-8"), ("/nothing", "*/*", "text/html; charset=utf-8"), ("/nothing", "text/html,*/*;q=0.8", "text/html; charset=utf-8"),
    ("/nothing", "application/json", "application/problem+json"), ("/nothing", "application/problem+json, */*", "application/problem+json"),
    ("/nothing", "text/html, application/json;q=0.5", "text/html; charset=utf-8"), ("/participants/X", "*/*", "text/html; charset=utf-8"),
    ("/api/v1/nothing", nil, "application/problem+json"), ("/api/v1/nothing", "*/*", "application/problem+json"), ("/api/v1/nothing", "text/html", "application/problem+json"),
    ("/api/v1/participants/X", "text/html,*/*", "application/problem+json"), ("/api", "text/html", "application/problem+json"), ("/healthz?a=%", "*/*", nil),
  ] as [(String, String?, String?)])
  func kinds(target: String, accept: String?, type: String?) async throws {
    try await ServerUnderTest.run { server async throws in
      let answer = try await server.ask(target, headers: accept.map { ["Accept": $0] } ?? [:])
      #expect(answer.headers["content-type"] == type ?? "text/plain; charset=utf-8", "\(answer.text)")
      #expect(type == nil || answer.status == 404)
      #expect(try await server.ask("/metrics", method: "POST", headers: ["Accept": "*/*"], token: ServerUnderTest.token).headers["content-type"] == "application/problem+json")
    }
  }

  @Test("who needs the token and shows no pages is told so rather than led to the page that signs in", arguments: [
    (nil, 401), ("*/*", 401), ("application/json", 401), ("text/html", 303),
  ] as [(String?, Int)])
  func signIn(accept: String?, status: Int) async throws {
    try await ServerUnderTest.run(readingNeedsToken: true) { server async throws in
      let answer = try await server.ask("/runs", headers: accept.map { ["Accept": $0] } ?? [:])
      #expect(answer.status == status && (status != 401 || answer.headers["www-authenticate"]?.hasPrefix("Bearer ") == true))
      #expect(!answer.text.contains("fitbit"), "who may read nothing does not learn the flow's name")
    }
  }

  @Test("a log line names the route, never what stood in the address")
  func log() async throws {
    try await ServerUnderTest.run { server async throws in
      _ = try await server.ask("/api/v1/participants/P0001-secret?flow=hidden", token: ServerUnderTest.token)
      let line = try #require(server.lines.withLock { $0 }.last)
      #expect(line.hasPrefix("GET /api/v1/participants/{id} 404 "))
      #expect(!line.contains("secret") && !line.contains("hidden") && !line.contains(ServerUnderTest.token))
    }
  }

  @Test("no answer holds a secret of the batch or the server")
  func secrets() async throws {
    let batch = try await CollectedBatch.shared.value
    #expect(batch.secrets.count > 6)
    let search = try SecretSearch(batch.secrets + [ServerUnderTest.token])
    try await ServerUnderTest.run { server async throws in
      let run = batch.report.run
      let targets = [
        "/sign-in", "/api/v1/openapi.json", "/api/v1/participants", "/api/v1/participants/P0001", "/api/v1/coverage", "/api/v1/flows", "/api/v1/flows/fitbit/graph",
        "/api/v1/runs", "/api/v1/runs/\(run)", "/api/v1/runs/\(run)/events", "/api/v1/errors", "/api/v1/errors?by=cause", "/metrics", "/docs",
        "/api/v1/participants/P0001/series?metric=steps",
      ]
      for target in targets {
        let answer = try await server.ask(target, token: ServerUnderTest.token)
        #expect(answer.status == 200 && !answer.body.isEmpty, "\(target): \(answer.text)")
        #expect(search.places(in: Data(answer.raw)) == [], "\(target)")
      }
    }
  }
}
