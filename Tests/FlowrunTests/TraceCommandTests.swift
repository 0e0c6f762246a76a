import FlowCore
import FlowCrypto
import FlowFileSystem
import FlowRuntime
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("flowrun trace")
struct TraceCommandTests {
  /// What the simulator answered.
  final class AnswerLog: Sendable {
    private let all = Locked<[AnsweredRequest]>([])
    /// What `hashes` has found, by target and participant.
    private let known = Locked<[[String]: Set<String>]>([:])

    func add(_ answer: AnsweredRequest) { all.withLock { $0.append(answer) } }
    func answers(to target: String, of participant: String) -> [AnsweredRequest] {
      all.withLock { $0.filter { $0.target == target && $0.participant == participant } }
    }
    /// The hashes of an answer: of its body, and with pages, of the list of them. Asked after the run.
    func hashes(of target: String, for participant: String) -> Set<String> {
      if let found = known.withLock({ $0[[target, participant]] }) { return found }
      let found = allHashes(of: target, for: participant)
      known.withLock { $0[[target, participant]] = found }
      return found
    }
    private func allHashes(of target: String, for participant: String) -> Set<String> {
      let first = answers(to: target, of: participant).map(\.body)
      let following = all.withLock { $0.filter { $0.participant == participant && $0.target.hasPrefix(target + "&") && $0.target.contains("pageToken=") } }.map(\.body)
      // The page of a POST is told by its body: the pages of one answer come one after the other.
      let runs = first.indices.flatMap { start in (1...12).filter { start + $0 <= first.count }.map { Array(first[start..<start + $0]) } }
      var bodies = first
      for pages in runs + [first.prefix(1) + following] {
        var list = [UInt8(ascii: "[")]
        for (number, page) in pages.enumerated() {
          if number > 0 { list.append(UInt8(ascii: ",")) }
          list += page
        }
        bodies.append(list + [UInt8(ascii: "]")])
      }
      return Set(bodies.map { Hexadecimal.text(SHA256.digest(of: $0)) })
    }
  }

  /// A row, as a person names it, with its instant or date.
  private struct Row {
    var conditions: [(name: String, value: String)]
    var participant: String
  }

  private static func rows(_ table: TableSchema, of study: Study, count: Int) throws -> [Row] {
    let key = table.key.map { "'\($0)=' || \($0)" }.joined(separator: " || char(31) || ")
    let texts = try study.collected().strings("SELECT name || char(31) || \(key) FROM \(table.name) JOIN participant USING (participant_id) ORDER BY random() LIMIT \(count)")
    return texts.map { text in
      let parts = text.split(separator: "\u{1F}").map(String.init)
      let conditions = parts.dropFirst().map { part in
        let equals = part.firstIndex(of: "=") ?? part.endIndex
        return (name: String(part[..<equals]), value: String(part[part.index(after: equals)...]))
      }
      return Row(conditions: [(name: "participant", value: parts[0])] + conditions, participant: parts[0])
    }
  }

  @Test(
    "every row leads to the answer that the provider's own log has, to its slice, run, FlowFile and flow", .timeLimit(.minutes(5)),
    arguments: ["fitbit", "google-health"])
  func rows(flow: String) async throws {
    let log = AnswerLog()
    let study = try await Study(participants: 3, days: 2, flow: flow, store: .file) { $0.answered = { log.add($0) } }
    let (result, report) = try await study.run()
    #expect(result.exit == 0, "\(result.errors)")
    let run = try #require(report["run"] as? String), sha256 = report["flow_sha256"] as? String
    let trace = Trace(state: study.binary.folder.path(".flowrun"), database: study.database, on: .here(POSIXFileSystem()))
    for table in TableSchema.promised {
      let rows = try Self.rows(table, of: study, count: 100)
      #expect(!rows.isEmpty)
      for row in rows {
        let found = try await trace.row(of: table.name, where: row.conditions)
        let url = try #require(found.response?.url, "\(table.name) \(row.conditions): \(found)")
        #expect(url.hasPrefix(study.url + "/"))
        let answers = log.answers(to: String(url.dropFirst(study.url.count)), of: row.participant)
        #expect(answers.contains { $0.status == found.response?.status }, "\(url) of \(row.participant)")
        if table.timeColumn?.kind == .instant {
          let hash = try #require(found.response?.sha256)
          #expect(log.hashes(of: String(url.dropFirst(study.url.count)), for: row.participant).contains(hash), "\(url) of \(row.participant)")
          let instant = try #require(row.conditions.last.flatMap { Int64($0.value) }), slice = try #require(found.slice)
          let (start, end) = (Instant(rfc3339: slice.start)?.seconds ?? .max, Instant(rfc3339: slice.end)?.seconds ?? .min)
          #expect(start <= instant && instant < end)
        }
        #expect(found.response?.sha256?.count == 64 && found.response?.fetchedAt != nil && found.slice?.participant == row.participant)
        #expect(found.run == run && found.flowSHA256 == sha256 && found.flow == flow && found.missing == nil)
        #expect(found.way.first?.event.hasPrefix("created") == true && found.way.last?.event == "ended: finished", "\(found.way)")
        #expect(found.way.contains { $0.event.hasPrefix("routed: success to extract") || $0.event.contains("to write") }, "\(found.way)")
      }
    }
    let text = try #require(sha256.map { study.binary.folder.path(".flowrun/flows/\($0).yaml") })
    #expect(try Data(contentsOf: URL(filePath: text)) == Data(contentsOf: URL(filePath: BuiltBinary.flow(flow))), "the flow's text is kept")
    await study.simulator.stop()
  }

