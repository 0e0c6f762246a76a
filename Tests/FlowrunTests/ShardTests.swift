import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("--shard")
struct ShardTests {
  @Test("two shards at once collect every participant once, and each accounts for all", .timeLimit(.minutes(5)))
  func atOnce() async throws {
    let study = try await Study(participants: 8, days: 1) { $0.faults = [Fault(.slow(milliseconds: 20), share: 1)] }
    async let left = study.run(["--shard", "0/2"])
    async let right = study.run(["--shard", "1/2"])
    var complete = 0
    for (result, report) in [try await left, try await right] {
      #expect(result.exit == 0, "\(result.errors)")
      let counts = try #require(report["participants"] as? [String: Int])
      #expect(counts["total"] == 8 && (counts["complete"] ?? 0) + (counts["skipped"] ?? 0) == 8, "\(counts)")
      complete += counts["complete"] ?? 0
    }
    #expect(complete == 8)
    try await study.expectEverything("")
    await study.simulator.stop()
  }

  @Test("auto takes the number from the array's task; a shard without participants is done", .timeLimit(.minutes(5)))
  func auto() async throws {
    let study = try await Study(participants: 1, days: 1)
    let name = try #require(study.simulator.population.participants.first?.name)
    let own = try #require((0..<5).first { ParticipantShard(index: $0, of: 5)?.includes(name) == true })
    for variable in ParticipantShard.numberVariables {
      let other = try await study.flowrun(["run"], ["--shard", "auto/5", "--format", "json"], environment: [variable: "\((own + 1) % 5)"])
      #expect(other.exit == 0, "\(other.errors)")
      #expect(try other.json().number("participants", "skipped") == 1)
    }
    let mine = try await study.flowrun(["run"], ["--shard", "auto/5", "--only", name, "--format", "json"], environment: ["SLURM_ARRAY_TASK_ID": "\(own)"])
    #expect(mine.exit == 0, "\(mine.errors)")
    #expect(try mine.json().number("participants", "complete") == 1)
    try await study.expectEverything("")
    await study.simulator.stop()
  }

  @Test("what is no shard is refused before anything starts (64)", arguments: [
    ("auto/8", ["SLURM_ARRAY_TASK_ID": "8"], "SLURM_ARRAY_TASK_ID is '8'"), ("auto/8", [:], "JOB_COMPLETION_INDEX"), ("2/2", [:], "no shard 2 of 2"),
  ] as [(String, [String: String], String)], ["run", "replay"])
  func refused(_ shard: (text: String, environment: [String: String], found: String), _ command: String) async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run([command, BuiltBinary.flow("fitbit"), "--shard", shard.text], environment: shard.environment)
    #expect(result.exit == 64 && result.errors.contains(shard.found), "\(result.exit) \(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: binary.folder.path("simulated")))
  }

  @Test("a replay of a shard takes its own entries, and leaves those of others", .timeLimit(.minutes(5)))
  func replay() async throws {
    let study = try await Study(participants: 6, days: 1) { $0.faults = [Fault(.html, share: 1)] }
    let (first, _) = try await study.run()
    #expect(first.exit == 69 || first.exit == 75 || first.exit == 65, "\(first.errors)")
    try await study.restart()
    let entries = { try study.files(below: "errors").filter { $0.hasSuffix("flowfile.json") }.count }
    let before = try entries()
    guard before > 0 else { return await study.simulator.stop() }
    let left = try await study.flowrun(["replay"], ["--shard", "0/2", "--format", "json"])
    #expect(left.exit == 0, "\(left.errors)")
    let between = try entries()
    #expect(between < before && between > 0, "\(between) of \(before)")
    #expect(try left.json().number("participants", "skipped") ?? 0 > 0)
    let right = try await study.flowrun(["replay"], ["--shard", "1/2"])
    #expect(try right.exit == 0 && entries() == 0, "\(right.errors)")
    #expect(try await study.run().result.exit == 0)
    try await study.expectEverything("")
    await study.simulator.stop()
  }

  // That it is within 20 seconds, StopWhileWaitingTests says, by a clock of its own.
  @Test("SIGTERM while everybody waits an hour for a rate limit: it ends, and saves", .timeLimit(.minutes(5)))
  func stopped() async throws {
    let study = try await Study(participants: 3, days: 1) { $0.rateLimit = 2 }
    let result = try await study.flowrun(["run"], ["--format", "json"], signals: [.init(number: SIGTERM, after: .seconds(4))])
    #expect(result.exit == 143, "\(result.errors)")
    #expect(try result.json().number("participants", "deferred") == 3)
    await study.simulator.stop()
  }
}
