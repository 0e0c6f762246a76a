import FlowSimulator
import FlowTesting
import Foundation
import Testing

@Suite("flowrun --plan")
struct PlanTests {
  /// What `flowrun run --plan --format json` prints.
  struct Plan: Decodable {
    struct Requests: Decodable {
      var total: Int
      var by_endpoint: [String: Int]
      var by_participant: [String: Int]
    }
    struct Participants: Decodable {
      var total: Int
      var asked: Int
      var never_synced: Int
      var needs_consent: Int
      var skipped: Int
      var unreadable: Int
      var refused: Int
    }
    struct AtMost: Decodable {
      var requests: Int
      var slices: Int
    }
    var participants: Participants
    var requests: Requests
    var slices: Int
    var at_most: AtMost?
    var seconds: Int
    var disk_bytes: Int
    var unknown: [String]
    var refusals: [String]
  }

  private func plan(_ study: Study, _ more: [String] = []) async throws -> Plan {
    let before = study.simulator.statistics.totalRequests, files = try contents(study)
    let result = try await study.flowrun(["run", "--plan"], more + ["--format", "json"])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(study.simulator.statistics.totalRequests == before, "a plan asks nothing")
    #expect(try contents(study) == files, "a plan writes nothing")
    let plan = try JSONDecoder().decode(Plan.self, from: Data(result.output.utf8))
    #expect(plan.requests.by_endpoint.values.reduce(0, +) == plan.requests.total)
    #expect(plan.requests.by_participant.values.reduce(0, +) == plan.requests.total)
    return plan
  }

  private func contents(_ study: Study) throws -> [String: Data] {
    var found: [String: Data] = [:]
    let folder = study.binary.folder
    for case let name as String in FileManager.default.enumerator(atPath: folder.path) ?? .init()
    where !name.hasSuffix(".out") && !name.hasSuffix(".err") && !name.hasPrefix("provider") {
      found[name] = FileManager.default.contents(atPath: folder.path(name)) ?? Data()
    }
    return found
  }

  /// The requests that a run made, in all.
  private func requests(_ study: Study, _ more: [String] = []) async throws -> Int {
    let before = study.simulator.statistics.totalRequests
    #expect(try await study.run(more).result.exit == 0)
    return study.simulator.statistics.totalRequests - before
  }

  @Test(
    "before the first run it gives a bound and says what is not known; a rerun and a backfill ask what it says", .timeLimit(.minutes(5)),
    arguments: ShippedFlow.allCases)
  func exact(flow: ShippedFlow) async throws {
    let study = try await Study(participants: 6, days: 3, flow: flow.rawValue, store: .file)
    let first = try await plan(study)
    #expect(first.participants.total == 6)
    #expect(first.participants.never_synced == 6)
    #expect(first.slices == 0)
    #expect(first.unknown.contains { $0.contains("never been asked for a sync") }, "\(first.unknown)")
    let most = try #require(first.at_most)
    // Each endpoint of Google's can page; with minutes, the one for seconds is not asked.
    let pages = ["invoke heart minutes", "invoke steps", "invoke activity", "invoke zones"].map { "'\($0)': further pages of an answer are not counted" }
    #expect(first.unknown.filter { $0.contains("further pages") } == (flow == .googleHealth ? pages : []), "\(first.unknown)")
    let asked = try await requests(study)
    let bounds = first.requests.total...(first.requests.total + most.requests)
    #expect(bounds.contains(asked), "\(bounds), asked \(asked)")

    let rerun = try await plan(study)
    #expect(rerun.slices == 0)
    #expect(try await requests(study) == rerun.requests.total)

    let backfill = ["-p", "from=2026-03-08", "-p", "until=2026-03-10"]
    let wanted = try await plan(study, backfill)
    #expect(wanted.slices > 0 && wanted.disk_bytes > 0)
    let real = try await requests(study, backfill)
    switch flow {
    case .fitbit: #expect(real == wanted.requests.total)
    // Some answers have a second page, which nobody can know before.
    case .googleHealth:
      #expect(wanted.requests.total <= real && real <= wanted.requests.total + wanted.slices, "\(wanted.requests.total), asked \(real)")
      #expect(wanted.unknown.filter { $0.contains("further pages") } == pages, "\(wanted.unknown)")
    }
  }

