import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import GRDB
import StudyModel
import Testing

@Suite("flowrun audit")
struct AuditCommandTests {
  private static func trail(_ study: Study) async throws -> [[String: Any]] {
    let result = try await study.flowrun(["audit"], ["--format", "json"])
    #expect(result.exit == 0, "\(result.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
  }

  private static func ended(_ trail: [[String: Any]], _ command: String) -> [String: Any] {
    trail.last { $0["command"] as? String == command && $0["phase"] as? String == "ended" } ?? [:]
  }

  private static func verify(_ study: Study) async throws -> BuiltBinary.Result { try await study.flowrun(["audit", "verify"]) }

  @Test("runs and commands leave who, what, why and the result; nothing secret; verify finds the trail whole", .timeLimit(.minutes(5)))
  func tells() async throws {
    let study = try await Study(participants: 2, days: 1)
    #expect(try await study.run(["--reason", "first collection"]).result.exit == 0)
    let acts: [(command: [String], more: [String], result: String)] = [
      (["recollect"], ["--data-type", "daily-activity"], "participants to be requested again"),
      (["participants", "pause"], ["P0001"], "paused: P0001"),
      (["participants", "resume"], ["P0001"], "resumed: P0001"),
      (["tokens", "retry"], ["P0002"], "to be tried once more: nobody"),
      (["participants", "withdraw"], ["P0002", "--erase-data"], "withdrawn, data erased: P0002"),
    ]
    for act in acts {
      let result = try await study.flowrun(act.command, act.more + ["--reason", "why: \(act.command.joined(separator: " "))"])
      #expect(result.exit == 0, "\(act.command): \(result.errors)")
    }
    let trail = try await Self.trail(study)
    let run = Self.ended(trail, "run")
    #expect(run["reason"] as? String == "first collection" && run["exit"] as? Int == 0 && run["run"] != nil && run["flow_sha256"] != nil, "\(run)")
    #expect((run["result"] as? String)?.hasPrefix("complete: 2 of 2 participants complete") == true, "\(run)")
    #expect((run["parameters"] as? [String])?.contains("participants=participants") == true)
    #expect((run["user"] as? String)?.isEmpty == false && (run["host"] as? String)?.isEmpty == false)
    for act in acts {
      let command = act.command.joined(separator: " "), entry = Self.ended(trail, command)
      #expect(entry["reason"] as? String == "why: \(command)" && (entry["result"] as? String)?.contains(act.result) == true, "\(entry)")
      #expect((entry["parameters"] as? [String])?.suffix(act.more.count) == act.more[...], "\(entry)")
    }
    #expect(trail.contains { $0["command"] as? String == "schema" && ($0["parameters"] as? [String])?.contains("made table fitbit_intraday_hr") == true })
    let text = try await study.flowrun(["audit"])
    #expect(text.exit == 0 && text.output.contains("first collection") && text.output.contains("withdrawn, data erased: P0002"), "\(text.output)")
    let whole = try await Self.verify(study)
    #expect(whole.exit == 0 && whole.output.contains("the audit trail is whole"), "\(whole.output)\(whole.errors)")
    await study.simulator.stop()
  }

  @Test("a changed, a missing and a cut-off entry are found, also after the last run; the exit is 1", .timeLimit(.minutes(5)))
  func tampering() async throws {
    let study = try await Study(participants: 1, days: 1, store: .file)
    #expect(try await study.run().result.exit == 0)
    let kept = try Data(contentsOf: URL(filePath: study.database))
    let unprotect = ["update", "delete", "insert"].map { "DROP TRIGGER flowrun_audit_\($0);" }.joined()
    for (change, words) in [
      ("UPDATE flowrun_audit SET user_name = 'somebody else' WHERE number = 2", "entry 2 was changed"),
      ("UPDATE flowrun_audit SET reason = 'later' WHERE number = 2", "entry 2 was changed"),
      ("DELETE FROM flowrun_audit WHERE number = 2", "entry 2 is missing"),
      ("DELETE FROM flowrun_audit WHERE number = (SELECT max(number) FROM flowrun_audit)", "the end is cut off: the report of run"),
      ("DELETE FROM flowrun_audit", "the end is cut off"),
    ] {
      try kept.write(to: URL(filePath: study.database))
      let queue = try DatabaseQueue(path: study.database)
      try await queue.writeWithoutTransaction { try $0.execute(sql: unprotect + change) }
      try queue.close()
      let found = try await Self.verify(study)
      #expect(found.exit == 1 && found.output.contains("NOT whole") && found.output.contains(words), "\(change): \(found.output)\(found.errors)")
    }
    // What comes after the last run is known to the state folder.
    try kept.write(to: URL(filePath: study.database))
    #expect(try await study.flowrun(["participants", "pause"], ["P0001"]).exit == 0)
    try kept.write(to: URL(filePath: study.database))
    let cut = try await Self.verify(study)
    #expect(cut.exit == 1 && cut.output.contains("the end is cut off: the state folder .flowrun knows entry"), "\(cut.output)")
    // Also when the trail has grown again: the entries that were cut off are remembered.
    for _ in 0..<2 { #expect(try await study.flowrun(["participants", "resume"], ["P0001"]).exit == 0) }
    let grown = try await Self.verify(study)
    #expect(grown.exit == 1 && grown.output.contains("is not the one that the state folder .flowrun knows"), "\(grown.output)")
    let json = try await study.flowrun(["audit", "verify"], ["--format", "json"])
    #expect(json.exit == 1 && json.output.contains("\"fault\""))
    await study.simulator.stop()
  }

  @Test("a run that was killed has begun and has no end, which the trail says; the next one goes on", .timeLimit(.minutes(5)))
  func killed() async throws {
    let study = try await Study(participants: 4, days: 2) { $0.faults = [Fault(.slow(milliseconds: 700), share: 1)] }
    let result = try await study.flowrun(["run"], ["-v"]) { running in
      try await waitUntil { study.simulator.statistics.totalRequests >= 6 }
      kill(running.identifier, SIGKILL)
    }
    #expect(result.exit == 9)
    let text = try await study.flowrun(["audit"])
    #expect(text.output.contains("no end recorded: interrupted or under way"), "\(text.output)")
    #expect(try await Self.verify(study).exit == 0)
    await study.simulator.stop()
  }

  @Test("discarding an entry goes to the trail of the database that the entry names, with the reason", .timeLimit(.minutes(5)))
  func discard() async throws {
    let study = try await Study(participants: 4, days: 1) { $0.faults = [Fault(.invalidGrant, share: 0.25)] }
    #expect(try await study.run().result.exit == 65)
    let listed = try await study.binary.run(["errors", "list", "--format", "json"])
    let entries = try #require(try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [[String: Any]])
    let uuid = try #require(entries.first?["uuid"] as? String)
    let discarded = try await study.binary.run(["errors", "discard", uuid, "--reason", "seen by ann"])
    #expect(discarded.exit == 0, "\(discarded.errors)")
    let entry = Self.ended(try await Self.trail(study), "errors discard")
    #expect(entry["reason"] as? String == "seen by ann" && entry["result"] as? String == "discarded: \(uuid)", "\(entry)")
    await study.simulator.stop()
  }

  @Test("a reason that cannot be kept is a usage error, before anything is done", arguments: ["", "  ", "two\nlines", String(repeating: "x", count: 1001)])
  func badReason(_ reason: String) async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run(["run", BuiltBinary.flow("fitbit"), "--reason", reason])
    #expect(result.exit == 64 && result.errors.contains("--reason"), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: binary.folder.path("simulated")))
  }
}
