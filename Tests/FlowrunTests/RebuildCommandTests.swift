import FlowSimulator
import FlowTesting
import Foundation
import StudyRaw
import Testing

@Suite("flowrun rebuild")
struct RebuildCommandTests {
  private static let raw = ["-p", "raw=raw"]

  private static func collected(participants: Int = 3, flow: String = "fitbit") async throws -> Study {
    let study = try await Study(participants: participants, days: 1, flow: flow)
    let (result, _) = try await study.run(raw)
    #expect(result.exit == 0, "\(result.errors)")
    await study.simulator.stop()
    return study
  }

  private func ledger(_ study: Study, _ database: String, where condition: String = "true") throws -> [String] {
    try Collected(study.binary.folder.path(database)).strings(
      """
      SELECT name || ' ' || data_type || ' ' || start_instant || ' ' || end_instant || ' ' || state || ' ' || rows || ' ' || fetched_at || ' ' || run || ' ' || flowfile
        || ' ' || sha256 || ' ' || object FROM slice JOIN participant USING (participant_id) WHERE \(condition) ORDER BY 1
      """)
  }

  @Test("makes the same rows and ledger without provider, tokens and batch folder", .timeLimit(.minutes(5)), .enabled(if: StudyDatabase.isFile), arguments: ShippedFlow.allCases)
  func same(_ shipped: ShippedFlow) async throws {
    let study = try await Self.collected(flow: shipped.rawValue)
    try FileManager.default.removeItem(atPath: study.binary.folder.path("participants"))
    let result = try await study.rebuild(into: "rebuilt.sqlite", Self.raw + ["--format", "json"])
    #expect(result.exit == 0, "\(result.errors)")
    try Collected(study.binary.folder.path("rebuilt.sqlite")).expectEqual(to: study.truth)
    let ledger = try ledger(study, "study.sqlite")
    #expect(try self.ledger(study, "rebuilt.sqlite") == ledger && !ledger.isEmpty)
    let report = try result.json()
    #expect(report.number("participants", "total") == 3 && report.number("participants", "complete") == 3 && report.number("exit") == 0)
    #expect(report["status"] as? String == "complete" && (report.number("rows", "fitbit_intraday_steps", "inserted") ?? 0) > 0)
    let again = try await study.rebuild(into: "rebuilt.sqlite", Self.raw + ["--format", "json"])
    let repeated = try again.json()
    let rows = try #require(repeated["rows"] as? [String: [String: Int]])
    #expect(again.exit == 0 && rows.values.allSatisfy { $0["inserted"] == 0 && $0["updated"] == 0 }, "\(rows)")
    #expect(try self.ledger(study, "rebuilt.sqlite") == ledger)
  }

  @Test("brings a filled database to what a mended flow makes", .timeLimit(.minutes(5)), .enabled(if: StudyDatabase.isFile))
  func mended() async throws {
    let study = try await Study(participants: 2, days: 1)
    let wrong = try study.editedFlow(as: "flow.yaml") { $0.replacingOccurrences(of: "from: caloriesBMR", with: "from: caloriesBMR2") }
    #expect(try await study.flowrun(["run"], flow: wrong, Self.raw).exit == 0)
    await study.simulator.stop()
    let missing: Int? = try study.collected().value("SELECT count(*) FROM fitbit_daily_activity WHERE calories_bmr IS NULL")
    #expect(missing ?? 0 > 0)
    let mended = try study.editedFlow(as: "flow.yaml") { $0 }
    let result = try await study.rebuild(flow: mended, into: "study.sqlite", Self.raw)
    #expect(result.exit == 0, "\(result.errors)")
    try study.collected().expectEqual(to: study.truth)
  }

  @Test("chooses participants, data types and days", .timeLimit(.minutes(5)), .enabled(if: StudyDatabase.isFile))
  func chooses() async throws {
    let study = try await Self.collected()
    for (name, options, condition) in [
      ("participant", ["--participant", "P0001", "--participant", "*3"], "name <> 'P0002'"), ("type", ["--data-type", "intraday-steps"], "data_type = 'intraday-steps'"),
    ] {
      let result = try await study.rebuild(into: "\(name).sqlite", Self.raw + options)
      #expect(result.exit == 0, "\(result.errors)")
      #expect(try ledger(study, "\(name).sqlite") == ledger(study, "study.sqlite", where: condition))
    }
    let result = try await study.rebuild(into: "none.sqlite", Self.raw + ["--until", "2010-01-01"])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(try ledger(study, "none.sqlite") == [])
  }

