import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("Secrets stay in participant files, and files with their owner")
struct SecretsTests {
  private static let secret = "s3cr3t-of-the-client-0123456789abcdef"

  @Test("no token, no client secret in any other file or output, under errors of every kind, kills and signals", .timeLimit(.minutes(5)), arguments: ShippedFlow.allCases)
  func noSecretLeaves(_ shipped: ShippedFlow) async throws {
    let study = try await Study(participants: 6, days: 1, flow: shipped.rawValue) { configuration in
      configuration.rotatesGoogleTokens = true
      configuration.client = .init(id: "study", secret: Self.secret)
      configuration.refreshGraceSeconds = 1_000_000_000
      configuration.faults = [
        Fault(.status(400), share: 0.04), Fault(.status(401), share: 0.04), Fault(.status(403), share: 0.04), Fault(.status(404), share: 0.03),
        Fault(.status(500), share: 0.03), Fault(.html, share: 0.03), Fault(.truncate, share: 0.03), Fault(.reset, share: 0.02),
        Fault(.scope(.heartrate), share: 0.2),
      ]
    }
    let flow = try study.editedFlow(ReplayTests.quick)
    let environment = [shipped.secretVariable: Self.secret]
    var told = ""
    func run(_ more: [String: String] = [:], _ signals: [BuiltBinary.Signal] = []) async throws {
      let result = try await study.flowrun(
        ["run"], flow: flow, ["-v"], environment: environment.merging(more) { $1 }, signals: signals + [.kill(after: .seconds(8))])
      told += result.output + result.errors
      try study.simulator.advance(by: .seconds(9 * 3600))
    }
    try await run(["FLOWRUN_INTERFERENCE": "kill after http.send /oauth2/token 3"])
    try await run(["FLOWRUN_INTERFERENCE": "kill before file.rename participants/ 4"])
    try await run(["FLOWRUN_INTERFERENCE": "kill before sql.commit * 5"])
    try await run([:], [.init(number: SIGTERM, after: .milliseconds(400))])
    try await run()
    // Withdrawn consent: the answer repeats the refresh token.
    try await study.restart { $0.faults = [Fault(.invalidGrant, share: 0.5)] }
    try await run()
    for command in [["errors", "list", "--format", "json"], ["counters", "--format", "json"], ["runs", "--format", "json"]] {
      let result = try await study.binary.run(command, environment: environment)
      told += result.output + result.errors
    }
    let search = try SecretSearch(try study.simulator.tokensEverIssued() + [Self.secret])
    #expect(told.contains("P0001") || told.count > 1000, "there is something to search")
    #expect(search.places(in: Data(told.utf8)) == [], "in the output")
    let found = try search.files(below: study.binary.folder.path) { name in
      name.hasPrefix("participants/") && (name.hasSuffix(".json") || name.hasSuffix(".json.tmp") || name.contains(".json.room-"))
    }
    #expect(found == [])
    // The search would find one where one is.
    #expect(try !search.files(below: study.binary.folder.path("participants")) { _ in false }.isEmpty)
    await study.simulator.stop()
  }

  @Test("files are 0600 and folders 0700, regardless of the umask", .timeLimit(.minutes(5)))
  func modes() async throws {
    let study = try await Study(participants: 3, days: 1)
    let flow = try study.editedFlow {
      ReplayTests.quick($0).replacingOccurrences(of: "from: caloriesBMR", with: "from: caloriesBMR, required: true, maximum: 1")
    }
    let parameters = study.parameters.map { $0 == "database=study.sqlite" ? "database=data/deep/study.sqlite" : $0 }
    // Killed before the end, so that the files beside the database are there too.
    let result = try await study.binary.run(
      ["run", flow] + parameters, environment: ["FLOWRUN_INTERFERENCE": "kill before sql.checkpoint * 1"],
      through: ["/bin/sh", "-c", "umask 000; exec \"$@\"", "sh"])
    #expect(result.exit == 9, "\(result.errors)")
    for folder in ["participants", "errors", ".flowrun", "data"] {
      let root = study.binary.folder.path(folder)
      #expect(try Self.mode(root) == 0o700, "\(folder)")
      let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
      #expect(!names.isEmpty, "\(folder)")
      for name in names {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: root + "/" + name, isDirectory: &isFolder)
        #expect(try Self.mode(root + "/" + name) == (isFolder.boolValue ? 0o700 : 0o600), "\(folder)/\(name)")
      }
    }
    #expect(FileManager.default.fileExists(atPath: study.binary.folder.path("data/deep/study.sqlite-wal")))
    await study.simulator.stop()
  }

  private static func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  #if os(Linux)
    @Test("every listening socket is on loopback only", .timeLimit(.minutes(5)))
    func loopback() async throws {
      let binary = try BuiltBinary()
      // The separate simulator, and the one inside a run, which is examined while it is stopped.
      let script = """
        "$@" simulate > url & pid=$!
        for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -s url ] && break; sleep 0.1; done
        ls -l /proc/$pid/fd; cat /proc/$pid/net/tcp /proc/$pid/net/tcp6
        kill $pid; wait $pid
        """
      let result = try await binary.run([], through: ["/bin/sh", "-c", script, "sh"])
      let lines = result.output.split(separator: "\n").map(String.init)
      let sockets = Set(lines.compactMap { $0.firstMatch(of: #/socket:\[(\d+)\]/#).map { String($0.1) } })
      // local address, state (0A: listening), inode: fields 1, 3 and 9 (proc(5)).
      let listening = lines.map { $0.split(separator: " ").map(String.init) }
        .filter { $0.count > 9 && $0[3] == "0A" && sockets.contains($0[9]) }
      #expect(!listening.isEmpty, "\(result.output)\(result.errors)")
      for fields in listening { #expect(fields[1].hasPrefix("0100007F:"), "\(fields)") }
    }
  #endif
}
