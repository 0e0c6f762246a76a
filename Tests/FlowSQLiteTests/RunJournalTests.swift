import FlowCore
import FlowSQLite
import Foundation
import StudyModel
import Testing

@Suite("The journal of runs")
struct RunJournalTests {
  private final class Folder: Sendable {
    let environment: SQLiteEnvironment
    init() throws { environment = try SQLiteEnvironment() }
    deinit { environment.remove() }
    func journal() -> RunJournal { RunJournal(folder: environment.path("state"), environment: environment.runtime()) }
  }

  private func report(_ run: String, started: String = "2026-01-01T00:00:00Z", exit: Int32 = 0) -> RunReport {
    var report = RunReport(run: run, flow: "fitbit", flowSHA256: "abc", started: started, finished: "2026-01-01T00:01:00Z")
    report.status = .complete
    report.exit = exit
    report.flowfiles.created = 3
    report.flowfiles.finished = 3
    report.rows["fitbit_intraday_hr"] = RunReport.Rows()
    var processor = RunReport.Processor(name: "write records", type: "WriteRecords")
    processor.sent["success"] = 3
    report.processors = [processor]
    return report
  }

  private func begin(_ journal: RunJournal, _ run: String, _ seconds: Int64 = 1_767_225_600) async throws {
    try await journal.begin(run: run, flow: "fitbit", file: "Flows/fitbit.yaml", sha256: "abc", started: Instant(seconds: seconds))
  }

  @Test("a finished run is read back unchanged, also by another process")
  func roundTrip() async throws {
    let folder = try Folder()
    let journal = folder.journal()
    try await begin(journal, "run-a")
    let bulletins = [
      Bulletin(.warning, processor: "get latest sync", subject: "no tracker", detail: "P0003 has none"),
      Bulletin(.info, processor: "", subject: "begun", detail: ""),
    ]
    try await journal.finish(report: report("run-a"), bulletins: bulletins)
    let other = folder.journal()
    #expect(try await other.report(run: nil) == report("run-a"))
    #expect(try await other.bulletins(run: "run-a") == bulletins)
    let summary = try #require(try await other.runs(limit: 10).first)
    #expect(summary.status == .complete && summary.exit == 0 && summary.file == "Flows/fitbit.yaml")
    #expect(summary.started == "2026-01-01T00:00:00.000Z" && summary.finished == "2026-01-01T00:01:00Z")
  }

  @Test("a run is running while its process lives, and interrupted if the process ended without finishing it")
  func interrupted() async throws {
    let folder = try Folder()
    let reader = folder.journal()
    do {
      let journal = folder.journal()
      try await begin(journal, "run-a")
      #expect(try await reader.runs(limit: 1).map(\.status) == [.running])
      #expect(try await reader.prune(olderThan: .zero) == 0)
      #expect(try await journal.runs(limit: 1).map(\.status) == [.running])
    }
    // A process that another test starts at this moment holds a copy of every descriptor, and so of the lock, until it becomes the
    // program it is to be.
    var status = try await reader.runs(limit: 1).map(\.status)
    for _ in 0..<500 where status == [.running] { status = try await reader.runs(limit: 1).map(\.status) }
    #expect(status == [.interrupted])
    #expect(try await reader.report(run: nil) == nil)
  }

  @Test("a prefix of the id is enough if it is unique")
  func prefixes() async throws {
    let folder = try Folder()
    let journal = folder.journal()
    for run in ["abc1", "abc2", "abc"] { try await journal.finish(report: report(run), bulletins: []) }
    #expect(try await journal.report(run: "abc1")?.run == "abc1")
    #expect(try await journal.report(run: "abc")?.run == "abc")
    #expect(try await journal.report(run: "zzz") == nil)
    #expect(try await journal.report(run: "a%") == nil)
    let problem = await #expect(throws: Diagnostic.self) { try await journal.report(run: "ab") }
    #expect(problem?.found == "3 runs match: abc, abc1, abc2")
  }

  @Test("the last run is the one that began last")
  func lastRun() async throws {
    let folder = try Folder()
    let journal = folder.journal()
    try await begin(journal, "late", 1_767_225_700)
    try await begin(journal, "early", 1_767_225_600)
    try await journal.finish(report: report("late", exit: 75), bulletins: [])
    try await journal.finish(report: report("early"), bulletins: [])
    #expect(try await journal.runs(limit: 2).map(\.run) == ["late", "early"])
    #expect(try await journal.report(run: nil)?.exit == 75)
    #expect(try await journal.runs(limit: 1).map(\.run) == ["late"])
  }

  @Test("old runs that have ended are pruned with their bulletins, others stay")
  func prune() async throws {
    let folder = try Folder()
    let journal = folder.journal()
    let now = folder.environment.now.seconds
    for (run, age) in [("old", Int64(10)), ("new", 2)] {
      try await begin(journal, run, now - age * 86_400)
      try await journal.finish(
        report: report(run), bulletins: [Bulletin(.info, processor: "", subject: run, detail: "")])
    }
    #expect(try await journal.prune(olderThan: .seconds(5 * 86_400)) == 1)
    #expect(try await journal.runs(limit: 10).map(\.run) == ["new"])
    #expect(try SQLiteFixture.query("SELECT run FROM bulletin", in: folder.environment.path("state/journal.sqlite")) == ["new"])
  }

  @Test("several processes share it and may create it concurrently")
  func sharing() async throws {
    let folder = try Folder()
    let journals = (0..<8).map { _ in folder.journal() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, journal) in journals.enumerated() {
        group.addTask {
          try await begin(journal, "run-\(index)")
          try await journal.finish(report: report("run-\(index)"), bulletins: [])
        }
      }
      try await group.waitForAll()
    }
    #expect(try await journals[0].runs(limit: 100).count == 8)
  }

  @Test("a journal of a newer version, a file that is not a journal and a path that is not a folder stop the run with exit 1")
  func refusals() async throws {
    let folder = try Folder()
    let file = folder.environment.path("state/journal.sqlite")
    _ = try await folder.journal().runs(limit: 1)
    try await expectStop(folder) { try SQLiteFixture.execute("PRAGMA user_version = 2", in: file) }
    try await expectStop(folder) { try "no database at all, but long enough to be read".write(toFile: file, atomically: false, encoding: .utf8) }
    let inFile = RunJournal(folder: file, environment: folder.environment.runtime())
    await #expect(throws: StopRun.self) { try await inFile.runs(limit: 1) }
  }

  private func expectStop(_ folder: Folder, _ damage: () throws -> Void) async throws {
    try damage()
    let stop = await #expect(throws: StopRun.self) { try await folder.journal().runs(limit: 1) }
    #expect(stop?.reason == .failed)
  }
}
