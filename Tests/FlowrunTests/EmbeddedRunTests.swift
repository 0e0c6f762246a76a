import FlowSimulator
import FlowTesting
import Foundation
import Testing

@Suite("flowrun Flows/fitbit.yaml, as described in README")
struct EmbeddedRunTests {
  @Test("25 simulated participants of 3 days are collected row for row, and a second run changes nothing", .timeLimit(.minutes(5)))
  func firstAndSecondRun() async throws {
    let binary = try BuiltBinary()
    let first = try await binary.run([BuiltBinary.flow("fitbit"), "--format", "json"])
    #expect(first.exit == 0, "\(first.errors)")
    let report = try first.json()
    #expect(report["status"] as? String == "complete")
    #expect(report.number("participants", "total") == 25)
    #expect(report.number("participants", "complete") == 25)
    let flowfiles = try #require(report["flowfiles"] as? [String: Int])
    let ended = ["finished", "removed", "deferred", "in_errors", "abandoned"].reduce(0) { $0 + (flowfiles[$1] ?? 0) }
    #expect(flowfiles["created"] == ended)

    let collected = try Collected(binary.folder.path("simulated/fitbit.sqlite"))
    try collected.expectEqual(to: try Simulator(SimulatorConfiguration()).truth(detail: .second))
    try collected.expectContiguousLedger()
    #expect(try collected.strings("SELECT DISTINCT state FROM slice ORDER BY 1") == ["provisional", "written"])

    let second = try await binary.run([BuiltBinary.flow("fitbit"), "--format", "json"])
    #expect(second.exit == 0)
    for rows in try #require(try second.json()["rows"] as? [String: [String: Int]]).values {
      #expect(rows["inserted"] == 0 && rows["updated"] == 0)
    }
    try collected.expectEqual(to: try Simulator(SimulatorConfiguration()).truth(detail: .second))
  }

  @Test("participant files are private, and hold the only tokens")
  func files() async throws {
    let binary = try BuiltBinary()
    #expect(try await binary.run([BuiltBinary.flow("fitbit"), "--only", "P000*", "-q"]).exit == 0)
    let files = try FileManager.default.contentsOfDirectory(atPath: binary.folder.path("simulated/participants")).filter { $0.hasSuffix(".json") }
    #expect(files.count == 25)
    for file in files {
      let attributes = try FileManager.default.attributesOfItem(atPath: binary.folder.path("simulated/participants/\(file)"))
      #expect(attributes[.posixPermissions] as? Int == 0o600)
    }
    // The simulator is the provider: its own memory beside the batch knows the tokens, and nothing else does.
    let tokens = try files.flatMap { file -> [String] in
      let data = try Data(contentsOf: URL(filePath: binary.folder.path("simulated/participants/\(file)")))
      let document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      return ["refresh_token", "access_token"].compactMap { document[$0] as? String }
    }
    #expect(tokens.count > 25)
    for path in try FileManager.default.subpathsOfDirectory(atPath: binary.folder.path("")) {
      if path.hasPrefix("simulated/participants") || path.hasPrefix("simulated/") && !path.contains(".sqlite") { continue }
      guard let data = FileManager.default.contents(atPath: binary.folder.path(path)) else { continue }
      for token in tokens { #expect(data.range(of: Data(token.utf8)) == nil, "\(path) holds a token") }
    }
  }
}
