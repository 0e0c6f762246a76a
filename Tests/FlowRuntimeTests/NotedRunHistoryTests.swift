import FlowCore
import FlowFileSystem
import FlowTesting
import StudyModel
import Testing

@testable import FlowRuntime

@Suite("Where the last run of a state folder kept its history")
struct NotedRunHistoryTests {
  /// A history that is not asked.
  private struct Unasked: RunHistory {
    func begin(run: String, flow: String, file: String, sha256: String, started: Instant) async throws {}
    func hasBegun(_ run: String) -> Bool { false }
    func finish(report: RunReport, bulletins: [Bulletin]) async throws {}
    func prune(olderThan age: Duration) async throws -> Int { 0 }
    func runs(limit: Int) async throws -> [RunSummary] { [] }
    func report(run: String?) async throws -> RunReport? { nil }
    func bulletins(run: String?) async throws -> [Bulletin] { [] }
    func cutWaitsShort() {}
  }

  @Test("it is noted when a run begins, whichever way the flows of the folder change")
  func noted() async throws {
    let folder = try TemporaryFolder()
    let state = folder.path("state"), fileSystem = POSIXFileSystem()
    let environment = Machine.here(fileSystem).toolEnvironment
    for location in [nil, "postgresql://db/study", "postgresql://db/other", nil, nil] {
      let history = NotedRunHistory(Unasked(), at: location, in: state, environment)
      try await history.begin(run: "run-a", flow: "fitbit", file: "fitbit.yaml", sha256: "abc", started: Instant(seconds: 0))
      #expect(try NotedRunHistory.location(in: state, fileSystem) == location)
    }
  }
}