  @Test("the command answers with one object, also for the FlowFile alone; mistakes are 64 with what was expected", .timeLimit(.minutes(5)))
  func command() async throws {
    let study = try await Study(participants: 2, days: 1, store: .file)
    #expect(try await study.run().result.exit == 0)
    let row = try #require(try Self.rows(TableSchema.promised[2], of: study, count: 1).first)
    let words = row.conditions.map { "\($0.name)=\($0.value)" }
    let result = try await study.binary.run(["trace", "--row", "fitbit_intraday_hr"] + words + ["--format", "json"])
    #expect(result.exit == 0, "\(result.errors)")
    let object = try result.json()
    let response = try #require(object["response"] as? [String: Any])
    #expect(Set(response.keys) == ["url", "status", "sha256", "fetched_at"], "\(response)")
    #expect(object["raw"] == nil && object["run"] is String && object["slice"] is [String: Any])
    let uuid = try #require(object["flowfile"] as? String)
    let way = try await study.binary.run(["trace", uuid, "--format", "json"])
    #expect(try way.json()["way"] as? [[String: String]] == object["way"] as? [[String: String]])
    let text = try await study.binary.run(["trace", "--row", "fitbit_intraday_hr"] + words)
    #expect(text.output.contains("response   http") && text.output.contains("(HTTP 200)") && text.output.contains("ended: finished"), "\(text.output)")
    for (words, expected) in [
      (["--row", "fitbit_intraday_h", "participant=P0001"], "did you mean 'fitbit_intraday_hr'"),
      (["--row", "fitbit_intraday_hr", "participant=P0001"], "instant=… is missing"),
      (["--row", "fitbit_intraday_hr", "participant=P0001", "instnt=1"], "did you mean 'instant'"),
      (["--row", "fitbit_intraday_hr", "participant=P0001", "instant=yesterday"], "expected seconds since 1970"),
      (["--row", "fitbit_intraday_hr", "participant=P0001", "instant=7"], "has no such row"),
      (["--row", "fitbit_intraday_hr", "P0001"], "is not of the form KEY=VALUE"),
      (["0b5f0a86-5f0c-4b0e-9d38-6f1b8a3d1f52"], "does not know its way"),
      (["something"], "it is no UUID"),
    ] {
      let mistake = try await study.binary.run(["trace"] + words)
      #expect(mistake.exit == 64 && mistake.errors.contains(expected), "\(words): \(mistake.errors)")
    }
    await study.simulator.stop()
  }

