import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import GRDB
import StudyModel
import Testing

/// A line of `flowrun check --format json`.
struct CheckLine: Decodable, Equatable {
  var check: String
  var status: String
  var finding: String
  var next: String

  static func all(_ result: BuiltBinary.Result) throws -> [CheckLine] { try JSONDecoder().decode([CheckLine].self, from: Data(result.output.utf8)) }
}

@Suite("flowrun check")
struct CheckCommandTests {
  /// Names and contents of everything in a folder, hidden ones too.
  private func contents(_ folder: TemporaryFolder) throws -> [String: Data] {
    var found: [String: Data] = [:]
    for case let name as String in FileManager.default.enumerator(atPath: folder.path) ?? .init()
    where !name.hasSuffix(".out") && !name.hasSuffix(".err") {
      found[name] = FileManager.default.contents(atPath: folder.path(name)) ?? Data()
    }
    return found
  }

  @Test(
    "with nothing planted every line is ok, the exit is 0, and nothing is left behind", .timeLimit(.minutes(5)),
    arguments: ["fitbit", "google-health-nightly"])
  func nothingPlanted(flow: String) async throws {
    let study = try await Study(participants: 3, days: 1, flow: flow, store: .file)
    for round in ["before the first run", "after it"] {
      // The provider's memory of tokens is among them.
      let before = try contents(study.binary.folder)
      let result = try await study.flowrun(["check"], ["--format", "json"])
      #expect(result.exit == 0, "\(round): \(result.output)\(result.errors)")
      let lines = try CheckLine.all(result)
      #expect(lines.filter { $0.status != "ok" || !$0.next.isEmpty } == [], "\(round)")
      #expect(
        Set(lines.map(\.check)).isSuperset(
          of: [
            "flow file", "error folder", "state folder", "participants folder", "database folder", "participants", "participants key", "space", "database",
            "provider", "token endpoint", "clock",
          ]),
        "\(round): \(lines.map(\.check))")
      #expect(try contents(study.binary.folder) == before, "\(round)")
      if round == "before the first run" { #expect(try await study.run().result.exit == 0) }
    }
    await study.simulator.stop()
  }

