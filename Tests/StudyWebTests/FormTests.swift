import FlowCore
import FlowRuntime
import FlowTesting
import StudyWeb
import Testing

@Suite("Forms")
struct FormTests {
  /// Addresses that take a form, a field that they do not have, one that they take once, and what the answer says of the first.
  static let forms: [(path: String, wrong: String, twice: String, says: String)] = [
    ("/api/v1/runs", "onyl=P0001", "flow=fitbit&flow=fitbit", "did you mean 'only'?"), ("/api/v1/errors/replay", "dryrun=true", "cause=scope&cause=gone", "did you mean 'dry_run'?"),
    ("/runs", "onyl=P0001", "p.from=2026-01-05&p.from=2026-01-06", "did you mean 'only'?"), ("/errors/replay", "casue=scope", "dry=yes&dry=yes", "did you mean 'cause'?"),
  ]

  @Test("a field that a form does not have is refused, as a member of JSON is, and so is one given twice", arguments: forms)
  func unknown(path: String, wrong: String, twice: String, says: String) async throws {
    try await ServerUnderTest.run { server async throws in
      func post(_ form: String) async throws -> TestAnswer {
        try await server.ask(path, method: "POST", headers: ["Accept": "application/json"], body: form, token: ServerUnderTest.token, json: false)
      }
      let answer = try await post(wrong)
      #expect(answer.status == 400 && answer.detail.contains(says), "\(answer.text)")
      let double = try await post(twice)
      #expect(double.status == 400 && double.detail.contains("given twice"), "\(double.text)")
      #expect(server.desk.orders.isEmpty && server.desk.state.withLock { $0.replays.isEmpty })
      #expect(try await (200..<304).contains(post("").status), "an empty form means what an empty object does")
    }
  }

  @Test("what is neither true nor false does not begin a real replay", arguments: [
    ("/api/v1/errors/replay", "dry_run=yes", 400), ("/api/v1/errors/replay", "dry_run=1", 400), ("/api/v1/errors/replay", "allow_flow_change=y", 400),
    ("/errors/replay", "dry=true", 400), ("/errors/replay", "change=1", 400), ("/api/v1/errors/replay", "dry_run=true", 200), ("/api/v1/errors/replay", "dry_run=on", 200),
    ("/errors/replay", "dry=yes", 200), ("/api/v1/errors/replay", "dry_run=false", 202), ("/api/v1/errors/replay", "dry_run=", 202),
  ])
  func flags(path: String, form: String, status: Int) async throws {
    try await ServerUnderTest.run { server async throws in
      let answer = try await server.ask(path, method: "POST", body: form, token: ServerUnderTest.token, json: false)
      #expect(answer.status == status, "\(answer.text)")
      #expect(server.desk.state.withLock { $0.replays.contains { !$0.isDryRun } } == (status == 202))
    }
  }

  @Test("a replay that finds nothing is answered with 200, and the page says so")
  func nothing() async throws {
    try await ServerUnderTest.run { server async throws in
      server.desk.state.withLock { $0.findsNothing = true }
      let answer = try await server.ask("/api/v1/errors/replay", method: "POST", body: "{}", token: ServerUnderTest.token)
      #expect(answer.status == 200 && answer.object["entries"] as? Int == 0 && answer.object["notes"] as? [String] == ["no entry of the error folder is replayed"])
      let page = try await server.ask("/errors/replay", method: "POST", body: "cause=scope", token: ServerUnderTest.token, json: false)
      #expect(page.status == 200 && page.text.contains("<h2>Nothing was replayed</h2>") && page.text.contains("<li>no entry of the error folder is replayed</li>"))
    }
  }
}
