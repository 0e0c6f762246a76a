import FlowCore
import FlowPostgres
import FlowTesting
import StudyModel
import Testing

@Suite("The history of runs in a PostgreSQL database")
struct PostgresRunHistoryTests {
  private func history(_ fixture: PostgresFixture, host: String = "alpha") throws -> PostgresRunHistory {
    PostgresRunHistory(try #require(PostgresAddress(fixture.uri)), host: { host }, environment: PostgresFixture.environment())
  }

  private func begin(_ history: PostgresRunHistory, _ run: String) async throws {
    try await history.begin(run: run, flow: "fitbit", file: "Flows/fitbit.yaml", sha256: "abc", started: Instant(seconds: 1_767_225_600))
  }

  private func report(_ run: String) -> RunReport {
    var report = RunReport(run: run, flow: "fitbit", flowSHA256: "abc", started: "2026-01-01T00:00:00Z", finished: "2026-01-01T00:01:00Z")
    report.status = .complete
    report.exit = 0
    report.flowfiles.created = 3
    report.flowfiles.finished = 3
    return report
  }

  @Test("a finished run is read back unchanged by another host, with its bulletins in order")
  func roundTrip() async throws {
    let fixture = try await PostgresFixture()
    let history = try history(fixture)
    try await begin(history, "run-a")
    #expect(history.hasBegun("run-a"))
    let bulletins = (1...12).map { Bulletin(.warning, processor: "get latest sync", subject: "no tracker", detail: "P\($0)") }
    try await history.finish(report: report("run-a"), bulletins: bulletins)
    #expect(!history.hasBegun("run-a"))
    let other = try self.history(fixture, host: "beta")
    #expect(try await other.report(run: nil) == report("run-a"))
    #expect(try await other.bulletins(run: "run-a") == bulletins)
    let summary = try #require(try await other.runs(limit: 10).first)
    #expect(summary.status == .complete && summary.exit == 0 && summary.file == "Flows/fitbit.yaml")
    #expect(summary.started == "2026-01-01T00:00:00Z" && summary.finished == "2026-01-01T00:01:00Z")
  }

  @Test("a beginning that is repeated, because its commit's answer was lost, is one run; an end without a beginning is recorded")
  func repeated() async throws {
    let fixture = try await PostgresFixture()
    let history = try history(fixture)
    for _ in 0..<2 { try await begin(history, "run-a") }
    for _ in 0..<2 { try await history.finish(report: report("run-b"), bulletins: []) }
    #expect(try await history.runs(limit: 10).map(\.run).sorted() == ["run-a", "run-b"])
    #expect(try await history.report(run: "run-b") == report("run-b"))
  }

  @Test("a run that no longer says that it lives was interrupted; one that lives is not pruned")
  func interrupted() async throws {
    let fixture = try await PostgresFixture()
    let history = try history(fixture)
    try await begin(history, "run-a")
    #expect(try await history.runs(limit: 1).map(\.status) == [.running])
    #expect(try await history.prune(olderThan: .zero) == 0)
    try await fixture.server.execute("UPDATE flowrun_run SET alive_until = now() - interval '1 second'", in: fixture.uri)
    #expect(try await history.runs(limit: 1).map(\.status) == [.interrupted])
    #expect(try await history.prune(olderThan: .zero) == 1)
  }

  @Test("a prefix names a run if it is unique; in a database without runs there is none")
  func prefixes() async throws {
    let fixture = try await PostgresFixture()
    let history = try history(fixture)
    #expect(try await history.runs(limit: 1) == [])
    #expect(try await history.report(run: nil) == nil)
    #expect(try await history.bulletins(run: "run") == [])
    for run in ["run-ab", "run-ac", "run-a"] {
      try await begin(history, run)
      try await history.finish(report: report(run), bulletins: [])
    }
    #expect(try await history.report(run: "run-ab") == report("run-ab"))
    #expect(try await history.report(run: "run-a") == report("run-a"), "exactly named")
    await #expect(throws: Diagnostic.self) { try await history.report(run: "run") }
  }
}