  @Test("an empty folder is ready for the simulator, which the provider's line names", .timeLimit(.minutes(5)))
  func simulator() async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run(["check", BuiltBinary.flow("fitbit")])
    #expect(result.exit == 0, "\(result.output)\(result.errors)")
    #expect(result.errors.isEmpty)
    let lines = result.output.split(separator: "\n")
    #expect(lines.allSatisfy { $0.hasPrefix("ok ") }, "\(result.output)")
    #expect(lines.contains { $0.contains("provider") && $0.contains("bundled simulator") }, "\(result.output)")
    #expect(try contents(binary.folder).isEmpty)
  }

  /// A trouble, what plants it, and what is said of it.
  struct Planted: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var check: String
    /// Checks that fail with it.
    var also: [String] = []
    var status = "FAIL"
    var exit: Int32
    /// Beside the study's own; a later value takes the place of an earlier one.
    var parameters: [String] = []
    var options: [String] = []
    var environment: [String: String] = [:]
    /// What the finding or the advice says.
    var words: String
    /// What is added to the flow's processors; empty: the shipped flow itself.
    var processors = ""
    var plant: @Sendable (Study) async throws -> Void = { _ in }
  }

  private static func write(_ text: String, _ name: String) -> @Sendable (Study) async throws -> Void {
    { study in try study.binary.write(text, to: name) }
  }

  private static func succeeding(_ command: @escaping @Sendable (Study) async throws -> BuiltBinary.Result) -> @Sendable (Study) async throws -> Void {
    { study in
      let result = try await command(study)
      #expect(result.exit == 0, "\(result.errors)")
    }
  }

  static let troubles = [
    Planted(testDescription: "the error folder is a file", check: "error folder", exit: 1, words: "errors", plant: write("", "errors")),
    Planted(
      testDescription: "the state folder is below a file", check: "state folder", exit: 1, options: ["--state", "file/state"],
      words: "file: it is not a folder", plant: write("", "file")),
    Planted(
      testDescription: "the database's folder is a file", check: "database folder", exit: 1, parameters: ["database=file/study.sqlite"],
      words: "not a folder", plant: write("", "file")),
    Planted(
      testDescription: "the database's folder cannot be there", check: "database folder", also: ["database"], exit: 1,
      parameters: ["database=/proc/nope/x.sqlite"], words: "/proc"),
    Planted(
      testDescription: "the flow's inbox is in the state folder", check: "flow folders", exit: 78, options: ["--state", "."],
      words: "'inbox' belongs to the state folder '.', which the run rests on", processors: inbox),
    Planted(
      testDescription: "the flow's inbox is the error folder", check: "flow folders", exit: 78, options: ["--errors", "inbox"],
      words: "name another error folder with --errors", processors: inbox),
    Planted(
      testDescription: "the flow's inbox is in the participants folder", check: "flow folders", exit: 78, parameters: ["participants=."],
      words: "'inbox' belongs to the participants folder", processors: inbox,
      plant: { study in
        for name in ["P0001.json", "P0002.json"] {
          try FileManager.default.moveItem(atPath: study.binary.folder.path("participants/\(name)"), toPath: study.binary.folder.path(name))
        }
      }),
    Planted(
      testDescription: "the flow's inbox is the folder of raw responses", check: "flow folders", exit: 78, parameters: ["raw=inbox"],
      words: "'inbox' belongs to the folder of raw responses 'inbox'", processors: inbox),
    Planted(
      testDescription: "the database is a text file", check: "database", exit: 69, words: "not an SQLite database",
      plant: write(String(repeating: "no database\n", count: 100), "study.sqlite")),
    Planted(
      testDescription: "the database is a folder", check: "database", exit: 69, words: "there is a folder of that name",
      plant: write("", "study.sqlite/file")),
    Planted(
      testDescription: "the database is of a newer flowrun", check: "database", exit: 69, words: "version 99",
      plant: { study in try await DatabaseQueue(path: study.binary.folder.path("study.sqlite")).write { try $0.execute(sql: "PRAGMA user_version = 99") } }),
    Planted(
      testDescription: "the database was collected with another detail", check: "database", exit: 78, parameters: ["detail=1sec"],
      words: "it was collected with detail '1min'",
      plant: succeeding { try await $0.run().result }),
    Planted(
      testDescription: "no PostgreSQL at the address", check: "database", exit: 69, parameters: ["database=postgresql://nobody@127.0.0.1:1/study"],
      words: "a server that admits flowrun"),
    Planted(
      testDescription: "the batch folder is missing", check: "participants", exit: 78, parameters: ["participants=nowhere"],
      words: "'nowhere' does not exist"),
    Planted(
      testDescription: "the batch is empty", check: "participants", status: "warn", exit: 0, parameters: ["participants=empty"],
      words: "is its volume mounted?",
      plant: { study in try FileManager.default.createDirectory(atPath: study.binary.folder.path("empty"), withIntermediateDirectories: true) }),
    Planted(
      testDescription: "one participant file is damaged", check: "participants", status: "warn", exit: 0, words: "1 of 2 cannot be read",
      plant: write("{", "participants/P0001.json")),
    Planted(
      testDescription: "no participant file can be read", check: "participants", exit: 78, words: "2 of 2 cannot be read",
      plant: { study in for name in ["P0001", "P0002"] { try study.binary.write("{", to: "participants/\(name).json") } }),
    Planted(
      testDescription: "a simulated participant for a real provider", check: "participants", exit: 78, words: "simulated participant",
      plant: write(#"{"participant": "S1", "refresh_token": "x", "previous_sync": "2026-01-05T00:00:00Z", "provider": "simulator"}"#, "participants/S1.json")),
    Planted(
      testDescription: "the key is missing", check: "participants key", exit: 78, words: "no key is given",
      plant: succeeding { try await $0.flowrun(["tokens", "encrypt"], environment: ["FLOWRUN_PARTICIPANT_KEY": key]) }),
    Planted(
      testDescription: "the key is none", check: "participants key", exit: 78, environment: ["FLOWRUN_PARTICIPANT_KEY": "short"],
      words: "holds no key"),
    Planted(
      testDescription: "the raw folder is a file", check: "raw storage", exit: 1, parameters: ["raw=file"], words: "not a folder",
      plant: write("", "file")),
    Planted(
      testDescription: "S3 without credentials", check: "raw storage", exit: 78, parameters: ["raw=s3://bucket/raw"], words: "AWS_ACCESS_KEY_ID"),
    Planted(
      testDescription: "S3 does not answer", check: "raw storage", exit: 69, parameters: ["raw=s3://bucket/raw"],
      environment: ["AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"], words: "127.0.0.1"),
    Planted(
      testDescription: "nobody at the provider's address", check: "provider", also: ["token endpoint"], exit: 69, parameters: ["api=http://127.0.0.1:1"],
      words: "does not answer"),
    Planted(
      testDescription: "nobody at the token endpoint", check: "token endpoint", exit: 69, parameters: ["token_url=http://127.0.0.1:1/token"],
      words: "does not answer"),
  ]

  private static let inbox = "\n  - name: take\n    type: GetFile\n    properties: { input_directory: inbox }\n    to: { success: drop }\n"

  private static let key = String(repeating: "ab", count: 32)

  @Test("a trouble is found, with what to do about it and its exit code", .timeLimit(.minutes(5)), arguments: troubles)
  func planted(_ trouble: Planted) async throws {
    let study = try await Study(participants: 2, days: 1, store: .file)
    try await trouble.plant(study)
    let names = Set(trouble.parameters.map { $0.prefix { $0 != "=" } })
    let pairs = stride(from: 1, to: study.parameters.count, by: 2).map { study.parameters[$0] }.filter { !names.contains($0.prefix { $0 != "=" }) }
    let parameters = (pairs + trouble.parameters).flatMap { ["-p", $0] }
    var flow = BuiltBinary.flow("fitbit")
    if !trouble.processors.isEmpty {
      try study.binary.write(try String(contentsOfFile: flow, encoding: .utf8) + trouble.processors, to: "own.yaml")
      flow = "own.yaml"
    }
    let result = try await study.binary.run(
      ["check", flow, "--format", "json"] + parameters + trouble.options, environment: trouble.environment)
    #expect(result.exit == trouble.exit, "\(result.output)\(result.errors)")
    let lines = try CheckLine.all(result)
    let found = lines.filter { $0.status != "ok" }
    #expect(found.first?.check == trouble.check && Set(found.map(\.check)).isSubset(of: [trouble.check] + trouble.also), "\(result.output)")
    #expect(found.allSatisfy { $0.status == trouble.status && !$0.next.isEmpty }, "\(result.output)")
    #expect(found.contains { ($0.finding + $0.next).contains(trouble.words) }, "\(result.output)")
    await study.simulator.stop()
  }

  @Test("a flow that is not valid is told like the other troubles, and nothing else is looked at", .timeLimit(.minutes(5)))
  func invalid() async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run(["check", BuiltBinary.flow("fitbit"), "-p", "api=https://api.fitbit.com", "--format", "json"])
    #expect(result.exit == 78)
    let lines = try CheckLine.all(result)
    #expect(Set(lines.map(\.check)) == ["flow file"], "\(lines)")
    #expect(lines.allSatisfy { $0.status == "FAIL" && $0.finding.contains("client_id") }, "\(lines)")
    #expect(try await binary.run(["check", "nowhere.yaml"]).exit == 64)
  }

  @Test(
    "of two troubles the exit code is that of the first in the order 78, 1, 69", .timeLimit(.minutes(5)),
    arguments: [
      (["api=http://127.0.0.1:1"], true, 1), (["api=http://127.0.0.1:1", "participants=nowhere"], true, 78), (["api=http://127.0.0.1:1"], false, 69),
    ] as [([String], Bool, Int32)])
  func order(parameters: [String], hasFile: Bool, exit: Int32) async throws {
    let binary = try BuiltBinary()
    try binary.write(#"{"participant": "P1", "refresh_token": "x", "previous_sync": "2026-01-05T00:00:00Z"}"#, to: "participants/P1.json")
    if hasFile { try binary.write("", to: "errors") }
    let result = try await binary.run(["check", BuiltBinary.flow("fitbit"), "-p", "client_id=study"] + parameters.flatMap { ["-p", $0] })
    #expect(result.exit == exit, "\(result.output)")
    #expect(result.output.split(separator: "\n").filter { $0.hasPrefix("FAIL  ") }.count >= 1)
  }

  @Test(
    "an answer is an answer, except 410; a provider in trouble and a clock that is off are warnings", .timeLimit(.minutes(5)),
    arguments: [
      ("404 Not Found", 0, "provider", "ok", 0), ("401 Unauthorized", 0, "provider", "ok", 0), ("503 Service Unavailable", 0, "provider", "warn", 0),
      ("410 Gone", 0, "provider", "FAIL", 69), ("401 Unauthorized", 3600, "clock", "warn", 0), ("401 Unauthorized", -3600, "clock", "warn", 0),
    ] as [(String, Int64, String, String, Int32)])
  func answers(status: String, offset: Int64, check: String, expected: String, exit: Int32) async throws {
    let server = try LoopbackServer { _ in
      let date = Instant(seconds: Int64(Date().timeIntervalSince1970) + offset).httpDateText
      return [.send(LoopbackServer.response(status: status, fields: ["Date: \(date)", "Content-Type: application/json"], body: Array("{}".utf8)))]
    }
    let binary = try BuiltBinary()
    try binary.write(#"{"participant": "P1", "refresh_token": "x", "previous_sync": "2026-01-05T00:00:00Z"}"#, to: "participants/P1.json")
    let result = try await binary.run(
      ["check", BuiltBinary.flow("fitbit"), "--format", "json", "-p", "client_id=study", "-p", "api=http://127.0.0.1:\(server.port)"])
    #expect(result.exit == exit, "\(result.output)")
    let line = try #require(try CheckLine.all(result).first { $0.check == check }, "\(result.output)")
    #expect(line.status == expected, "\(line)")
    if offset != 0 { #expect(line.finding.contains(offset > 0 ? "s behind" : "s ahead of"), "\(line)") }
    try await server.stop()
  }

  @Test("TLS that fails is told as such", .timeLimit(.minutes(5)))
  func tls() async throws {
    // It speaks HTTP only.
    let study = try await Study(participants: 1, days: 1, store: .file)
    let parameters = study.parameters.map { $0.hasPrefix("api=") ? $0.replacing("http:", with: "https:") : $0 }
    let result = try await study.binary.run(["check", BuiltBinary.flow("fitbit")] + parameters)
    #expect(result.exit == 69, "\(result.output)")
    #expect(result.output.contains("FAIL  provider") && result.output.contains("ca_file"), "\(result.output)")
    await study.simulator.stop()
  }

  @Test("PostgreSQL says its version and how intraday tables are laid out, before and after the first run", .timeLimit(.minutes(5)))
  func postgresql() async throws {
    let server = try await PostgresServer.shared()
    let study = try await Study(participants: 1, days: 1, store: .server(server, uri: try await server.makeDatabase()))
    func line() async throws -> CheckLine? {
      let result = try await study.flowrun(["check"], ["--format", "json"])
      #expect(result.exit == 0, "\(result.output)\(result.errors)")
      return try CheckLine.all(result).first { $0.check == "database" }
    }
    let before = try #require(try await line())
    #expect(before.status == "ok")
    #expect(before.finding.contains("PostgreSQL 1") && before.finding.contains("will be partitioned by month"), "\(before)")
    #expect(try server.rows("SELECT relname FROM pg_class WHERE relname = 'slice'", in: study.store.parameter).isEmpty)
    #expect(try await study.run().result.exit == 0)
    let after = try #require(try await line())
    #expect(after.finding.contains("intraday tables are partitioned by month"), "\(after)")
    await study.simulator.stop()
  }
}
