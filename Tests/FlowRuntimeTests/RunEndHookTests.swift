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
    let folder = try TemporaryFolder(), time = ManualTime()
    let hook = RunEndHook("echo $$ >'\(folder.path("group"))'; sleep 50 & sleep 50; wait", limit: .milliseconds(300), time: time)
    async let outcome = hook.run(report)
    func number() -> Int32? { (try? String(contentsOfFile: folder.path("group"), encoding: .utf8)).flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) } }
    try await waitUntil { number() != nil && time.timerCount >= 2 }
    time.advance(by: .milliseconds(300))
    #expect(await outcome == "took longer than 300ms and was ended")
    let group = try #require(number())
    // Its children are in its group; init may still have to reap them.
    try await waitUntil { kill(-group, 0) == -1 }
  }

  @Test("gets the signal that the program gets, and is ended with all that it started, also if it ignores it", .timeLimit(.minutes(5)), arguments: ["", "trap '' TERM; "])
  func interrupted(ignoring: String) async throws {
    let folder = try TemporaryFolder(), time = DispatchTimeSource(), began = time.monotonic
    let hook = RunEndHook("\(ignoring)echo $$ >'\(folder.path("group"))'; sleep 50 & sleep 50; wait")
    async let outcome = hook.run(report)
    func group() -> Int32? { (try? String(contentsOfFile: folder.path("group"), encoding: .utf8)).flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) } }
    try await waitUntil { group() != nil }
    hook.pass(signal: SIGTERM)
    // The second one does not wait.
    if !ignoring.isEmpty { hook.pass(signal: SIGTERM) }
    #expect(await outcome == "was interrupted by a signal and ended")
    #expect(time.monotonic - began < .seconds(20))
    let number = try #require(group())
    try await waitUntil { kill(-number, 0) == -1 }
  }

  @Test("a signal that comes before it has begun is for it, too", .timeLimit(.minutes(5)), arguments: ["sleep 50", "trap '' TERM; sleep 50"])
  func early(command: String) async {
    let began = DispatchTimeSource().monotonic
    let hook = RunEndHook(command)
    hook.pass(signal: SIGTERM)
    #expect(await hook.run(report) == "was interrupted by a signal and ended")
    #expect(DispatchTimeSource().monotonic - began < .seconds(20))
  }

  @Test("its lines are given one by one, and what it leaves behind is not waited for", .timeLimit(.minutes(5)))
  func lines() async {
    let lines = Locked<[String]>([]), began = DispatchTimeSource().monotonic
    let hook = RunEndHook("echo one; echo two >&2; printf three; sleep 50 &", output: { line in lines.withLock { $0.append(line) } })
    #expect(await hook.run(report) == nil)
    #expect(lines.withLock { $0 } == ["one", "two", "three"])
    #expect(DispatchTimeSource().monotonic - began < .seconds(20))
  }

  @Test("after some seconds it is said that it is waited for", .timeLimit(.minutes(5)))
  func waiting() async throws {
    let folder = try TemporaryFolder(), time = ManualTime(), count = Locked(0)
    let hook = RunEndHook("while ! test -e '\(folder.path("end"))'; do sleep 0.05; done", time: time, isWaiting: { count.withLock { $0 += 1 } })
    async let outcome = hook.run(report)
    try await waitUntil { time.timerCount == 2 }
    time.advance(by: .milliseconds(2900))
    #expect(count.withLock { $0 } == 0)
    time.advance(by: .seconds(10))
    #expect(count.withLock { $0 } == 1)
    try Data().write(to: URL(filePath: folder.path("end")))
    #expect(await outcome == nil)
    #expect(await RunEndHook("exit 0", time: time, isWaiting: { count.withLock { $0 += 1 } }).run(report) == nil)
    #expect(count.withLock { $0 } == 1 && time.timerCount == 0)
  }

  @Test("may leave its input unread, however large the report is")
  func unread() async {
    var large = report
    large.warnings = (0..<5000).map { RunReport.Warning(level: "warning", processor: "p", subject: "subject \($0)", count: 1, detail: "detail") }
    #expect(await RunEndHook("exit 0").run(large) == nil)
  }
}
