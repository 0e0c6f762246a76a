import FlowCore
import FlowRuntime
import FlowTesting
import StudyModel
import StudyParticipants
import Testing

@Suite("Inviting participants to consent")
struct InvitationIssueTests {
  private static let refused = #", "token": {"state": "needs_consent", "refresh_token_sha256": "SHA"}"#

  private func issue(_ bench: MemoryBatch, keepsOpenLinks: Bool = false) throws -> InvitationIssue {
    InvitationIssue(try bench.batch, publicURL: "https://study.test", lifetime: .seconds(14 * 86_400), keepsOpenLinks: keepsOpenLinks)
  }

  /// P1 live, P2 without a token, P3 paused without one, P4 withdrawn, P5 of the other provider, P6 damaged.
  private func bench(flow: String = "fitbit") throws -> MemoryBatch {
    let bench = try MemoryBatch(flow: flow)
    let absent = #"{"participant": "ID", "previous_sync": "2026-01-05T00:00:00Z", "token": {"state": "needs_consent"}STATE}"#
    bench.enrol("P1")
    bench.files.put("batch/P2.json", absent.replacing("ID", with: "P2").replacing("STATE", with: ""))
    bench.files.put("batch/P3.json", absent.replacing("ID", with: "P3").replacing("STATE", with: #", "state": "paused""#))
    bench.enrol("P4", #", "state": "withdrawn""#)
    bench.enrol("P5", #", "oauth_type": "google""#)
    bench.files.put("batch/P6.json", "{")
    return bench
  }

  @Test("without names, all active participants who need consent are invited, once each; files that cannot be read are said", arguments: [
    ("fitbit", ["P2", "P5"]), ("google-health", ["P2"]),
  ])
  func all(flow: String, expected: [String]) async throws {
    let bench = try bench(flow: flow)
    let report = try await issue(bench).run()
    #expect(report.links.map(\.participant) == expected)
    #expect(report.problems.count == 1 && report.problems[0].contains("P6.json"))
    #expect(Set(report.links.map(\.link)).count == expected.count)
    for link in report.links {
      #expect(link.link.wholeMatch(of: #/https://study\.test/consent/[A-Za-z0-9_-]{22}/#) != nil)
      #expect(link.expires == (bench.time.now + .seconds(14 * 86_400)).text)
      let code = try #require(link.link.split(separator: "/").last)
      for path in bench.files.paths() { #expect(bench.files.text(path)?.contains(code) != true, "\(path) holds the code") }
    }
  }

  @Test("named participants are invited in that order, once each, whether or not they need it; the earlier link is replaced")
  func named() async throws {
    let bench = try bench()
    let report = try await issue(bench).run(["P5", "P1", "P5"])
    #expect(report.links.map(\.participant) == ["P5", "P1"] && report.replaced == 0)
    let again = try await issue(bench).run(["P1"])
    #expect(again.replaced == 1)
    let kept = try await issue(bench, keepsOpenLinks: true).run()
    #expect(kept.links.map(\.participant) == ["P2"] && kept.leftOut == ["P5"])
  }

  @Test("unknown, paused and withdrawn participants are refused together, and then nobody is invited")
  func refusing() async throws {
    let bench = try bench()
    let error = await #expect(throws: Diagnostics.self) { try await issue(bench).run(["P2", "P3", "P4", "P22"]) }
    #expect(error?.all.count == 3)
    #expect(error.map { RunVerdict.exitCode(of: $0) } == .usage)
    for words in ["'P22'", "did you mean 'P2'?", "it is paused", "flowrun participants resume", "it is withdrawn"] {
      #expect(error?.description.contains(words) == true, "\(words): \(error?.description ?? "")")
    }
    #expect(!bench.files.paths().contains { $0.contains(".invitations") })
    await #expect(throws: ProcessorError.self) { try await issue(bench).run(["P6"]) }
  }

  @Test("withdrawing removes the invitation, with and without erasing data")
  func withdrawing() async throws {
    let bench = try bench()
    _ = try await issue(bench).run(["P1", "P2"])
    _ = try await Withdrawal(bench.batch, erasesFrom: nil).run(["P1"])
    #expect(bench.files.paths().contains { $0.contains(".invitations/P2") } && !bench.files.paths().contains { $0.contains(".invitations/P1") })
    _ = try await Withdrawal(bench.batch, erasesFrom: "errors").run(["P2"])
    #expect(!bench.files.paths().contains { $0.contains(".invitations/P") })
  }
}
