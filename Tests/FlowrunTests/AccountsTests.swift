import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("One account serves one participant, and each participant's rows are of that account only")
struct AccountsTests {
  private func consent(_ study: Study, _ participant: String, as person: String, _ more: [String] = []) async throws -> BuiltBinary.Result {
    let browser = Browser()
    let result = try await study.flowrun(["authorize"], [participant, "--port", "0"] + more) { running in
      let location = try await browser.decide(try await browser.link(in: running.output), participant: person)
      _ = try await browser.page(location.replacingOccurrences(of: "#_=_", with: ""))
    }
    try await browser.close()
    return result
  }

  @Test("another person's consent is refused on both wires, and one that another participant has too", .timeLimit(.minutes(5)), arguments: ["fitbit", "google-health"])
  func consentOfAnother(_ flow: String) async throws {
    let study = try await Study(participants: 3, days: 1, flow: flow)
    #expect(try await study.run().result.exit == 0)
    let before = try String(contentsOfFile: study.binary.folder.path("participants/P0001.json"), encoding: .utf8)
    let other = try await consent(study, "P0001", as: "P0002")
    #expect(other.exit == 65, "\(other.errors)")
    #expect(other.errors.contains("P0001") && other.errors.contains("P0002"), "\(other.errors)")
    #expect(try String(contentsOfFile: study.binary.folder.path("participants/P0001.json"), encoding: .utf8) == before)
    // A new participant signs in with the account of an enrolled one.
    let new = try await consent(study, "P0099", as: "P0003", ["--enrolled", "2026-03-08"])
    #expect(new.exit == 65 && new.errors.contains("which participant P0003 has"), "\(new.errors)")
    #expect(!FileManager.default.fileExists(atPath: study.binary.folder.path("participants/P0099.json")))
    let own = try await consent(study, "P0001", as: "P0001")
    #expect(own.exit == 0, "\(own.errors)")
    await study.simulator.stop()
  }

  @Test("a refresh token filled down a table is refused with the line; in two files both are refused with both names, and the others are collected", .timeLimit(.minutes(5)), arguments: ["fitbit", "google-health"])
  func filledDown(_ flow: String) async throws {
    let study = try await Study(participants: 3, days: 1, flow: flow)
    try study.binary.write("participant,enrolled,refresh_token\nP7,2026-01-05,TOKEN1\nP8,2026-01-05,TOKEN1\n", to: "filled-down.csv")
    let table = try await study.flowrun(["participants", "import"], ["filled-down.csv"])
    #expect(table.exit == 65 && table.errors.contains("filled-down.csv:3:15: error: refresh_token of participant 'P8' is the same as that of participant 'P7' in line 2"), "\(table.errors)")
    let file = study.binary.folder.path("participants/P0001.json")
    try study.binary.write(String(contentsOfFile: file, encoding: .utf8).replacingOccurrences(of: "P0001", with: "P0009"), to: "participants/P0009.json")
    let (result, report) = try await study.run()
    #expect(result.exit == 65, "\(result.errors)")
    #expect(result.errors.contains("participants P0001 and P0009 have the same refresh token"), "\(result.errors)")
    #expect(report.number("participants", "failed") == 2 && report.number("participants", "complete") == 2)
    #expect(try study.collected().strings("SELECT name FROM participant ORDER BY name") == ["P0002", "P0003"])
    try FileManager.default.removeItem(atPath: study.binary.folder.path("participants/P0009.json"))
    #expect(try await study.run().result.exit == 0, "whoever is right is collected again")
    await study.simulator.stop()
  }

  @Test("a mistyped year is reported with its file and does not affect other participants", .timeLimit(.minutes(5)), arguments: ["0206", "1926", "2062"])
  func mistypedYear(_ year: String) async throws {
    let study = try await Study(participants: 2, days: 1)
    let file = study.binary.folder.path("participants/P0001.json")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try study.binary.write(text.replacingOccurrences(of: "\"2026-", with: "\"\(year)-"), to: "participants/P0001.json")
    let (result, report) = try await study.run()
    #expect(result.exit == 65 && result.errors.contains("participants/P0001.json") && result.errors.contains("'\(year)-"), "\(result.errors)")
    #expect(report.number("participants", "complete") == 1 && report.number("participants", "failed") == 1)
    try study.binary.write(text, to: "participants/P0001.json")
    #expect(try await study.run().result.exit == 0)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  @Test("a link to the bundled simulator would not work: reported, not printed")
  func linkOnly() async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run(["authorize", BuiltBinary.flow("fitbit"), "P0001", "--link-only"])
    #expect(result.exit == 64 && result.output.isEmpty && result.errors.contains("flowrun simulate"), "\(result.errors)")
  }
}
