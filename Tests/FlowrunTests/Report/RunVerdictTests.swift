import ArgumentParser
import FlowCore
import StudyModel
@testable import FlowRuntime
@testable import flowrun
import Testing

@Suite("The exit code and the last line of a run")
struct RunVerdictTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var codes: [Int32]
    var status: RunReport.Status
    var change: @Sendable (inout RunVerdict.Facts) -> Void
  }

  @Test("where several codes apply, the first of 78, 1, 69, signal, 75, 65 is the exit code", arguments: [
    Case(testDescription: "nothing", codes: [], status: .complete) { _ in },
    Case(testDescription: "a person", codes: [65], status: .complete) { $0.leavesForPerson = true },
    Case(testDescription: "later", codes: [75], status: .partial) { $0.leavesForLater = true },
    Case(testDescription: "time limit, and nothing left", codes: [], status: .complete) { $0.timedOut = true },
    Case(testDescription: "later and a person", codes: [75, 65], status: .partial) {
      $0.leavesForLater = true
      $0.leavesForPerson = true
    },
    Case(testDescription: "SIGTERM", codes: [143, 75, 65], status: .partial) {
      $0.signal = 15
      $0.leavesForLater = true
      $0.leavesForPerson = true
    },
    Case(testDescription: "provider gone", codes: [69, 130, 75], status: .failed) {
      $0.stopped = .unavailable
      $0.signal = 2
      $0.leavesForLater = true
    },
    Case(testDescription: "closing failed", codes: [1, 69], status: .failed) {
      $0.stopped = .unavailable
      $0.hasFailed = true
    },
    Case(testDescription: "misconfigured", codes: [78, 1], status: .failed) {
      $0.stopped = .misconfigured
      $0.hasFailed = true
    },
  ])
  func codes(_ test: Case) {
    var facts = RunVerdict.Facts()
    test.change(&facts)
    let verdict = RunVerdict(facts)
    #expect(verdict.codes == test.codes)
    #expect(verdict.status == test.status)
  }

  @Test("what was thrown before a run had begun has the exit code of its kind", arguments: [
    (Diagnostics([Diagnostic(.unknownName, found: "no such entry")]), 64), (Diagnostic(.ambiguousName, found: "several"), 64),
    (Diagnostics([Diagnostic(.unknownName, found: "no such entry"), Diagnostic(.storedTable, found: "another key")]), 78),
    (Diagnostics([]), 78), (Diagnostic(.unsuitableFlow, found: "no batch"), 78), (StopRun(bySignal: 15), 143), (StopRun(bySignal: 2), 130),
    (StopRun(.unavailable, .connection, "no connection"), 69), (StopRun(.failed, .disk, "no space"), 1),
    (ProcessorError(.connection, "later"), 75), (ProcessorError(.badData, "never"), 65),
  ] as [(any Error, Int32)])
  func thrown(error: any Error, code: Int32) {
    #expect(RunVerdict.exitCode(of: error).rawValue == code)
  }

  struct Line: Sendable, CustomTestStringConvertible {
    var says: String
    var change: @Sendable (inout RunReport) -> Void
    var testDescription: String { says }
  }

  @Test("the last line states everything that applies, with the reason", arguments: [
    Line(says: "run r: everything written (exit 0)") { _ in },
    Line(says: "run r: this run wrote everything it requested; 3 entries of earlier runs are left: flowrun errors list --errors e (exit 0)") {
      $0.errors.count = 3
    },
    Line(says: "run r: done, but 1 participant needs a person (exit 65)") {
      $0.exit = 65
      $0.participants.total = 4
      $0.participants.failed = 1
    },
    Line(says: "run r: done, but no participant was collected: needs a person (exit 65)") { $0.exit = 65 },
    Line(says: "run r: done, but retryable work is left: run it again later (exit 75); 8 participants also need a person (65)") {
      $0.exit = 75
      $0.also = [65]
      $0.participants.needsConsent = 6
      $0.participants.failed = 2
    },
    Line(says: "run r: stopped: no connection to api.example within 30 s (exit 69); retryable work is left: run it again later (75)") {
      $0.exit = 69
      $0.also = [75]
      $0.stopped = "no connection to api.example within 30 s"
    },
    Line(says: "run r: stopped by SIGTERM; what was done is saved (exit 143); some entries also need a person (65)") {
      $0.exit = 143
      $0.also = [65]
    },
    Line(says: "run r: failed: the services cannot be closed: disk full; again (exit 1); exit 69 also applies") {
      $0.exit = 1
      $0.also = [69]
      $0.stopped = "the services cannot be closed: disk full\nagain"
    },
  ])
  func line(_ line: Line) throws {
    var report = RunReport(run: "r", flow: "f", flowSHA256: "", started: "", finished: "")
    report.exit = 0
    line.change(&report)
    #expect(RunTable.last(report, try plainTerminal(), try hint()) == line.says)
  }

  @Test("the report names where the data are, and that they are made up")
  func places() throws {
    var report = RunReport(run: "r", flow: "f", flowSHA256: "", started: "", finished: "")
    report.simulated = true
    report.databases = ["simulated/fitbit.sqlite"]
    report.errors = RunReport.Errors(count: 2, folder: "e")
    let text = RunTable.lines(report, try plainTerminal(), try hint()).joined(separator: "\n")
    #expect(text.contains("provider      the bundled simulator"))
    #expect(text.contains("database      simulated/fitbit.sqlite"))
    #expect(text.contains("errors        2 in e: flowrun errors list --errors e"))
  }

  @Test("a failing step does not prevent the others, and is reported")
  func closing() async {
    var steps = ClosingSteps()
    var taken: [Int] = []
    for number in 1...3 {
      let value = await steps.take(orSay: "step \(number) failed") { () throws -> Int in
        taken.append(number)
        if number < 3 { throw StopRun(.failed, .disk, "full") }
        return number
      }
      #expect(value == (number < 3 ? nil : 3))
    }
    #expect(taken == [1, 2, 3])
    #expect(steps.failures.map(\.subject) == ["step 1 failed", "step 2 failed"])
  }

  @Test("a database that is away at the end is an outage, unless something else failed too", arguments: [
    ([], nil), ([.unavailable], .unavailable), ([.unavailable, .unavailable], .unavailable), ([.failed], .failed), ([.unavailable, .failed], .failed),
  ] as [([StopRun.Reason], StopRun.Reason?)])
  func outage(thrown: [StopRun.Reason], reason: StopRun.Reason?) async {
    var steps = ClosingSteps()
    for reason in thrown { await steps.take(orSay: "a step failed") { throw StopRun(reason, .database, "away") } }
    #expect(steps.reason == reason)
  }

  private func plainTerminal() throws -> Terminal { Terminal(try OutputOptions.parse(["--color", "never"])) }
  private func hint() throws -> CommandHint { CommandHint(try FlowOptions.parse(["--errors", "e"])) }
}
