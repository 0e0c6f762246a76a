import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("flowrun errors")
struct ErrorsCommandTests {
  private static func count(_ study: Study, _ arguments: [String]) async throws -> Int {
    let list = try await study.binary.run(["errors", "list", "--format", "json"] + arguments)
    #expect(list.exit == 0, "\(list.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [Any]).count
  }

  @Test("chosen by participant, run and age; summed up by cause, participant and processor; no line wider than the terminal", .timeLimit(.minutes(5)))
  func lists() async throws {
    let (study, _, count) = try await OwnEntriesTests.failedStudy(participants: 3)
    let entries = try await OwnEntriesTests.entries(study)
    let run = try #require(entries.first?["run"] as? String)
    let ofFirst = entries.filter { ($0["attributes"] as? [String: String])?["participant"] == "P0001" }.count
    #expect(try await Self.count(study, ["--participant", "P0001"]) == ofFirst)
    #expect(try await Self.count(study, ["--participant", "P000*", "--run", run, "--since", "1h"]) == count)
    let unknown = try await study.binary.run(["errors", "list", "--run", "no-such-run"])
    #expect(unknown.exit == 64 && unknown.errors.contains("no entry of errors is of this run"), "\(unknown.errors)")
    for by in ["cause", "participant", "processor"] {
      let list = try await study.binary.run(["errors", "list", "--by", by, "--format", "json"])
      let sums = try #require(try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
      #expect(sums.reduce(0) { $0 + ($1["count"] as? Int ?? 0) } == count, "\(list.output)")
      #expect(sums.allSatisfy { $0[by] is String })
    }
    let nobody = try await study.binary.run(["errors", "list", "--participant", "p0001"])
    #expect(nobody.exit == 64 && nobody.errors.contains("did you mean 'P0001'"), "\(nobody.errors)")
    for arguments in [[], ["--by", "cause"], ["--by", "participant"]] {
      let narrow = try await study.binary.run(["errors", "list"] + arguments, environment: ["COLUMNS": "80"])
      let lines = narrow.output.split(separator: "\n")
      #expect(lines.count > 1 && lines.allSatisfy { $0.count <= 80 }, "\(narrow.output)")
      #expect(narrow.output.contains("…"))
    }
    await study.simulator.stop()
  }

  @Test("a missing folder is reported")
  func noFolder() async throws {
    let binary = try BuiltBinary()
    let list = try await binary.run(["errors", "list", "--errors", "nowhere"])
    #expect(list.exit == 64 && list.errors.contains("there is no folder nowhere"), "\(list.errors)")
  }

  @Test("discard removes the named entries after all were found, and reports what is not collected and what would collect it", .timeLimit(.minutes(5)))
  func discards() async throws {
    let (study, _, count) = try await OwnEntriesTests.failedStudy()
    let entries = try await OwnEntriesTests.entries(study)
    let uuid = try #require(entries.first?["uuid"] as? String)
    let mistaken = try await study.binary.run(["errors", "discard", uuid, "no-such-entry"])
    #expect(mistaken.exit == 64 && mistaken.errors.contains("no-such-entry"), "\(mistaken.errors)")
    #expect(try await Self.count(study, []) == count)
    let discarded = try await study.binary.run(["errors", "discard", String(uuid.prefix(13))])
    #expect(discarded.exit == 0, "\(discarded.errors)")
    #expect(discarded.output.contains(uuid) && discarded.output.contains("not collected: daily-activity of P000"), "\(discarded.output)")
    #expect(discarded.output.contains("flowrun flow.yaml"), "\(discarded.output)")
    #expect(try await Self.count(study, []) == count - 1)
    await study.simulator.stop()
  }
}
