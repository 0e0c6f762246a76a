import FlowCore
import FlowRuntime
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("The command at the end of a run")
struct RunEndHookTests {
  private let report = RunReport(run: "R", flow: "f", flowSHA256: "", started: "2026-01-05T12:00:00Z", finished: "2026-01-05T12:01:30Z")

  @Test("is ended with all that it started when it takes too long", .timeLimit(.minutes(5)))
  func limit() async throws {
    let folder = try TemporaryFolder()
    let began = DispatchTimeSource().monotonic
    let hook = RunEndHook("echo $$ >'\(folder.path("group"))'; sleep 50 & sleep 50; wait", limit: .milliseconds(300))
    #expect(await hook.run(report) == "took longer than 300ms and was ended")
    #expect(DispatchTimeSource().monotonic - began < .seconds(20))
    let group = try #require(Int32(try String(contentsOfFile: folder.path("group"), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
    // Its children are in its group; init may still have to reap them.
    let deadline = DispatchTimeSource().monotonic + .seconds(10)
    while kill(-group, 0) == 0, DispatchTimeSource().monotonic < deadline { await DispatchTimeSource().sleep(for: .milliseconds(20)) }
    #expect(kill(-group, 0) == -1)
  }

  @Test("may leave its input unread, however large the report is")
  func unread() async {
    var large = report
    large.warnings = (0..<5000).map { RunReport.Warning(level: "warning", processor: "p", subject: "subject \($0)", count: 1, detail: "detail") }
    #expect(await RunEndHook("exit 0").run(large) == nil)
  }
}
