import FlowCore
import FlowSQLite
import FlowSimulator
import FlowTesting
import Foundation
import GRDB
import Testing

@Suite("What a run reports about itself is true")
struct RunShellTests {
  struct Lost: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test("lost output is not a success", .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")), arguments: [
    Lost(arguments: ["processors"]), Lost(arguments: ["processors", "--format", "json"]), Lost(arguments: ["evaluate", "a"]),
    Lost(arguments: ["--help"]), Lost(arguments: ["--version"]), Lost(arguments: ["FLOW", "-q"]),
  ])
  func outputLost(_ lost: Lost) async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run(
      lost.arguments.map { $0 == "FLOW" ? BuiltBinary.flow("fitbit") : $0 }, through: ["/bin/sh", "-c", "exec \"$@\" > /dev/full", "sh"])
    #expect(result.exit == 1, "\(result.errors)")
    #expect(result.errors.contains("standard output cannot be written: No space left on device"), "\(result.errors)")
  }

  @Test("a reader that closes the pipe is not a failure")
  func readerGone() async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run(["processors", "--format", "json"], through: ["/bin/bash", "-c", "\"$@\" | head -n 1; exit ${PIPESTATUS[0]}", "sh"])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(result.errors.isEmpty, "\(result.errors)")
  }

  @Test("an empty batch folder needs a person", .timeLimit(.minutes(5)))
  func emptyBatch() async throws {
    let study = try await Study(participants: 1, days: 1)
    try FileManager.default.removeItem(atPath: study.binary.folder.path("participants/P0001.json"))
    let result = try await study.flowrun()
    #expect(result.exit == 65, "\(result.errors)\(result.output)")
    #expect(result.errors.contains("the batch folder has no participants: participants"), "\(result.errors)")
    #expect(result.output.contains("no participant was collected"), "\(result.output)")
    await study.simulator.stop()
  }

  @Test("patterns that match no participant are a usage error, found before anything starts", arguments: ["p0001", "X*"])
  func nobodyMatches(pattern: String) async throws {
    let study = try await Study(participants: 2, days: 1)
    let result = try await study.flowrun(["run"], ["--only", pattern, "--format", "json"])
    #expect(result.exit == 64, "\(result.errors)")
    #expect(result.errors.contains("no participant in participants matches"), "\(result.errors)")
    if pattern == "p0001" { #expect(result.errors.contains("did you mean 'P0001'?"), "\(result.errors)") }
    #expect(result.output.isEmpty)
    #expect(study.simulator.statistics.totalRequests == 0)
    #expect(!FileManager.default.fileExists(atPath: study.database))
    await study.simulator.stop()
  }

  @Test("a time limit beyond all bounds is refused; the longest one runs", .timeLimit(.minutes(5)))
  func absurdTimeout() async throws {
    let study = try await Study(participants: 1, days: 1)
    let refused = try await study.flowrun(["run"], ["--timeout", "300000d"])
    #expect(refused.exit == 64 && refused.errors.contains("at most 36500d"), "\(refused.errors)")
    #expect(try await study.run(["--timeout", "36500d"]).result.exit == 0)
    await study.simulator.stop()
  }

  @Test("the history has the exit code that the process ended with, and the warnings", .timeLimit(.minutes(5)), arguments: [(15, 143), (2, 130)])
  func history(signal: Int, exit: Int) async throws {
    let study = try await Study(participants: 4, days: 1)
    let result = try await study.flowrun(environment: ["FLOWRUN_INTERFERENCE": "signal \(signal) http.send /activities/ 3"])
    #expect(Int(result.exit) == exit, "\(result.errors)")
    #expect(result.output.contains("stopped by \(signal == 15 ? "SIGTERM" : "SIGINT")"), "\(result.output)")
    let runs = try await study.binary.run(["runs", "--format", "json"])
    let list = try JSONSerialization.jsonObject(with: Data(runs.output.utf8)) as? [[String: Any]]
    #expect(list?.first?["exit"] as? Int == exit, "\(runs.output)")
    await study.simulator.stop()
  }

  @Test("with its standard descriptors closed no file takes their place, and a run is what it is otherwise", .timeLimit(.minutes(5)), .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/fd"), "there is no /proc"))
  func closed() async throws {
    let binary = try BuiltBinary()
    #expect(try await binary.run(["new", "hello.yaml"]).exit == 0)
    let result = try await binary.run(
      ["hello.yaml", "-q", "--on-end", "for number in 0 1 2; do readlink /proc/$PPID/fd/$number; done >places"],
      through: ["/bin/sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh"])
    #expect(result.exit == 1, "the report could not be written")
    #expect(try String(contentsOfFile: binary.folder.path("places"), encoding: .utf8) == String(repeating: "/dev/null\n", count: 3))
    let runs = try await binary.run(["runs"])
    #expect(runs.output.contains("complete"), "\(runs.output)")
  }

  @Test("two signals before the start end it at once, though the database is locked", .timeLimit(.minutes(5)), arguments: [1, 2])
  func beforeTheStart(count: Int) async throws {
    let study = try await Study(participants: 1, days: 1)
    #expect(try await study.run().result.exit == 0)
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: study.database, configuration: configuration)
    try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
    let time = DispatchTimeSource()
    let begun = time.monotonic
    let signals = (1...count).map { BuiltBinary.Signal(number: SIGTERM, after: .milliseconds(2500 + 200 * $0)) }
    let result = try await study.flowrun(["run"], ["--format", "json"], signals: signals)
    #expect(result.exit == 143, "\(result.errors)")
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("stopped by a signal before anything had begun"), "\(result.errors)")
    #expect(time.monotonic - begun < .seconds(SQLiteLimits().busySeconds), "a wait that is not cut short lasts longer")
    try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    await study.simulator.stop()
  }

  @Test("a failure while closing is in the report, and the run has a report", .timeLimit(.minutes(5)))
  func closingFails() async throws {
    let study = try await Study(participants: 2, days: 1)
    let result = try await study.flowrun(
      ["run"], ["--format", "json"], environment: ["FLOWRUN_INTERFERENCE": "fail 28 sql.checkpoint * 1+"])
    #expect(result.exit == 1, "\(result.errors)")
    let report = try result.json()
    #expect(report["status"] as? String == "failed" && report.number("exit") == 1)
    #expect(report.number("participants", "complete") == 2, "\(result.output)")
    #expect((report["warnings"] as? [[String: Any]])?.contains { ($0["subject"] as? String)?.contains("cannot be closed") == true } == true)
    #expect(result.errors.contains("cannot be closed"), "\(result.errors)")
    let shown = try await study.binary.run(["runs", "show", try #require(report["run"] as? String)])
    #expect(shown.exit == 0 && shown.output.contains("cannot be closed"), "\(shown.output)\(shown.errors)")
    let (again, _) = try await study.run()
    #expect(again.exit == 0)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  @Test("a simulated run says so, and where the data are", .timeLimit(.minutes(5)))
  func simulated() async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run([BuiltBinary.flow("fitbit"), "--only", "P000*"])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(result.output.contains("the bundled simulator") && result.output.contains("database      simulated/fitbit.sqlite"), "\(result.output)")
  }

  @Test("retryable work and work for a person: the last line states both", .timeLimit(.minutes(5)))
  func both() async throws {
    let study = try await Study(participants: 8, days: 1) {
      $0.faults = [Fault(.invalidGrant, share: 0.13)]
      $0.rateLimit = 6
    }
    let result = try await study.flowrun(["run"], ["--timeout", "5s"])
    #expect(result.exit == 75, "\(result.errors)\(result.output)")
    let last = result.output.split(separator: "\n").last ?? ""
    #expect(last.contains("(exit 75); 1 participant also needs a person (65)"), "\(last)")
    #expect(!result.output.contains("everything written"))
    let runs = try await study.binary.run(["runs"])
    #expect(runs.output.contains("partial"), "\(runs.output)")
    await study.simulator.stop()
  }
}
