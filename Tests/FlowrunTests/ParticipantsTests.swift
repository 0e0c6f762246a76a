import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("flowrun participants enrols, lists, pauses and withdraws")
struct ParticipantsTests {
  /// The simulator's participants as a study's table, P0001 first; its folder of participant files is gone.
  private func table(_ study: Study, header: String = "participant,refresh_token,enrolled,zone", _ more: (String) -> String = { _ in "" }) throws -> String {
    try FileManager.default.removeItem(atPath: study.binary.folder.path("participants"))
    let lines = try study.simulator.enrolments().map { "\($0.participant),\($0.refreshToken),\($0.previousSync),\"\($0.zone)\"\(more($0.participant))" }
    return "\u{FEFF}" + ([header] + lines).joined(separator: "\r\n") + "\r\n"
  }

  private func list(_ study: Study) async throws -> [[String: Any]] {
    let result = try await study.flowrun(["participants", "list"], ["--format", "json"])
    #expect(result.exit == 0, "\(result.errors)")
    return try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]] ?? []
  }

  private func expectNoTokens(_ study: Study, in results: BuiltBinary.Result...) throws {
    for token in try study.simulator.tokensEverIssued() {
      for result in results { #expect(!result.output.contains(token) && !result.errors.contains(token)) }
    }
  }

  @Test("a table with quotes, CRLF and a byte order mark enrols everybody, once, and they are collected", .timeLimit(.minutes(5)))
  func importing() async throws {
    let study = try await Study(participants: 3, days: 1)
    try study.binary.write(try table(study), to: "people.csv")
    let first = try await study.flowrun(["participants", "import"], ["people.csv"])
    #expect(first.exit == 0, "\(first.errors)")
    #expect(first.output == "participants: 3 enrolled\n")
    let attributes = try FileManager.default.attributesOfItem(atPath: study.binary.folder.path("participants/P0001.json"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let run = try await study.run()
    #expect(run.result.exit == 0, "\(run.result.errors)")
    try study.collected().expectEqual(to: study.truth)
    // By now every token of the table is used up.
    let again = try await study.flowrun(["participants", "import"], ["people.csv", "--update"])
    #expect(again.exit == 0, "\(again.errors)")
    #expect(try await study.run().result.exit == 0)
    try expectNoTokens(study, in: first, again)
    await study.simulator.stop()
  }

  @Test("an invalid table is refused completely: every problem with its line, nothing written, no token shown")
  func badTable() async throws {
    let study = try await Study(participants: 1, days: 1)
    try study.binary.write(
      "participant,refresh_token,enrolled,oauth_type\nP0002,SECRET2,2026-01-05,\nP0003,SECRET3,soon,\nP0001,SECRET1,2026-01-05,\n../x,SECRET4,2026-01-05,fitbit\nP0004,SECRET\n",
      to: "people.csv")
    let result = try await study.flowrun(["participants", "import"], ["people.csv"])
    #expect(result.exit == 65)
    for place in ["people.csv:3:15: error: enrolled", "people.csv:5:1: error: '../x'", "people.csv:6:1: error: the line has 2 fields"] {
      #expect(result.errors.contains(place), "\(result.errors)")
    }
    #expect(!(result.errors + result.output).contains("SECRET"))
    try study.binary.write("participant,refresh_token,enrolled\nP0002,SECRET2,2026-01-05\nP0001,SECRET1,2026-01-05\n", to: "people.csv")
    let existing = try await study.flowrun(["participants", "import"], ["people.csv"])
    #expect(existing.exit == 65)
    #expect(existing.errors.contains("people.csv:3:1: error: participant 'P0001' is enrolled already, and this line has a different refresh_token"), "\(existing.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: study.binary.folder.path("participants")).filter { !$0.hasPrefix(".") } == ["P0001.json"])
    #expect(try await study.flowrun(["participants", "import"], ["nothere.csv"]).exit == 64)
    await study.simulator.stop()
  }

  @Test("who has no refresh token yet needs consent; the others are collected", .timeLimit(.minutes(5)))
  func tokenless() async throws {
    let study = try await Study(participants: 2, days: 1)
    try study.binary.write("participant,enrolled\nP0100,2026-01-05\n", to: "people.csv")
    let imported = try await study.flowrun(["participants", "import"], ["people.csv"])
    #expect(imported.output.contains("1 enrolled (1 without a refresh token: they need consent)"), "\(imported.errors)")
    let (result, report) = try await study.run()
    #expect(result.exit == 65, "\(result.errors)")
    #expect(report.number("participants", "complete") == 2 && report.number("participants", "needs_consent") == 1)
    let requests = study.simulator.statistics.requests["token"]
    #expect(requests == 2, "nobody is asked for a token that does not exist")
    #expect(try await list(study).last?["token"] as? String == "needs_consent")
    await study.simulator.stop()
  }

  @Test("killed while it enrols, repeating it enrols the rest; nothing is half there", arguments: ["before file.write", "before file.rename", "after file.rename"])
  func importKilled(_ step: String) async throws {
    let study = try await Study(participants: 3, days: 1)
    try study.binary.write(try table(study), to: "people.csv")
    let killed = try await study.flowrun(
      ["participants", "import"], ["people.csv"], environment: ["FLOWRUN_INTERFERENCE": "kill \(step) P0002.json 1"])
    #expect(killed.exit == 9)
    #expect(try await list(study).allSatisfy { $0["problem"] == nil })
    let again = try await study.flowrun(["participants", "import"], ["people.csv"])
    let isThere = step == "after file.rename"
    #expect(again.output == "participants: \(isThere ? 1 : 2) enrolled, \(isThere ? 2 : 1) unchanged\n", "\(again.errors)")
    #expect(try await list(study).count == 3)
    await study.simulator.stop()
  }

  @Test("each flow takes its own participants and counts the others as skipped", .timeLimit(.minutes(5)))
  func oauthType() async throws {
    let study = try await Study(participants: 3, days: 1)
    let types = ["P0001": "fitbit", "P0002": "google", "P0003": ""]
    let text = try table(study, header: "participant,refresh_token,enrolled,zone,oauth_type") { "," + (types[$0] ?? "") }
    try study.binary.write(text, to: "people.csv")
    #expect(try await study.flowrun(["participants", "import"], ["people.csv"]).exit == 0)
    let (result, report) = try await study.run()
    #expect(result.exit == 0, "\(result.errors)")
    #expect(report.number("participants", "complete") == 2 && report.number("participants", "skipped") == 1)
    #expect(try study.collected().strings("SELECT name FROM participant ORDER BY name") == ["P0001", "P0003"])
    await study.simulator.stop()
  }

  @Test("paused participants are skipped, and the missed data are requested after they are resumed", .timeLimit(.minutes(5)))
  func pause() async throws {
    let study = try await Study(participants: 2, days: 1)
    let paused = try await study.flowrun(["participants", "pause"], ["P0001"])
    #expect(paused.exit == 0 && paused.output == "P0001: paused, was active\n", "\(paused.errors)")
    let (result, report) = try await study.run()
    #expect(result.exit == 0, "\(result.errors)")
    #expect(report.number("participants", "complete") == 1 && report.number("participants", "skipped") == 1)
    #expect(try await list(study).map { $0["state"] as? String } == ["paused", "active"])
    let unknown = try await study.flowrun(["participants", "pause"], ["P0002", "P003"])
    #expect(unknown.exit == 64 && unknown.errors.contains("there is no such participant"))
    #expect(try await list(study).last?["state"] as? String == "active", "nothing changes where one name is wrong")
    #expect(try await study.flowrun(["participants", "resume"], ["P0001"]).exit == 0)
    #expect(try await study.run().result.exit == 0)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  @Test("withdraw wants to know what becomes of the data", arguments: [[], ["--keep-data", "--erase-data"]])
  func choice(_ flags: [String]) async throws {
    let study = try await Study(participants: 1, days: 1)
    #expect(try await study.flowrun(["participants", "withdraw"], ["P0001"] + flags).exit == 64)
    #expect(try await list(study).map { $0["state"] as? String } == ["active"])
    await study.simulator.stop()
  }

  private static let dataOfFirst = """
    SELECT count(*) FROM participant WHERE name = 'P0001'
    """

  @Test("killed while it erases, the ledger claims nothing that is gone, and repeating it erases the rest", .timeLimit(.minutes(5)), arguments: [1, 3, 4, 6])
  func eraseKilled(commit: Int) async throws {
    let study = try await Study(participants: 2, days: 1)
    #expect(try await study.run().result.exit == 0)
    func count(_ table: String, _ name: String) throws -> Int {
      try study.collected().value("SELECT count(*) FROM \(table) JOIN participant USING (participant_id) WHERE name = '\(name)'") ?? 0
    }
    let (rows, others) = (try count("fitbit_intraday_hr", "P0001"), try count("fitbit_intraday_hr", "P0002"))
    // A server is opened, which is a commit, before the participant is withdrawn: its lease comes first.
    let number = StudyDatabase.isFile ? commit : commit + 1
    let killed = try await study.flowrun(
      ["participants", "withdraw"], ["P0001", "--erase-data"], environment: ["FLOWRUN_INTERFERENCE": "kill before sql.commit * \(number)"])
    #expect(killed.exit == 9, "\(killed.output)")
    #expect(try await list(study).first?["state"] as? String == "withdrawn")
    #expect(try count("slice", "P0001") == 0 || count("fitbit_intraday_hr", "P0001") == rows)
    #expect(try await study.run().report.number("participants", "skipped") == 1)
    #expect(try await study.flowrun(["participants", "withdraw"], ["P0001", "--erase-data"]).exit == 0)
    for table in ["participant", "slice", "fitbit_intraday_hr", "fitbit_daily_activity"] {
      #expect(try study.collected().value("SELECT count(*) FROM \(table) WHERE participant_id NOT IN (SELECT participant_id FROM participant WHERE name = 'P0002')") == 0)
    }
    #expect(try count("fitbit_intraday_hr", "P0002") == others)
    await study.simulator.stop()
  }

  @Test("withdrawn with their data kept, or erased from tables, ledger and error folder; no other participant loses a row", .timeLimit(.minutes(5)))
  func withdraw() async throws {
    let study = try await Study(participants: 3, days: 1)
    #expect(try await study.run().result.exit == 0)
    // Something of P0001 in the error folder.
    let file = study.binary.folder.path("participants/P0001.json")
    let sound = try String(contentsOfFile: file, encoding: .utf8)
    try study.binary.write("{", to: "participants/P0001.json")
    #expect(try await study.run().result.exit == 65)
    try study.binary.write(sound, to: "participants/P0001.json")
    func rows() throws -> Int { try study.collected().value("SELECT count(*) FROM fitbit_intraday_hr WHERE participant_id = (SELECT participant_id FROM participant WHERE name = 'P0001')") ?? 0 }
    func others() throws -> Int { try study.collected().value("SELECT count(*) FROM fitbit_intraday_hr JOIN participant USING (participant_id) WHERE name <> 'P0001'") ?? 0 }
    let (before, othersBefore) = (try rows(), try others())
    #expect(before > 0)

    let kept = try await study.flowrun(["participants", "withdraw"], ["P0001", "--keep-data"])
    #expect(kept.exit == 0 && kept.output == "P0001: withdrawn, data kept\n", "\(kept.errors)")
    #expect(try rows() == before)
    #expect(try await study.run().report.number("participants", "skipped") == 1)
    #expect(try await study.flowrun(["participants", "resume"], ["P0001"]).exit == 64)

    try study.binary.write("{\"refresh_token\": \"half", to: "participants/P0001.json.damaged")
    let erased = try await study.flowrun(["participants", "withdraw"], ["P0001", "--erase-data"])
    #expect(!FileManager.default.fileExists(atPath: file + ".damaged"), "a copy of the file holds the person's tokens too")
    #expect(erased.exit == 0 && erased.output.contains("\(before) rows of fitbit_intraday_hr"), "\(erased.output) \(erased.errors)")
    #expect(erased.output.contains("1 error entries"))
    #expect(erased.errors.contains("nothing was revoked"))
    #expect(try study.collected().value(Self.dataOfFirst) == 0)
    #expect(try others() == othersBefore)
    #expect(try await !study.binary.run(["errors", "list"]).output.contains("P0001"))
    let again = try await study.flowrun(["participants", "withdraw"], ["P0001", "--erase-data"])
    #expect(again.output == "P0001: withdrawn, erased: 0 slices of the ledger, 0 error entries\n")

    // With a fresh consent everything comes back from the enrolment on.
    #expect(try await study.flowrun(["participants", "resume"], ["P0001", "--withdrawn"]).exit == 0)
    #expect(try await study.run().result.exit == 0)
    try study.collected().expectEqual(to: study.truth)
    try expectNoTokens(study, in: kept, erased, again)
    await study.simulator.stop()
  }
}
