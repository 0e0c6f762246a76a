import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

/// The program is killed, by itself at a named point (`FLOWRUN_INTERFERENCE`, which only a debug build knows) or from outside at any
/// moment. Whatever the moment: nothing is wrong then, and the next run has everything.
///
/// Seeds 1 to 6; `Seeds` says how to choose others.
@Suite("Killed at any moment, the next run has everything")
struct CrashTests {
  struct Point: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var rule: String
    /// An edit of the flow under which some answers go to the error folder.
    var fails = false

    init(_ description: String, _ rule: String, fails: Bool = false) {
      testDescription = description
      self.rule = rule
      self.fails = fails
    }
  }

  /// Three participants: an intent is written beside each file, the first one durably, then the files once for the new pair each and once
  /// at the end.
  static let points = [
    Point("while the tables are made", "kill before sql.commit * 1"),
    Point("after the tables are made", "kill after file.makeFolder .flowrun 1"),
    Point("before the first intent to refresh is durable", "kill before file.rename participants/ 1"),
    Point("before a later intent has its content", "kill before file.write .json.asked 1"),
    Point("after a later intent is written", "kill after file.write .json.asked 1"),
    Point("after the intent, before the token request", "kill before http.send /oauth2/token 1"),
    Point("after the token response, before the token is stored", "kill after http.send /oauth2/token 1"),
    Point("while the new token is written", "kill before file.write participants/ 4"),
    Point("after the new token is written, before it is renamed", "kill before file.rename participants/ 2"),
    Point("after the new token is renamed, before the folder is durable", "kill after file.rename participants/ 2"),
    Point("after the new token is stored, before it is used", "kill after file.synchronize participants 4"),
    Point("before an intent is removed, though the new token is stored", "kill before file.remove .json.asked 1"),
    Point("with an answer in hand that is not written", "kill after http.send DATA 3"),
    Point("in the middle of a slice", "kill before sql.statement * 90"),
    Point("before a slice is committed", "kill before sql.commit * 5"),
    Point("between commit and acknowledgement", "kill before sql.committed * 5"),
    Point("before previous_sync is written back", "kill before file.rename participants/ 5"),
    Point("while an entry is written into the error folder", "kill after file.write errors/ 2", fails: true),
    Point("after an entry is written, before it is renamed", "kill before file.rename errors/ 1", fails: true),
    Point("after an entry is renamed, before it is durable", "kill after file.rename errors/ 1", fails: true),
    Point("while the log goes into the database at the end", "kill before sql.checkpoint * 1"),
  ]

  @Test("at a named point", .timeLimit(.minutes(5)), arguments: points, ShippedFlow.allCases)
  func named(_ point: Point, _ shipped: ShippedFlow) async throws {
    let study = try await Study(participants: 3, days: 1, flow: shipped.rawValue) {
      $0.rotatesGoogleTokens = true
      // Between the provider's answer and the file no program can save a token of a single use: only a grace can.
      $0.refreshGraceSeconds = 120
    }
    let flow = point.fails ? try study.editedFlow(shipped.failing) : shipped.path
    let rule = point.rule.replacingOccurrences(of: "DATA", with: shipped.dataPath)
    let killed = try await study.flowrun(flow: flow, ["-q"], environment: ["FLOWRUN_INTERFERENCE": rule])
    #expect(killed.exit == 9, "it was not met: \(killed.errors)\(killed.output)")
    try await study.expectNothingWrong("")
    try await expectCleanRun(study, "")
    await study.simulator.stop()
  }

  @Test(
    "while entries are replayed, or removed because their slice was written", .timeLimit(.minutes(5)),
    arguments: [
      (["run"], "kill before file.rename errors/ 1"), (["run"], "kill after file.rename errors/ 1"),
      (["run"], "kill before file.remove errors/ 4"), (["replay", "--allow-flow-change"], "kill before sql.commit * 4"),
      (["replay", "--allow-flow-change"], "kill before sql.committed * 4"),
      (["replay", "--allow-flow-change"], "kill before file.rename errors/ 1"),
      (["replay", "--allow-flow-change"], "kill after file.rename errors/ 2"),
    ])
  func removal(_ command: [String], _ rule: String) async throws {
    let study = try await Study(participants: 3, days: 1)
    let failed = try await study.flowrun(flow: try study.editedFlow(ShippedFlow.fitbit.failing), ["-q"])
    #expect(failed.exit == 65, "\(failed.errors)")
    let killed = try await study.flowrun(command, ["-q"], environment: ["FLOWRUN_INTERFERENCE": rule])
    #expect(killed.exit == 9, "it was not met: \(killed.errors)\(killed.output)")
    try await study.expectNothingWrong("")
    try await expectCleanRun(study, "")
    await study.simulator.stop()
  }

  @Test("repeatedly, at moments chosen by a seed, while the provider fails too", .timeLimit(.minutes(120)))
  func random() async throws {
    var kills = 0
    for seed in Self.seeds {
      let crashes = CrashCase(seed: seed)
      do {
        kills += try await check(crashes)
      } catch {
        Issue.record("\(error); \(crashes)")
      }
    }
    print("CrashTests: killed \(kills) times with \(Self.seeds.count) seeds")
    if Self.seeds.count > 1 { #expect(kills > Self.seeds.count, "most moments are met") }
  }

  private static let seeds = Seeds.chosen(usual: 6)

  /// Returns how often the program was killed.
  private func check(_ crashes: CrashCase) async throws -> Int {
    let study = try await Study(participants: 3, days: 1, flow: crashes.flow.rawValue) { configuration in
      configuration.seed = crashes.seed
      configuration.rotatesGoogleTokens = true
      configuration.faults = crashes.faults
      // However far the clock is advanced between two runs: a lost response may be requested again until its pair is used.
      configuration.refreshGraceSeconds = 1_000_000_000
    }
    let flow = try study.editedFlow { ReplayTests.quick($0).replacingOccurrences(of: "attempts: 5", with: "attempts: 2") }
    var kills = 0
    for moment in crashes.moments {
      let result = try await study.flowrun(
        ["run"], flow: flow, ["-q"], environment: moment.rule.map { ["FLOWRUN_INTERFERENCE": $0] } ?? [:],
        signals: [.kill(after: moment.latest)])
      // Two answers in a row that are cut off within their JSON use up the tries, and are the data's fault.
      let atFault = result.exit == 65 ? try await OwnEntriesTests.entries(study).map { $0["cause"] as? String } : []
      #expect([0, 9, 75].contains(result.exit) || !atFault.isEmpty && atFault.allSatisfy { $0 == "bad_data" }, "exit \(result.exit) with \(atFault); \(moment); \(crashes)\n\(result.errors)")
      kills += result.exit == 9 ? 1 : 0
      try await study.expectNothingWrong("\(moment); \(crashes)")
      if moment.movesClock { try study.simulator.advance(by: .seconds(9 * 3600)) }
    }
    try await study.restart()
    try await expectCleanRun(study, "\(crashes)")
    await study.simulator.stop()
    return kills
  }

  private func expectCleanRun(_ study: Study, _ comment: Comment) async throws {
    let (last, report) = try await study.run()
    #expect(last.exit == 0, "\(comment)\n\(last.errors)")
    #expect(report.number("errors", "count") == 0, comment)
    try await study.expectEverything(comment)
  }
}
