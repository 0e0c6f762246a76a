import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("Entries belong to a database and a provider")
struct OwnEntriesTests {
  /// A batch with every slice of daily activity in the error folder, and the correct flow.
  static func failedStudy(participants: Int = 2) async throws -> (study: Study, mended: String, count: Int) {
    let study = try await Study(participants: participants, days: 1)
    let flow = try study.editedFlow(as: "flow.yaml", ReplayTests.broken)
    let first = try await study.flowrun(["run"], flow: flow, ["--format", "json"])
    #expect(first.exit == 65, "\(first.errors)")
    let count = try #require(try first.json().number("errors", "count"))
    #expect(count > 0)
    return (study, try study.editedFlow(as: "flow.yaml", ReplayTests.quick), count)
  }

  static func entries(_ study: Study) async throws -> [[String: Any]] {
    let list = try await study.binary.run(["errors", "list", "--format", "json"])
    return try #require(try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
  }

  @Test("an entry names database and provider; a run, a replay and the simulator of another database leave it alone", .enabled(if: StudyDatabase.isFile, "it damages or moves the file"), .timeLimit(.minutes(5)))
  func otherDatabase() async throws {
    let (study, mended, count) = try await Self.failedStudy()
    let entry = try #require(try await Self.entries(study).first)
    #expect((entry["database"] as? [String: Any])?["path"] as? String == "study.sqlite")
    #expect((entry["provider"] as? [String: Any])?["name"] as? String == "fitbit")

    // The same people, the same flow, the same error folder: another database.
    let other = try await study.flowrun(["run"], flow: mended, ["--format", "json"], through: Self.withDatabase("other.sqlite"))
    #expect(other.exit == 0, "\(other.errors)")
    #expect(try other.json().number("errors", "count") == 0)
    let replay = try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change", "--dry-run"], through: Self.withDatabase("other.sqlite"))
    #expect(replay.exit == 0 && replay.output.contains("0 to replay, 0 refused"), "\(replay.output)\(replay.errors)")
    #expect(replay.errors.contains("left alone because they belong to another database or provider: \(count) entries"), "\(replay.errors)")
    let simulated = try await study.binary.run(["run", BuiltBinary.flow("fitbit"), "--only", "P000*", "-p", "detail=1min"])
    #expect(simulated.exit == 0, "\(simulated.errors)")
    #expect(try await Self.entries(study).count == count)

    // A database is identified independently of its path.
    for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: study.database + suffix) {
      try FileManager.default.moveItem(atPath: study.database + suffix, toPath: study.binary.folder.path("moved.sqlite") + suffix)
    }
    let own = try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change", "--format", "json"], through: Self.withDatabase("moved.sqlite"))
    #expect(own.exit == 0, "\(own.errors)")
    #expect(try await Self.entries(study).isEmpty)
    await study.simulator.stop()
  }

  /// Runs the words after it with another database than the study's.
  private static func withDatabase(_ name: String) -> [String] {
    ["/bin/sh", "-c", "for word; do shift; case $word in database=*) word=database=\(name);; esac; set -- \"$@\" \"$word\"; done; exec \"$@\"", "sh"]
  }

  @Test("entries of an earlier version are those of the database whose ledger knows their run, and no simulated one takes them", .timeLimit(.minutes(5)))
  func earlierVersion() async throws {
    let (study, mended, count) = try await Self.failedStudy()
    for path in try FileManager.default.subpathsOfDirectory(atPath: study.binary.folder.path("errors")) where path.hasSuffix("flowfile.json") {
      let file = URL(filePath: study.binary.folder.path("errors/\(path)"))
      var members = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
      for name in ["way", "database", "provider", "flow_file", "response_type"] { members[name] = nil }
      try JSONSerialization.data(withJSONObject: members).write(to: file)
    }
    let simulated = try await study.binary.run(["run", BuiltBinary.flow("fitbit"), "--only", "P000*", "-p", "detail=1min"])
    #expect(simulated.exit == 0, "\(simulated.errors)")
    #expect(try await Self.entries(study).count == count)
    let replayed = try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change", "--format", "json"])
    #expect(replayed.exit == 0, "\(replayed.errors)")
    #expect(try await Self.entries(study).isEmpty)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }
}
