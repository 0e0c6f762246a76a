import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("Error folder and replay")
struct ReplayTests {
  /// Retries that do not keep a test waiting.
  static func quick(_ text: String) -> String {
    text.replacingOccurrences(of: "backoff: 1s", with: "backoff: 10ms").replacingOccurrences(of: "max_backoff: 1m", with: "max_backoff: 20ms")
  }

  /// A mapping that no day's summary fits: every slice of daily activity fails for good.
  static func broken(_ text: String) -> String {
    quick(text).replacingOccurrences(of: "from: caloriesBMR", with: "from: caloriesBMR, required: true, maximum: 1")
  }

  private static func entries(_ study: Study, _ more: [String] = []) async throws -> [[String: Any]] {
    let list = try await study.binary.run(["errors", "list", "--format", "json"] + more)
    return try #require(try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
  }

  /// A batch with every slice of daily activity in the error folder, and the correct flow.
  private static func failedStudy() async throws -> (study: Study, mended: String, count: Int) {
    let study = try await Study(participants: 3, days: 1)
    let flow = try study.editedFlow(as: "flow.yaml", broken)
    let first = try await study.flowrun(["run"], flow: flow, ["--format", "json"])
    let causes = Set(try await entries(study).compactMap { $0["cause"] as? String })
    #expect(first.exit == 65 && causes == ["bad_data"], "\(first.errors)")
    let count = try #require(try first.json().number("errors", "count"))
    return (study, try study.editedFlow(as: "flow.yaml", quick), count)
  }

  @Test("a provider that only fails: one entry each, exit 75; replay collects everything and clears them; a second replay does nothing", .timeLimit(.minutes(5)))
  func retryable() async throws {
    let study = try await Study(participants: 5, days: 2)
    let flow = try study.editedFlow(Self.quick)
    // A first day, so that everybody has a token: a token endpoint that fails is another matter.
    #expect(try await study.flowrun(["run"], flow: flow, ["-p", "until=2026-03-09"]).exit == 0)
    try await study.restart { $0.faults = [Fault(.status(500), share: 1)] }
    let failed = try await study.flowrun(["run"], flow: flow, ["--format", "json"])
    #expect(failed.exit == 75, "\(failed.errors)")
    #expect(try failed.json().number("errors", "count") == 5)
    let entries = try await Self.entries(study)
    #expect(entries.allSatisfy { $0["cause"] as? String == "server_error" && $0["processor"] as? String == "get latest sync" })

    try await study.restart()
    let replayed = try await study.flowrun(["replay"], flow: flow, ["--format", "json"])
    #expect(replayed.exit == 0, "\(replayed.errors)\n\(replayed.output)")
    #expect(try replayed.json().number("errors", "count") == 0)
    try study.collected().expectEqual(to: study.truth)
    let again = try await study.flowrun(["replay"], flow: flow, ["--format", "json"])
    #expect(again.exit == 0)
    #expect(try again.json().number("flowfiles", "created") == 0)
    await study.simulator.stop()
  }

