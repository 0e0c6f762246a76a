import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants
import Testing

@Suite("flowrun tokens reports the state of every token and encrypts participant files")
struct TokensTests {
  static let key = String(repeating: "5e", count: 32)
  static let variables = ["FLOWRUN_PARTICIPANT_KEY": key]

  /// What a command says of the study's participants, by name.
  private func rows(_ study: Study, _ command: [String] = ["tokens"], environment: [String: String] = [:]) async throws -> [String: [String: Any]] {
    let result = try await study.flowrun(command, ["--format", "json"], environment: environment)
    #expect(result.exit == 0, "\(result.errors)")
    let rows = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]] ?? []
    return Dictionary(uniqueKeysWithValues: rows.map { ($0["participant"] as? String ?? "", $0) })
  }

  @Test("live, needs consent and unreadable are distinguished, and no token is shown", .timeLimit(.minutes(5)))
  func states() async throws {
    let study = try await Study(participants: 3, days: 1) { $0.faults = [Fault(.invalidGrant, share: 0.3)] }
    try study.binary.write("{\"participant\": \"P9\", ", to: "participants/P9.json")
    var rows = try await rows(study)
    #expect(["P0001", "P0002", "P0003"].allSatisfy { rows[$0]?["state"] as? String == "live" && rows[$0]?["access_token"] as? String == "none" })
    #expect(rows["P9"]?["state"] as? String == "unreadable")
    #expect(try await study.run().result.exit == 65)
    rows = try await self.rows(study)
    let states = ["P0001", "P0002", "P0003"].map { rows[$0]?["state"] as? String }
    #expect(states.count { $0 == "needs_consent" } == 1 && states.count { $0 == "live" } == 2)
    #expect(rows.values.count { $0["refreshed"] != nil && $0["access_token"] as? String == "live" } == 2)
    let text = try await study.flowrun(["tokens"])
    for token in try study.simulator.tokensEverIssued() { #expect(!text.output.contains(token) && !text.errors.contains(token)) }
    #expect(text.output.contains("needs consent"))
    await study.simulator.stop()
  }

  @Test("encrypted, run and decrypted: no token is in plain text meanwhile, and the data are complete", .timeLimit(.minutes(5)))
  func encryptRunDecrypt() async throws {
    let study = try await Study(participants: 3, days: 1)
    let folder = study.binary.folder.path("participants")
    func isAnyTokenInClear() throws -> Bool {
      let texts = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0 != ".lock" }
        .map { try String(contentsOfFile: folder + "/" + $0, encoding: .utf8) }
      return try study.simulator.tokensEverIssued().contains { token in texts.contains { $0.contains(token) } }
    }
    #expect(try await study.flowrun(["tokens", "encrypt"]).exit == 78, "there is no key")
    let encrypted = try await study.flowrun(["tokens", "encrypt"], environment: Self.variables)
    #expect(encrypted.exit == 0, "\(encrypted.errors)")
    #expect(encrypted.output == "participants: 3 encrypted, 0 unchanged\n")
    #expect(try await study.flowrun(["tokens", "encrypt"], environment: Self.variables).output == "participants: 0 encrypted, 3 unchanged\n")
    #expect(try !isAnyTokenInClear())
    let keyless = try await study.flowrun(["run"])
    #expect(keyless.exit == 78)
    #expect(keyless.errors.contains("no key is given"))
    let other = try await study.flowrun(["run"], environment: ["FLOWRUN_PARTICIPANT_KEY": String(repeating: "11", count: 32)])
    #expect(other.exit == 78 && other.errors.contains("is given"), "\(other.errors)")
    #expect(study.simulator.statistics.totalRequests == 0)
    let run = try await study.flowrun(["run"], environment: Self.variables)
    #expect(run.exit == 0, "\(run.errors)")
    try study.collected().expectEqual(to: study.truth)
    #expect(try !isAnyTokenInClear())
    #expect(try await rows(study, environment: Self.variables).values.allSatisfy { $0["encrypted"] as? Bool == true })
    for result in [encrypted, keyless, other, run] { #expect(!result.output.contains(Self.key) && !result.errors.contains(Self.key)) }

    try study.binary.write(Self.key + "\n", to: "key")
    let decrypted = try await study.flowrun(["tokens", "decrypt"], environment: ["FLOWRUN_PARTICIPANT_KEY_FILE": "key"])
    #expect(decrypted.output == "participants: 3 decrypted, 0 unchanged\n", "\(decrypted.errors)")
    #expect(try isAnyTokenInClear())
    #expect(try await study.run().result.exit == 0)
    await study.simulator.stop()
  }

  @Test(
    "killed at any step of encrypting or decrypting, every file is readable, and repeating it ends it",
    arguments: ["before file.write", "after file.write", "before file.rename", "after file.rename", "before file.synchronize"],
    ["encrypt", "decrypt"])
  func killed(_ step: String, _ command: String) async throws {
    let study = try await Study(participants: 3, days: 1)
    if command == "decrypt" { _ = try await study.flowrun(["tokens", "encrypt"], environment: Self.variables) }
    let rule = "kill \(step) P0002.json 1"
    let killed = try await study.flowrun(
      ["tokens", command], environment: Self.variables.merging(["FLOWRUN_INTERFERENCE": rule]) { $1 })
    #expect(killed.exit == 9, "\(killed.errors)")
    let rows = try await rows(study, environment: Self.variables)
    #expect(rows.values.count { $0["state"] as? String == "live" } == 3)
    #expect(rows["P0001"]?["encrypted"] as? Bool == (command == "encrypt"))
    #expect(rows["P0003"]?["encrypted"] as? Bool == (command == "decrypt"))
    #expect(try await study.flowrun(["tokens", command], environment: Self.variables).exit == 0)
    #expect(try await self.rows(study, environment: Self.variables).values.allSatisfy { $0["encrypted"] as? Bool == (command == "encrypt") })
    let left = try FileManager.default.contentsOfDirectory(atPath: study.binary.folder.path("participants"))
    #expect(left.allSatisfy { !$0.hasSuffix(".tmp") })
    await study.simulator.stop()
  }

  @Test("a damaged encrypted file affects one participant: the others are collected, it is left unchanged", .timeLimit(.minutes(5)))
  func damaged() async throws {
    let study = try await Study(participants: 2, days: 1)
    _ = try await study.flowrun(["tokens", "encrypt"], environment: Self.variables)
    let path = study.binary.folder.path("participants/P0001.json")
    let other = try String(contentsOfFile: study.binary.folder.path("participants/P0002.json"), encoding: .utf8)
    let swapped = other.replacingOccurrences(of: "P0002", with: "P0001")
    try study.binary.write(swapped, to: "participants/P0001.json")
    let (result, report) = try await run(study)
    #expect(result.exit == 65, "\(result.errors)")
    #expect(report.number("participants", "complete") == 1 && report.number("participants", "failed") == 1)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == swapped)
    await study.simulator.stop()
  }

  private func run(_ study: Study) async throws -> (result: BuiltBinary.Result, report: [String: Any]) {
    let result = try await study.flowrun(["run"], ["--format", "json"], environment: Self.variables)
    return (result, (try? result.json()) ?? [:])
  }

  @Test("the simulator's own batch can be encrypted as well", .timeLimit(.minutes(5)))
  func simulated() async throws {
    let binary = try BuiltBinary()
    let flow = BuiltBinary.flow("fitbit")
    #expect(try await binary.run([flow, "--only", "P0001", "-p", "detail=1min"]).exit == 0)
    #expect(try await binary.run(["tokens", "encrypt", flow], environment: Self.variables).exit == 0)
    let again = try await binary.run([flow, "--only", "P0002", "-p", "detail=1min"], environment: Self.variables)
    #expect(again.exit == 0, "\(again.errors)")
    #expect(try await binary.run(["tokens", flow]).exit == 78, "without the key there is nothing to tell")
  }
}
