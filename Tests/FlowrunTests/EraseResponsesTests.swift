import FlowSimulator
import FlowTesting
import Foundation
import Testing

@Suite("Withdrawing erases the kept responses")
struct EraseResponsesTests {
  private static let raw = ["-p", "raw=bucket/raw"]
  private static let erase = ["P0001", "--erase-data"]

  private func objects(_ study: Study) throws -> [String] { try KeptResponses(study, in: "bucket/raw").objects }

  @Test("from storage and spool; the objects of others are stored, noted and whole", .timeLimit(.minutes(5)), arguments: [false, true])
  func erase(isWaiting: Bool) async throws {
    let study = try await Study(participants: 3, days: 1)
    // A file is in the place of a folder above: everything waits in the spool.
    if isWaiting { try study.binary.write("", to: "bucket") }
    #expect(try await study.run(Self.raw).result.exit == (isWaiting ? 75 : 0))
    if isWaiting { try FileManager.default.removeItem(atPath: study.binary.folder.path("bucket")) }

    let blind = try await study.flowrun(["participants", "withdraw"], Self.erase)
    #expect(blind.exit != 0 && blind.errors.contains("P0001 has 1 raw object") && blind.errors.contains("-p raw="), "\(blind.exit) \(blind.errors)")
    let rows: Int? = try study.collected().value("SELECT count(*) FROM slice JOIN participant USING (participant_id) WHERE name = 'P0001'")
    #expect(rows ?? 0 > 0)

    let erased = try await study.flowrun(["participants", "withdraw"], Self.erase + Self.raw)
    #expect(erased.exit == 0 && erased.output.contains("1 raw object"), "\(erased.output) \(erased.errors)")
    let left = try objects(study)
    #expect(left.count == 2 && !left.contains { $0.contains("P0001") })
    #expect(try KeptResponses(study, in: "bucket/raw").spooled == [])
    let noted: Int? = try study.collected().value("SELECT count(*) FROM object_processed")
    #expect(noted == 2)
    let again = try await study.flowrun(["participants", "withdraw"], Self.erase + Self.raw)
    #expect(again.exit == 0 && again.output.contains("0 raw objects"), "\(again.output)")
    await study.simulator.stop()
    let rebuilt = try await study.rebuild(into: "rebuilt.sqlite", Self.raw)
    #expect(rebuilt.exit == 0, "\(rebuilt.errors)")
  }

  @Test("not while a file in the spool may hold responses of anybody", .timeLimit(.minutes(5)), arguments: ["20260101T000000Z-0000-1.jsonl.zst.damaged", "flowrun-object-0123"])
  func leftover(name: String) async throws {
    let study = try await Study(participants: 1, days: 1)
    #expect(try await study.run(Self.raw).result.exit == 0)
    let spool = try #require(try FileManager.default.contentsOfDirectory(atPath: study.binary.folder.path(".flowrun/raw")).first)
    try study.binary.write("responses", to: ".flowrun/raw/\(spool)/\(name)")
    let refused = try await study.flowrun(["participants", "withdraw"], Self.erase + Self.raw)
    #expect(refused.exit != 0 && refused.errors.contains(name), "\(refused.exit) \(refused.errors)")
    try FileManager.default.removeItem(atPath: study.binary.folder.path(".flowrun/raw/\(spool)/\(name)"))
    #expect(try await study.flowrun(["participants", "withdraw"], Self.erase + Self.raw).exit == 0)
    #expect(try objects(study) == [])
    await study.simulator.stop()
  }
}
