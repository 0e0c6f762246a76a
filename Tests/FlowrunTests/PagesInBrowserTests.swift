import FlowSimulator
import FlowTesting
import Foundation
import Testing

@Suite("The pages in a browser")
struct PagesInBrowserTests {
  /// Debian's Chromium, which Scripts/setup --tests installs. In continuous integration it must be there.
  private static let hasBrowser = FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium")
  static let mayRun = PythonTools.mayRun && (hasBrowser || ProcessInfo.processInfo.environment["CI"] == "true")

  @Test(
    "show a study, zoom, start a run and follow it, replay errors; without script too; no error on the console and nothing blocked",
    .enabled(if: mayRun, "Chromium or the Python packages are missing; run Scripts/setup --tests"), .timeLimit(.minutes(5)))
  func walk() async throws {
    let study = try await Study(participants: 6, days: 3) { $0.faults = [Fault(.invalidGrant, share: 0.2)] }
    // Every slice of daily activity fails, and the flow is then mended.
    let flow = try study.editedFlow(as: "flow.yaml", ReplayTests.broken)
    let first = try await study.flowrun(["run"], flow: flow)
    #expect(first.exit == 65, "\(first.errors)")
    let coverage = try await study.flowrun(["coverage"], flow: flow, ["--format", "json"])
    #expect(coverage.exit == 0, "\(coverage.errors)")
    // The run that is started from the page takes seconds, with something to collect.
    try await study.restart { $0.faults = [Fault(.slow(milliseconds: 1500), share: 1)] }
    try study.simulator.advance(by: .seconds(20 * 3600))
    _ = try study.editedFlow(as: "flow.yaml", ReplayTests.quick)

    // FLOWRUN_SCREENSHOTS keeps the pictures.
    let pictures = try TemporaryFolder(), folder = ProcessInfo.processInfo.environment["FLOWRUN_SCREENSHOTS"] ?? pictures.path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let served = try await study.flowrun(["serve"], flow: flow, ["--listen", "127.0.0.1:0"]) { running in
      let url = try await Browser().link(in: running.output)
      let said = try String(contentsOfFile: running.errors, encoding: .utf8)
      let token = try #require(said.firstMatch(of: #/token=(\w+)/#)?.1)
      let answers = try JSONDecoder().decode(CoverageAnswer.self, from: Data(coverage.output.utf8))
      let participant = try #require(answers.participants.first { ($0["intraday-heart-rate"]?.have ?? 0) > 1000 }?.participant)
      let given: [String: Any] = [
        "url": url, "token": String(token), "flow": "fitbit", "file": study.binary.folder.path(flow), "participant": participant,
        "coverage": try JSONSerialization.jsonObject(with: Data(coverage.output.utf8)),
      ]
      let input = Array(try JSONSerialization.data(withJSONObject: given))
      let seen = try await PythonTools.run("Tests/StudyWebTests/Scripts/browser.py", [folder], input: input)
      let answer = try #require(try JSONSerialization.jsonObject(with: Data(seen)) as? [String: Any])
      #expect(answer["without_token"] as? Int == 401 && answer["foreign"] as? Int == 403, "\(answer)")
      let pages = try #require(answer["pages"] as? [String])
      #expect(Set(pages).isSuperset(of: ["study", "participant", "runs", "run-live", "run", "errors", "error-entry", "replay-dry", "flow", "schedule", "docs", "sign-in"]))
      running.interrupt()
    }
    #expect(served.exit == 130, "\(served.errors)")
    await study.simulator.stop()
  }
}
