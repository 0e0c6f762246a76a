import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("flowrun coverage")
struct CoverageTests {
  private static let types = ["intraday-heart-rate", "intraday-steps", "daily-activity", "heart-rate-zones"]

  /// Minutes of heart rate and of steps, and days, that the simulator knows to be there.
  private static func truth(_ truth: Truth, _ participant: SimulatedParticipant) -> [String: Int] {
    var counts = Dictionary(uniqueKeysWithValues: types.map { ($0, 0) })
    var zoneDates: Set<String> = []
    truth.forEachRow(of: participant) { row in
      switch row {
      case .heartRate: counts["intraday-heart-rate", default: 0] += 1
      case .steps: counts["intraday-steps", default: 0] += 1
      case .dailyActivity: counts["daily-activity", default: 0] += 1
      case .heartRateSummary(let row): zoneDates.insert(row.date)
      }
    }
    counts["heart-rate-zones"] = zoneDates.count
    return counts
  }

  @Test("after a run, what the simulator measured is present, and every other minute up to the latest sync was not worn", .timeLimit(.minutes(5)))
  func afterRun() async throws {
    let study = try await Study(participants: 25, days: 2)
    #expect(try await study.run().result.exit == 0)
    let coverage = try await study.coverage()
    let truth = study.truth
    #expect(coverage.participants.map(\.participant) == truth.population.participants.map(\.name))
    for participant in truth.population.participants {
      let found = try #require(coverage[participant.name])
      let window = truth.window(of: participant)
      for (name, count) in Self.truth(truth, participant) {
        let dataType = try #require(found[name])
        #expect(dataType.have == count, "\(participant.name) \(name)")
        #expect(dataType.not_worn == dataType.wanted - count, "\(participant.name) \(name)")
        if dataType.unit == "minute" { #expect(dataType.wanted == (window.map { $0.count / 60 } ?? 0)) }
        #expect(dataType.not_synced > 0, "the machine's clock is far beyond the simulated one")
      }
    }
    let unpaired = try #require(coverage["P0011"]?["intraday-steps"]?.gaps?.first)
    #expect(unpaired.state == "not_synced" && unpaired.why == "no tracker is paired")
    #expect(coverage["P0014"]?["intraday-steps"]?.gaps?.first?.why == "the tracker never synced")
    await study.simulator.stop()
  }

  @Test("it writes nothing and sends no request")
  func readsOnly() async throws {
    let study = try await Study(participants: 3, days: 1)
    #expect(try await study.run().result.exit == 0)
    func picture() throws -> [String: Data] {
      let files = try FileManager.default.subpathsOfDirectory(atPath: study.binary.folder.path).filter { !$0.hasSuffix(".out") && !$0.hasSuffix(".err") }
      return Dictionary(uniqueKeysWithValues: files.map { ($0, FileManager.default.contents(atPath: study.binary.folder.path($0)) ?? Data()) })
    }
    let before = try picture()
    let requests = study.simulator.statistics.totalRequests
    await study.simulator.stop()
    _ = try await study.coverage()
    #expect(try picture() == before)
    #expect(study.simulator.statistics.totalRequests == requests)
  }

  @Test("before any run, without a database, everything is \"never asked\"")
  func beforeAnyRun() async throws {
    let study = try await Study(participants: 2, days: 1)
    let coverage = try await study.coverage()
    for dataType in coverage.totals { #expect(dataType.wanted > 0 && dataType.never_asked == dataType.wanted) }
    #expect(coverage["P0001"]?["daily-activity"]?.gaps?.first?.next.hasPrefix("run the flow") == true)
    #expect(!FileManager.default.fileExists(atPath: study.database))
    await study.simulator.stop()
  }

  @Test("participants unknown to every run are \"never asked\", listed beside the others; --participant chooses")
  func chosenParticipants() async throws {
    let study = try await Study(participants: 4, days: 1)
    #expect(try await study.run(["--only", "P0001"]).result.exit == 0)
    let coverage = try await study.coverage()
    #expect(coverage["P0001"]?["intraday-steps"]?.never_asked == 0)
    #expect(coverage["P0002"]?["intraday-steps"].map { $0.never_asked == $0.wanted } == true)
    let chosen = try await study.coverage(["--participant", "P0003", "--participant", "*4"])
    #expect(chosen.participants.map(\.participant) == ["P0003", "P0004"])
    let text = try await study.flowrun(["coverage"], ["--participant", "P0002"])
    #expect(text.exit == 0 && text.output.contains("never asked") && text.output.contains("no run has asked for it"))
    let nobody = try await study.flowrun(["coverage"], ["--participant", "p0002"])
    #expect(nobody.exit == 64 && nobody.errors.contains("did you mean 'P0002'?"), "\(nobody.errors)")
    #expect(!text.output.contains("P0001"))
    await study.simulator.stop()
  }

  @Test("the first line is the verdict; paused and withdrawn participants are reported as such and not counted; hints repeat the options", .timeLimit(.minutes(5)))
  func verdicts() async throws {
    let study = try await Study(participants: 4, days: 2)
    #expect(try await study.run(["--only", "P0001", "--only", "P0002"]).result.exit == 0)
    #expect(try await study.flowrun(["participants", "pause"], ["P0003"]).exit == 0)
    #expect(try await study.flowrun(["participants", "withdraw"], ["P0004", "--keep-data"]).exit == 0)
    let coverage = try await study.coverage()
    #expect(coverage.verdict == "4 participants: 2 complete, 2 not collected (P0003, P0004)")
    #expect(coverage.totals.allSatisfy { $0.never_asked == 0 && $0.failed == 0 })
    #expect(coverage["P0003"]?["intraday-steps"]?.wanted == 0)
    let paused = try #require(coverage["P0003"]?["intraday-steps"]?.gaps?.first)
    #expect(paused.why == "the participant is paused" && paused.next.contains("participants resume") && paused.next.contains("-p participants="), "\(paused.next)")
    #expect(coverage["P0004"]?["intraday-steps"]?.gaps?.first?.why == "the participant has withdrawn")
    let one = try await study.flowrun(["coverage"], ["--participant", "P0001", "--until", "2026-03-09"]).output
    #expect(one.split(separator: "\n").first?.contains(#/^P0001: complete( but for [0-9 ]+ min not worn)?; nothing to do$/#) == true, "\(one)")
    let stale = try await study.flowrun(["coverage"], ["--participant", "P0001"]).output
    #expect(stale.contains(", up to its latest sync at 2026-03-") && stale.contains("; have the tracker synced, then run the flow"), "the machine's clock is far ahead")
    let problems = try await study.flowrun(["coverage"], ["--problems", "--until", "2026-03-09"]).output
    #expect(problems.split(separator: "\n").first?.hasPrefix("4 participants: 2 complete") == true && !problems.contains("P0001 "), "\(problems)")
    let summary = try await study.flowrun(["coverage"], ["--summary"]).output
    #expect(summary.split(separator: "\n").count < 15 && summary.contains("all 4") && summary.contains("P0003"), "\(summary)")
    await study.simulator.stop()
  }

  @Test("a column whose path leads nowhere is named among the problems", .timeLimit(.minutes(5)))
  func emptyColumn() async throws {
    let study = try await Study(participants: 1, days: 1)
    let flow = try study.editedFlow(as: "misspelt.yaml") { $0.replacingOccurrences(of: "restingHeartRate", with: "restngHeartRate") }
    _ = try await study.flowrun(["run"], flow: flow)
    let problems = try await study.flowrun(["coverage"], flow: flow, ["--problems"]).output
    #expect(problems.contains("column fitbit_daily_activity.resting_heart_rate is empty in every row"), "\(problems)")
    await study.simulator.stop()
  }

  @Test("a window is in the participant's days, and --local prints times of the participant's clock", .timeLimit(.minutes(5)))
  func window() async throws {
    let study = try await Study(participants: 5, days: 4)
    #expect(try await study.run().result.exit == 0)
    let day = try await study.coverage(["--from", "2026-03-09", "--until", "2026-03-10"])
    for participant in day.participants where participant.latest_sync != nil {
      #expect(participant["daily-activity"]?.wanted == 1)
      #expect((participant["intraday-steps"]?.wanted ?? 0) + (participant["intraday-steps"]?.not_synced ?? 0) == 1440, "\(participant.participant)")
    }
    let last = try await study.coverage(["--days", "1"])
    #expect(last.totals.allSatisfy { $0.wanted + $0.not_synced <= 5 * 1500 })
    let whole = try await study.coverage()
    let gap = try #require(whole.participants.flatMap(\.data_types).flatMap { $0.gaps ?? [] }.first { $0.state == "not_worn" })
    #expect(Instant(rfc3339: gap.from_local) == Instant(rfc3339: gap.from) && !gap.from_local.hasSuffix("Z"))
    let text = try await study.flowrun(["coverage"], ["--local"]).output
    #expect(text.contains(#/T[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2} /#))
    for wrong in [["--days", "0"], ["--days", "2", "--from", "2026-03-08"], ["--from", "2026-03-09", "--until", "2026-03-09"], ["--from", "2026-02-30"]] {
      #expect(try await study.flowrun(["coverage"], wrong).exit == 64, "\(wrong)")
    }
    await study.simulator.stop()
  }

  @Test("what a rate limit left is deferred, with what to do; after the next run it is present", .timeLimit(.minutes(5)))
  func deferred() async throws {
    let study = try await Study(participants: 2, days: 2) { $0.rateLimit = 6 }
    #expect(try await study.run(["--timeout", "3s"]).result.exit == 75)
    let coverage = try await study.coverage()
    #expect(coverage.totals.contains { $0.deferred > 0 })
    let gap = try #require(coverage.participants.flatMap(\.data_types).flatMap { $0.gaps ?? [] }.first { $0.state == "deferred" })
    #expect(gap.next.hasPrefix("run the flow again"))
    try await study.restart { $0.rateLimit = 10_000 }
    #expect(try await study.run().result.exit == 0)
    let after = try await study.coverage()
    #expect(after.totals.allSatisfy { $0.deferred == 0 && $0.never_asked == 0 })
    await study.simulator.stop()
  }

  @Test("failed data are reported with cause and replay command; after the replay they are present", .timeLimit(.minutes(5)))
  func failed() async throws {
    let study = try await Study(participants: 2, days: 1)
    let broken = try study.editedFlow(as: "broken.yaml") {
      ReplayTests.quick($0).replacingOccurrences(of: "from: caloriesBMR", with: "from: caloriesBMR, required: true, maximum: 1")
    }
    #expect(try await study.flowrun(["run"], flow: broken).exit == 65)
    let before = try await study.coverage(flow: broken)
    let activity = try #require(before[total: "daily-activity"])
    #expect(activity.failed == activity.wanted && activity.failed > 0)
    let gap = try #require(before["P0001"]?["daily-activity"]?.gaps?.first)
    #expect(gap.cause == "bad_data" && gap.why.contains("/summary/caloriesBMR"))
    #expect(gap.next.contains("flowrun replay broken.yaml --participant P0001 --cause bad_data"))
    #expect(before[total: "intraday-steps"]?.failed == 0)

    let mended = try study.editedFlow(as: "broken.yaml", ReplayTests.quick)
    #expect(try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change"]).exit == 0)
    let after = try #require(try await study.coverage(flow: mended)[total: "daily-activity"])
    #expect(after.failed == 0 && after.have == after.wanted)
    await study.simulator.stop()
  }

  @Test("a participant who withdrew consent before the first run is not counted, and the cause is reported", .timeLimit(.minutes(5)))
  func needsConsent() async throws {
    let study = try await Study(participants: 4, days: 1) { $0.faults = [Fault(.invalidGrant, share: 0.25)] }
    #expect(try await study.run().result.exit == 65)
    let coverage = try await study.coverage()
    let refused = coverage.participants.filter { $0["intraday-steps"]?.gaps?.first?.cause == "needs_consent" }
    #expect(refused.count == 1 && coverage.totals.allSatisfy { $0.failed == 0 })
    let gap = try #require(refused.first?["intraday-steps"]?.gaps?.first)
    #expect(gap.state == "not_synced" && gap.next.contains("consent") && refused.first?["intraday-steps"]?.wanted == 0)
    #expect(refused.first?.standing == "needs_person")
    #expect(coverage.verdict.contains("1 needs a person (\(refused.first?.participant ?? ""))"), "\(coverage.verdict)")
    await study.simulator.stop()
  }

  @Test("a refused scope: its data types have failed, the rest is present", .timeLimit(.minutes(5)))
  func refusedScope() async throws {
    let study = try await Study(participants: 4, days: 1) { $0.faults = [Fault(.scope(.heartrate), share: 0.25)] }
    #expect(try await study.run().result.exit == 65)
    let coverage = try await study.coverage()
    let refused = try #require(coverage.participants.first { $0["intraday-heart-rate"]?.failed ?? 0 > 0 })
    #expect(refused["intraday-heart-rate"].map { $0.failed == $0.wanted && $0.gaps?.first?.cause == "scope" } == true)
    #expect(refused["heart-rate-zones"].map { $0.failed == $0.wanted } == true)
    #expect(refused["intraday-steps"].map { $0.failed == 0 && $0.have > 0 } == true)
    await study.simulator.stop()
  }

  @Test("minutes no longer on the tracker when it synced are lost at the provider, although their totals arrived", .timeLimit(.minutes(5)))
  func lostAtProvider() async throws {
    // P0009 syncs every nine days; its tracker keeps minutes for seven.
    let study = try await Study(participants: 9, days: 12) { $0.hardCases = [.lateSync] }
    let only = ["--only", "P0009"]
    let chosen = ["--participant", "P0009"]
    #expect(try await study.run(only).result.exit == 0)
    let before = try #require(try await study.coverage(chosen)["P0009"]?.latest_sync.flatMap { Instant(rfc3339: $0) })
    try study.simulator.advance(by: .seconds(9 * 86_400))
    #expect(try await study.run(only).result.exit == 0)
    let coverage = try #require(try await study.coverage(chosen)["P0009"])
    let after = try #require(coverage.latest_sync.flatMap { Instant(rfc3339: $0) })
    #expect(after - before == .seconds(9 * 86_400))
    let participant = try #require(study.truth.population.participants.first { $0.name == "P0009" })
    let truth = Self.truth(study.truth, participant)
    for name in ["intraday-heart-rate", "intraday-steps"] {
      let dataType = try #require(coverage[name])
      #expect(dataType.have == truth[name])
      let gap = try #require(dataType.gaps?.last { $0.state == "lost" })
      #expect(gap.why == "synced later than a tracker keeps minutes (7 days)" && gap.next.hasPrefix("nothing"))
      #expect(Instant(rfc3339: gap.until) == (after - .seconds(7 * 86_400)).roundedDown(toSeconds: 60))
      #expect(gap.count >= 2 * 1440 - 1, "\(gap)")
    }
    #expect(coverage["daily-activity"].map { $0.have == $0.wanted } == true)
    await study.simulator.stop()
  }

  @Test("a further data type of an edited flow is covered as well", .timeLimit(.minutes(5)))
  func editedFlow() async throws {
    let study = try await Study(participants: 2, days: 2)
    let flow = try study.editedFlow(FlowEditTests.withSeries)
    #expect(try await study.run().result.exit == 0)
    let before = try #require(try await study.coverage(flow: flow)[total: "steps-series"])
    #expect(before.unit == "day" && before.wanted > 0 && before.never_asked == before.wanted)
    #expect(try await study.flowrun(["run"], flow: flow).exit == 0)
    let after = try #require(try await study.coverage(flow: flow)[total: "steps-series"])
    #expect(after.have == after.wanted)
    await study.simulator.stop()
  }

  @Test("it works while a run is writing", .timeLimit(.minutes(5)))
  func beside() async throws {
    let study = try await Study(participants: 8, days: 2)
    async let running = study.run()
    for _ in 0..<4 { _ = try await study.coverage() }
    #expect(try await running.result.exit == 0)
    let after = try await study.coverage()
    #expect(after.totals.allSatisfy { $0.never_asked == 0 && $0.deferred == 0 })
    await study.simulator.stop()
  }

  @Test("an invalid database and a missing folder are reported as by a run", .enabled(if: StudyDatabase.isFile, "it damages or moves the file"))
  func notReadable() async throws {
    let study = try await Study(participants: 1, days: 1)
    try study.binary.write(String(repeating: "this is no database\n", count: 100), to: "study.sqlite")
    let damaged = try await study.flowrun(["coverage"])
    #expect(damaged.exit == 69 && damaged.errors.contains("not an SQLite database"), "\(damaged.errors)")
    try FileManager.default.removeItem(atPath: study.binary.folder.path("participants"))
    let missing = try await study.flowrun(["coverage"])
    #expect(missing.exit == 78 && missing.errors.contains("participants"), "\(missing.errors)")
    await study.simulator.stop()
  }
}