  @Test("where the way was removed, the ledger's part is told, and what is missing and why", .timeLimit(.minutes(5)))
  func removed() async throws {
    let study = try await Study(participants: 1, days: 1, store: .file)
    #expect(try await study.run(["-p", "raw=raw"]).result.exit == 0)
    // It removes what was written last more than a second ago.
    await DispatchTimeSource().sleep(for: .seconds(2))
    #expect(try await study.binary.run(["runs", "prune", "--older-than", "1s"]).exit == 0)
    let row = try #require(try Self.rows(TableSchema.promised[3], of: study, count: 1).first)
    let result = try await study.binary.run(["trace", "--row", "fitbit_intraday_steps"] + row.conditions.map { "\($0.name)=\($0.value)" } + ["--format", "json"])
    #expect(result.exit == 0, "\(result.errors)")
    let object = try result.json(), response = object["response"] as? [String: Any]
    #expect(response?["sha256"] is String && response?["fetched_at"] is String && response?["url"] == nil)
    #expect((object["raw"] as? String)?.hasPrefix("provider=fitbit/") == true && (object["way"] as? [Any])?.isEmpty == true)
    let reason = try #require(object["missing"] as? String)
    #expect(reason.hasPrefix("the address, the status and the way of the FlowFile: 'flowrun runs prune' has removed them"), "\(reason)")
    await study.simulator.stop()
  }

  @Test("every row of a run that was killed right after its commit leads to its answer, and what became of it afterwards is said to be unknown", .timeLimit(.minutes(5)))
  func killedAfterCommit() async throws {
    let study = try await Study(participants: 2, days: 2, store: .file) { $0.faults = [Fault(.slow(milliseconds: 2500), share: 0.3)] }
    func written() -> [String] {
      let query = "SELECT name || char(31) || data_type || char(31) || flowfile FROM slice JOIN participant USING (participant_id) WHERE rows > 0 AND flowfile IS NOT NULL"
      // There is no table at first.
      return (try? study.collected().strings(query)) ?? []
    }
    let result = try await study.flowrun(["run"]) { running in
      try await waitUntil { !written().isEmpty }
      kill(running.identifier, SIGKILL)
    }
    #expect(result.exit == 9)
    let trace = Trace(state: study.binary.folder.path(".flowrun"), database: study.database, on: .here(POSIXFileSystem()))
    let slices = written()
    #expect(!slices.isEmpty)
    for slice in slices {
      let parts = slice.split(separator: "\u{1F}").map(String.init)
      let report = try await trace.flowFile(parts[2])
      #expect(report.response?.url?.hasPrefix(study.url) == true && report.response?.status == 200, "\(parts): \(report)")
    }
    for table in TableSchema.promised {
      for row in try Self.rows(table, of: study, count: 20) {
        let found = try await trace.row(of: table.name, where: row.conditions)
        #expect(found.response?.url?.hasPrefix(study.url) == true, "\(table.name) \(row.conditions): \(found)")
        let isWhole = found.way.last?.event == "ended: finished"
        #expect(isWhole ? found.missing == nil : found.missing?.contains("did not end by itself") == true, "\(found)")
      }
    }
    await study.simulator.stop()
  }

  @Test("a killed run's ways can be read to the last whole line; the next run goes on", .timeLimit(.minutes(5)))
  func killed() async throws {
    // The kill may come between a token's response and its file: the provider gives it once more.
    let study = try await Study(participants: 4, days: 2, store: .file) {
      $0.faults = [Fault(.slow(milliseconds: 2500), share: 0.5)]
      $0.refreshGraceSeconds = 120
    }
    let result = try await study.flowrun(["run"]) { running in
      func hasAnswer() -> Bool {
        let folder = study.binary.folder.path(".flowrun/provenance")
        let name = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).first
        return name.flatMap { try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }?.contains("\"url\":") == true
      }
      try await waitUntil { hasAnswer() }
      kill(running.identifier, SIGKILL)
    }
    #expect(result.exit == 9)
    let folder = study.binary.folder.path(".flowrun/provenance")
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
    let handle = try FileHandle(forUpdating: URL(filePath: "\(folder)/\(name)"))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("{\"time\":\"2026".utf8))
    try handle.close()
    let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    let uuid = try #require(text.split(separator: "\n").first { $0.contains("\"url\":") }?.split(separator: "\"uuid\":\"").last?.prefix(36))
    let traced = try await study.binary.run(["trace", String(uuid)])
    #expect(traced.exit == 0 && traced.output.contains("response   http"), "\(traced.output)\(traced.errors)")
    try await study.restart()
    #expect(try await study.run().result.exit == 0)
    let row = try #require(try Self.rows(TableSchema.promised[2], of: study, count: 1).first)
    let after = try await study.binary.run(["trace", "--row", "fitbit_intraday_hr"] + row.conditions.map { "\($0.name)=\($0.value)" })
    #expect(after.exit == 0 && after.output.contains("response   http"), "\(after.output)\(after.errors)")
    await study.simulator.stop()
  }
}