  @Test("a run that writes what failed clears its entries", .timeLimit(.minutes(5)))
  func clearedByRun() async throws {
    let (study, mended, _) = try await Self.failedStudy()
    let rerun = try await study.flowrun(["run"], flow: mended, ["--format", "json"])
    #expect(rerun.exit == 0, "\(rerun.errors)")
    #expect(try rerun.json().number("errors", "count") == 0)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  @Test("after the flow was edited replay refuses with the reason; if allowed, it collects the data; twice equals once", .timeLimit(.minutes(5)))
  func mendedMapping() async throws {
    let (study, mended, count) = try await Self.failedStudy()
    let entries = try await Self.entries(study)
    #expect(entries.count == count)
    #expect(entries.allSatisfy { $0["cause"] as? String == "bad_data" && $0["retryable"] as? Bool == false })
    #expect(entries.allSatisfy { ($0["message"] as? String)?.contains("/summary/caloriesBMR") == true })

    let refused = try await study.flowrun(["replay"], flow: mended, ["--format", "json"])
    #expect(refused.exit == 65, "what nobody took is not written")
    let lines = refused.errors.split(separator: "\n").filter { $0.contains("the flow file has been edited since") }
    #expect(lines.count == 1 && lines[0].contains("\(count) entries"), "one line, however many there are: \(refused.errors)")
    #expect(lines[0].contains("flowrun replay flow.yaml --allow-flow-change -p api="), "a command to paste: \(lines)")
    #expect(try refused.json().number("flowfiles", "created") == 0)
    let runs = try await study.binary.run(["runs", "list", "--format", "json"])
    #expect(runs.output.components(separatedBy: "\"run\"").count - 1 == 1, "what nobody took is no run: \(runs.output)")
    #expect(try await Self.entries(study).count == count)

    let replayed = try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change", "--format", "json"])
    #expect(replayed.exit == 0, "\(replayed.errors)\n\(replayed.output)")
    #expect(try replayed.json().number("errors", "count") == 0)
    try study.collected().expectEqual(to: study.truth)
    let again = try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change", "--format", "json"])
    #expect(again.exit == 0)
    #expect(try again.json().number("flowfiles", "created") == 0)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  @Test("--dry-run says what it would do and does nothing; cause, participant and processor choose", .timeLimit(.minutes(5)))
  func choosing() async throws {
    let (study, mended, count) = try await Self.failedStudy()
    let requests = study.simulator.statistics.totalRequests
    let dry = try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change", "--dry-run"])
    #expect(dry.exit == 0 && dry.output.contains("would return to 'extract activity'"))
    #expect(dry.output.contains("\(count) to replay, 0 refused"))
    #expect(dry.output.contains("P0001") && dry.output.contains("daily-activity") && dry.output.contains("bad_data"))
    // As the replay itself, it takes nothing, and says with which option it would.
    let unchanged = try await study.flowrun(["replay"], flow: mended, ["--dry-run"])
    #expect(unchanged.exit == 65 && unchanged.output.contains("0 to replay, \(count) refused\n"), "\(unchanged.output)")
    #expect(unchanged.output.contains("--allow-flow-change replays them anyway: flowrun replay "), "\(unchanged.output)")
    for nothing in [["--cause", "server_error"], ["--processor", "extract steps"]] {
      let none = try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change", "--dry-run"] + nothing)
      #expect(none.output.contains("0 to replay, 0 refused"), "\(nothing)")
    }
    for (mistake, nearest) in [(["--participant", "p0001"], "P0001"), (["--processor", "extract activty"], "extract activity"), (["--from", "invoke activty"], "invoke activity")] {
      let refused = try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change"] + mistake)
      #expect(refused.exit == 64 && refused.errors.contains("did you mean '\(nearest)'"), "\(refused.errors)")
    }
    #expect(try await Self.entries(study).count == count)
    #expect(study.simulator.statistics.totalRequests == requests)

    let chosen = ["--allow-flow-change", "--cause", "bad_data", "--participant", "P0001", "--processor", "extract activity"]
    let replayed = try await study.flowrun(["replay"], flow: mended, chosen)
    #expect(replayed.exit == 0, "\(replayed.errors)")
    let left = try await Self.entries(study)
    #expect(left.count < count && !left.contains { ($0["attributes"] as? [String: String])?["participant"] == "P0001" })
    await study.simulator.stop()
  }

  @Test("an entry whose slice was written meanwhile is cleared, not repeated", .timeLimit(.minutes(5)))
  func writtenMeanwhile() async throws {
    let (study, mended, count) = try await Self.failedStudy()
    // Another error folder: so this run knows nothing of the entries.
    #expect(try await study.flowrun(["run"], flow: mended, ["--errors", "elsewhere"]).exit == 0)
    #expect(try await Self.entries(study).count == count)
    let requests = study.simulator.statistics.totalRequests
    let replayed = try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change", "--format", "json"])
    #expect(replayed.exit == 0, "\(replayed.errors)")
    #expect(try replayed.json().number("flowfiles", "created") == 0)
    #expect(try await Self.entries(study).isEmpty)
    #expect(study.simulator.statistics.totalRequests == requests)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  @Test("a response older than the ledger's writes nothing, and its entry is removed", .timeLimit(.minutes(5)))
  func olderAnswer() async throws {
    let (study, mended, count) = try await Self.failedStudy()
    try study.simulator.advance(by: .seconds(5 * 3600))
    #expect(try await study.flowrun(["run"], flow: mended, ["--errors", "elsewhere"]).exit == 0)
    // As if what is in hand had failed only now: the answer is still the old one.
    for path in try FileManager.default.subpathsOfDirectory(atPath: study.binary.folder.path("errors")) where path.hasSuffix("flowfile.json") {
      let file = study.binary.folder.path("errors/\(path)")
      let text = try String(contentsOfFile: file, encoding: .utf8)
      try text.replacing(#/"time" : "[^"]*"/#, with: "\"time\" : \"2099-01-01T00:00:00Z\"").write(toFile: file, atomically: true, encoding: .utf8)
    }
    let replayed = try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change", "--format", "json"])
    #expect(replayed.exit == 0, "\(replayed.errors)")
    let report = try replayed.json()
    #expect(report.number("flowfiles", "created") == count)
    let rows = try #require(report["rows"] as? [String: [String: Int]])
    #expect(rows["fitbit_daily_activity"] == ["inserted": 0, "updated": 0, "unchanged": 0])
    #expect(try await Self.entries(study).isEmpty)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }
}
