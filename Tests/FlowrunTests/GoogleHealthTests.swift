import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("flowrun Flows/google-health.yaml on the simulated Google Health API")
struct GoogleHealthTests {
  @Test("everything is collected row for row; a second run makes at most 4 requests per participant and changes nothing", .timeLimit(.minutes(5)))
  func wholeTruth() async throws {
    let study = try await Study(participants: 8, days: 3, flow: "google-health")
    let (first, report) = try await study.run()
    #expect(first.exit == 0, "\(first.errors)\n\(first.output)")
    #expect(report.number("participants", "complete") == 8)
    try study.collected().expectEqual(to: study.truth)
    try study.collected().expectContiguousLedger()
    let requests = study.simulator.statistics.totalRequests
    let (second, again) = try await study.run()
    #expect(second.exit == 0, "\(second.errors)")
    #expect(study.simulator.statistics.totalRequests - requests <= 4 * 8)
    for rows in try #require(again["rows"] as? [String: [String: Int]]).values { #expect(rows["inserted"] == 0 && rows["updated"] == 0) }
    await study.simulator.stop()
  }

  @Test("without any parameter, and after a run of the other flow in the same folder", .timeLimit(.minutes(5)))
  func embedded() async throws {
    let binary = try BuiltBinary()
    let fitbit = try await binary.run([BuiltBinary.flow("fitbit"), "--only", "P000*", "-q"])
    #expect(fitbit.exit == 0, "\(fitbit.errors)")
    let google = try await binary.run([BuiltBinary.flow("google-health"), "--format", "json"])
    #expect(google.exit == 0, "\(google.errors)")
    var configuration = SimulatorConfiguration()
    configuration.api = .googleHealth
    let collected = try Collected(binary.folder.path("simulated/google-health.sqlite"))
    try collected.expectEqual(to: try Simulator(configuration).truth(detail: .second))
    try collected.expectContiguousLedger()
    let again = try await binary.run([BuiltBinary.flow("fitbit"), "-q"])
    #expect(again.exit == 0, "\(again.errors)")
  }

  @Test(
    "a scope that is refused leaves its columns NULL and the rest complete; a wider consent fills them without anybody's help",
    .timeLimit(.minutes(5)), arguments: [Scope.heartrate, .activity])
  func refusedScope(_ scope: Scope) async throws {
    let study = try await Study(participants: 5, days: 2, flow: "google-health") { $0.faults = [Fault(.scope(scope), share: 0.2)] }
    let (first, report) = try await study.run()
    #expect(first.exit == 65, "\(first.errors)")
    #expect((report.number("errors", "count") ?? 0) >= 1)
    try study.collected().expectEqual(to: study.truth)
    try study.collected().expectContiguousLedger()
    let lacking = try study.collected().strings("SELECT DISTINCT data_type || ' ' || lacking FROM slice WHERE lacking IS NOT NULL ORDER BY 1")
    #expect(
      lacking == (scope == .heartrate
        ? ["daily-activity health_metrics_and_measurements"]
        : ["daily-activity activity_and_fitness", "heart-rate-zones activity_and_fitness"]))
    let requests = study.simulator.statistics.totalRequests
    _ = try await study.run()
    #expect(study.simulator.statistics.totalRequests - requests <= 4 * 5, "nothing is asked twice for what is refused")

    try await study.restart()
    let (last, after) = try await study.run()
    #expect(last.exit == 0, "\(last.errors)\n\(last.output)")
    #expect(after.number("errors", "count") == 0)
    try study.collected().expectEqual(to: study.truth)
    #expect(try study.collected().strings("SELECT DISTINCT lacking FROM slice WHERE lacking IS NOT NULL") == [])
    await study.simulator.stop()
  }

  @Test("a day of 86,400 samples arrives in pages and is one slice", .timeLimit(.minutes(5)))
  func denseDay() async throws {
    let study = try await Study(participants: 1, days: 2, flow: "google-health") { $0.dense = true }
    let parameters = study.parameters.map { $0 == "detail=1min" ? "detail=1sec" : $0 }
    let result = try await study.binary.run([BuiltBinary.flow("google-health")] + parameters + ["--format", "json"])
    #expect(result.exit == 0, "\(result.errors)")
    try study.collected().expectEqual(to: study.simulator.truth(detail: .second))
    let slices = "FROM slice WHERE data_type = 'intraday-heart-rate' AND end_instant - start_instant = 86400"
    let rows: Int? = try study.collected().value("SELECT max(rows) \(slices)")
    #expect(rows == 86_400)
    let flowFiles: Int? = try study.collected().value("SELECT count(DISTINCT flowfile) \(slices)")
    #expect(flowFiles == (try study.collected().value("SELECT count(*) \(slices)")), "one FlowFile, and so one transaction, a slice")
    await study.simulator.stop()
  }

  @Test("mixed faults: reruns converge to the complete data", .timeLimit(.minutes(5)))
  func converges() async throws {
    let study = try await Study(participants: 4, days: 2, flow: "google-health") { configuration in
      configuration.faults = [
        Fault(.status(500), share: 0.04), Fault(.status(503), share: 0.02), Fault(.html, share: 0.02), Fault(.truncate, share: 0.02),
        Fault(.reset, share: 0.02),
      ]
    }
    let flow = try study.editedFlow(ReplayTests.quick)
    for _ in 0..<3 {
      let result = try await study.flowrun(["run"], flow: flow)
      #expect(result.exit == 0 || result.exit == 75, "\(result.errors)")
    }
    try await study.restart()
    let last = try await study.flowrun(["run"], flow: flow, ["--format", "json"])
    #expect(last.exit == 0, "\(last.errors)")
    #expect(try last.json().number("errors", "count") == 0)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }
}