  @Test("a mistake is found before anything starts", .timeLimit(.minutes(5)))
  func mistakes() async throws {
    let study = try await Self.collected(participants: 1)
    let mistakes: [(options: [String], exit: Int32, words: String)] = [
      ([], 78, "-p raw=FOLDER"),
      (["-p", "raw=nowhere"], 78, "nowhere"),
      (Self.raw + ["--participant", "P0009"], 64, "P0001"),
      (Self.raw + ["--data-type", "intraday-step"], 64, "intraday-steps"),
      (Self.raw + ["--from", "2026-13-01"], 64, "2026-13-01"),
      (Self.raw + ["--from", "2026-01-02", "--until", "2026-01-01"], 64, "half-open"),
    ]
    for mistake in mistakes {
      let result = try await study.rebuild(into: "rebuilt.sqlite", mistake.options)
      #expect(result.exit == mistake.exit && result.errors.contains(mistake.words), "\(mistake): \(result.exit) \(result.errors)")
    }
    let help = try await study.binary.run(["rebuild", "--help"])
    #expect(help.exit == 0 && help.output.contains("--participant") && help.output.contains("--data-type"))
    let list = try await study.binary.run(["--help"])
    #expect(list.output.contains("rebuild"))
  }

  @Test("a damaged object is an entry that names it, and exit 65; the other participants are rebuilt", .timeLimit(.minutes(5)), .enabled(if: StudyDatabase.isFile))
  func damaged() async throws {
    let study = try await Self.collected()
    let object = try #require(try KeptResponses(study).objects.first { $0.contains("P0002") })
    let url = URL(filePath: study.binary.folder.path("raw/\(object)"))
    var bytes = try Data(contentsOf: url)
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: url)
    let result = try await study.rebuild(into: "rebuilt.sqlite", Self.raw)
    #expect(result.exit == 65, "\(result.errors)")
    #expect(try ledger(study, "rebuilt.sqlite") == ledger(study, "study.sqlite", where: "name <> 'P0002'"))
    let errors = try await study.binary.run(["errors", "list", "--format", "json"])
    #expect(errors.output.contains("bad_data") && errors.output.contains("P0002") && errors.output.contains(object.split(separator: "/").last ?? "-"), "\(errors.output)")
  }

  @Test("plain responses that others kept become the same rows; a file that cannot be placed is named, and exit 65", .timeLimit(.minutes(5)), .enabled(if: StudyDatabase.isFile))
  func archive() async throws {
    let study = try await Self.collected(participants: 2)
    func write(_ bytes: [UInt8], to path: String) throws {
      let url = URL(filePath: study.binary.folder.path("archive/\(path)"))
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url)
    }
    let kept = KeptResponses(study)
    for line in try kept.objects.flatMap({ try kept.lines(in: $0) }) where line.attributes?["data_type"] == "intraday-steps" {
      let body = try line.checkedBody()
      let json = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
      let date = try #require((json["activities-steps"] as? [[String: Any]])?.first?["dateTime"] as? String)
      try write(body, to: "\(line.participant)/intraday-steps/\(date).json")
    }
    let placed = try await study.rebuild(into: "archive.sqlite", ["--from-folder", "archive"])
    #expect(placed.exit == 0, "\(placed.errors)")
    let rows = "SELECT name || ' ' || instant || ' ' || value FROM fitbit_intraday_steps JOIN participant USING (participant_id) ORDER BY 1"
    let collected = try study.collected().strings(rows)
    #expect(try Collected(study.binary.folder.path("archive.sqlite")).strings(rows) == collected && !collected.isEmpty)

    for path in ["P0001/intraday-steps/2026-13-01.json", "P0001/intraday-step/2026-01-05.json", "note.txt"] { try write(Array("{}".utf8), to: path) }
    let other = try await study.rebuild(into: "other.sqlite", ["--from-folder", "archive"])
    #expect(other.exit == 65, "\(other.errors)")
    for name in ["2026-13-01.json", "intraday-step/", "note.txt"] { #expect(other.errors.contains(name), "\(other.errors)") }
    #expect(try Collected(study.binary.folder.path("other.sqlite")).strings(rows) == collected)

    let mistake = try await study.rebuild(into: "other.sqlite", ["--zone", "Europe/Berlin"])
    #expect(mistake.exit == 64 && mistake.errors.contains("--from-folder"), "\(mistake.errors)")
  }
}