  @Test("work that was put off is in the plan, --only narrows it, and whoever is not asked is counted", .timeLimit(.minutes(5)))
  func partial() async throws {
    let study = try await Study(participants: 4, days: 2, store: .file)
    #expect(try await study.run().result.exit == 0)
    #expect(try await study.flowrun(["recollect"], ["--data-type", "intraday-steps"]).exit == 0)
    let all = try await plan(study)
    #expect(all.requests.by_endpoint["invoke steps"] ?? 0 > 0)
    #expect(all.requests.by_endpoint["invoke heart"] == nil)
    let one = try await plan(study, ["--only", "P0002"])
    #expect(Set(one.requests.by_participant.keys) == ["P0002"])
    #expect(one.requests.by_participant["P0002"] == all.requests.by_participant["P0002"])
    #expect(try await study.flowrun(["run", "--plan"], ["--only", "Q*"]).exit == 64)
    try study.binary.write("{", to: "participants/P0001.json")
    let others = try await plan(study)
    #expect(others.participants.unreadable == 1 && others.participants.asked == 3)
    #expect(try await requests(study, ["--only", "P0002", "--only", "P0003", "--only", "P0004"]) == others.requests.total)
  }

  @Test("whom the run refuses is not counted, and named by the plan and by check with the run's reason", .timeLimit(.minutes(5)))
  func refused() async throws {
    let study = try await Study(participants: 5, days: 2, store: .file)
    func change(_ participant: String, _ body: (inout [String: Any]) -> Void) throws {
      let path = study.binary.folder.path("participants/\(participant).json")
      var file = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path))) as? [String: Any])
      body(&file)
      try JSONSerialization.data(withJSONObject: file).write(to: URL(filePath: path))
    }
    // Simulated participants have a time of their own, which no run judges: dates are tested beside the store.
    var token: Any?
    try change("P0001") { token = $0["refresh_token"] }
    try change("P0003") { $0["refresh_token"] = token }
    let plan = try await plan(study)
    #expect(plan.participants.refused == 2 && plan.participants.asked == 3 && plan.participants.total == 5)
    #expect(Set(plan.requests.by_participant.keys) == ["P0002", "P0004", "P0005"])
    let reason = try #require(plan.refusals.first)
    #expect(plan.refusals.count == 1 && reason.hasPrefix("participants P0001 and P0003 have the same refresh token"), "\(plan.refusals)")
    let page = try await study.flowrun(["run", "--plan"])
    #expect(page.output.contains("not asked: 2 refused\nrefused: \(reason)\n"), "\(page.output)")
    let check = try await study.flowrun(["check"])
    #expect(check.output.contains("2 of 5 refused: participants P0001 and P0003 have the same refresh token"), "\(check.output)")
    let before = study.simulator.statistics.totalRequests
    let run = try await study.run()
    #expect(run.result.exit == 65)
    #expect(study.simulator.statistics.totalRequests > before)
    let entries = try await study.binary.run(["errors", "list", "--format", "json"])
    #expect(entries.output.contains(reason), "\(entries.output)")
  }

  @Test("the rate limits make time of the requests", .timeLimit(.minutes(5)))
  func time() async throws {
    let study = try await Study(participants: 1, days: 60, store: .file)
    #expect(try await study.run().result.exit == 0)
    let result = try await study.flowrun(["run", "--plan"], ["-p", "from=2026-01-01"])
    #expect(result.exit == 0, "\(result.errors)")
    // How much of the provider's hour is left is the machine's time: `PlannedTimeTests` has the figures.
    #expect(result.output.contains(#/\ntime: at least \d.*, because of 150 requests in 1h for each participant\n/#), "\(result.output)")
  }

  @Test("with the simulator that a first run starts, nothing is made by planning", .timeLimit(.minutes(5)))
  func simulated() async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run([BuiltBinary.flow("fitbit"), "--plan"])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(result.output.contains("the first run makes it"), "\(result.output)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: binary.folder.path).allSatisfy { $0.hasSuffix(".out") || $0.hasSuffix(".err") })
  }
}
