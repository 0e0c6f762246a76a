import FlowCore
import FlowRuntime
import Foundation
import StudyModel
import Testing

@testable import flowrun

@Suite("Standard error as a log")
struct LogRecordTests {
  private static let time = "2026-01-05T12:00:00.250Z"

  @Test("a line is an object with time, level, run and message first")
  func golden() {
    let line = LogRecord(level: .warning, message: "not \"kept\"\nfor P0001", members: ["until": .text("12:40"), "count": .count(3), "level": .text("x"), "seconds": .number(1.25)])
    #expect(
      line.json(time: Self.time, run: "20260105T120000Z-1a2b")
        == #"{"time":"2026-01-05T12:00:00.250Z","level":"warning","run":"20260105T120000Z-1a2b","message":"not \"kept\"\nfor P0001","count":3,"_level":"x","seconds":1.25,"until":"12:40"}"#)
    #expect(LogRecord(level: .info, message: "m").json(time: Self.time, run: nil) == #"{"time":"2026-01-05T12:00:00.250Z","level":"info","message":"m"}"#)
  }

  @Test("a line for people says its level", arguments: [
    ("error: no space", LogRecord.Level.error, "no space"), ("Error: Missing argument", .error, "Missing argument"), ("warning: late", .warning, "late"),
    ("Flows/a.yaml:3:5: error: unknown type", .error, "Flows/a.yaml:3:5: error: unknown type"), ("stopping now", .info, "stopping now"),
    ("a.yaml:3:5: note: a loop\nerror: x", .info, "a.yaml:3:5: note: a loop\nerror: x"),
  ])
  func level(text: String, level: LogRecord.Level, message: String) {
    #expect(LogRecord(text: text, otherwise: .info) == LogRecord(level: level, message: message))
  }

  @Test("bulletins and progress keep their parts as members")
  func parts() {
    let warning = RunReport.Warning(level: "warning", processor: "get heart", subject: "server_error", count: 7, detail: "status 503")
    #expect(
      LogRecord(warning).json(time: Self.time, run: "r")
        == #"{"time":"2026-01-05T12:00:00.250Z","level":"warning","run":"r","message":"server_error","count":7,"detail":"status 503","processor":"get heart"}"#)
    var update = LiveUpdate(
      run: "r", flow: "fitbit", time: Self.time, elapsed: 30.5, participants: .init(done: 3, total: 10), flowfiles: FlowFileCounts(),
      processors: [
        .init(name: "get heart", received: 1, sent: [:], failed: 0, retried: 0, active: 0, penalised: 3, waitsFor: "rate limit until 12:40 UTC")
      ], queues: [], remaining: 90)
    update.flowfiles.created = 5
    #expect(
      LogRecord(update).json(time: Self.time, run: "r")
        == #"{"time":"2026-01-05T12:00:00.250Z","level":"info","run":"r","message":"progress","elapsed":30.5,"flow":"fitbit","flowfiles.created":5,"flowfiles.ended":0,"flowfiles.in_errors":0,"participants.done":3,"participants.total":10,"remaining":90.0,"waits_for.get heart":"rate limit until 12:40 UTC"}"#)
  }

  /// Objects of a log; fails for anything else.
  private static func objects(_ errors: String) throws -> [[String: Any]] {
    try errors.split(separator: "\n").map { line in
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
      #expect(Instant(rfc3339: object["time"] as? String ?? "") != nil && ["info", "warning", "error"].contains(object["level"] as? String) && object["message"] is String, "\(line)")
      return object
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var exit: Int32
    var level: String
    var says: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test("every line of a command is one, whatever fails", .timeLimit(.minutes(5)), arguments: [
    Case(arguments: ["trouble.yaml"], exit: 65, level: "warning", says: "bad_data"),
    Case(arguments: ["replay", "trouble.yaml", "--cause", "bad_data"], exit: 0, level: "info", says: ""),
    Case(arguments: ["nosuch.yaml"], exit: 64, level: "error", says: "nosuch.yaml"),
    Case(arguments: ["validate", "bad.yaml"], exit: 78, level: "error", says: "bad.yaml:1:1"),
    Case(arguments: ["trouble.yaml", "--timeout", "5"], exit: 64, level: "error", says: "--timeout"),
    Case(arguments: ["trouble.yaml", "--nosuch"], exit: 64, level: "error", says: "--nosuch"),
    Case(arguments: ["runs", "show", "x"], exit: 64, level: "error", says: "x"),
  ])
  func commands(_ test: Case) async throws {
    let binary = try BuiltBinary()
    try binary.write("flow: bad\n", to: "bad.yaml")
    try binary.write(
      """
      flow: trouble
      processors:
        - { name: begin, type: GenerateFlowFile, properties: { count: 2 }, to: { success: errors } }
      """, to: "trouble.yaml")
    let result = try await binary.run(test.arguments + ["--log-format", "json"])
    let objects = try Self.objects(result.errors)
    #expect(result.exit == test.exit, "\(result.errors) \(result.output)")
    if !test.says.isEmpty {
      #expect(objects.contains { $0["level"] as? String == test.level && ($0["message"] as? String)?.contains(test.says) == true }, "\(result.errors)")
    }
    if test.arguments == ["trouble.yaml"] { #expect(objects.allSatisfy { ($0["run"] as? String)?.hasPrefix("20") == true }, "\(result.errors)") }
  }

  @Test("is recognised on a command line that cannot be parsed", arguments: [
    (["run", "--log-format", "json"], true), (["run", "--log-format=json"], true), (["run", "--log-format", "text"], false), (["run", "json"], false),
    (["run", "--", "--log-format", "json"], false),
  ])
  func given(arguments: [String], isJSON: Bool) {
    #expect((OutputOptions.LogFormat.given(arguments) == .json) == isJSON)
  }
}
