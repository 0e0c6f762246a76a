import FlowSimulator
import FlowTesting
import Foundation
import Testing

@Suite("A graph is edited without recompiling")
struct FlowEditTests {
  private static let slices = """
            - { relationship: series, data_type: steps-series, step: 1d, zone: "${participant.zone}", scope: activity }

    """
  private static let processors = """

      - name: choose
        type: RouteOnAttribute
        properties:
          rules: { first: "${participant:equals('P0001')}" }
        to: { first: keep raw, unmatched: drop }
      - name: keep raw
        type: PutFile
        properties: { folder: raw, name: "${participant}/${slice.date}.json" }
        to: { success: drop }
      - name: invoke series
        type: InvokeEndpoint
        properties: { provider: fitbit, url: "/1/user/-/activities/steps/date/${slice.date}/1d.json" }
        to: { success: extract series, retry: errors, rate_limited: defer, scope: errors }
      - name: extract series
        type: ExtractRecords
        properties:
          rows: /activities-steps
          columns:
            date: { kind: date, from: dateTime, required: true }
            steps: { kind: integer, from: value, accept_text: true }
        to: { success: write series }
      - name: write series
        type: WriteRecords
        properties: { database: database, table: steps_series, key: [date], provider: fitbit }
        to: { success: drop }

    """

  /// A branch that keeps raw responses, and a further endpoint with its own table.
  static func withSeries(_ text: String) -> String {
    text
      .replacingOccurrences(of: "to: { success: extract steps, retry: errors", with: "to: { success: [extract steps, choose], retry: errors")
      .replacingOccurrences(of: "        - { relationship: zones,", with: slices + "        - { relationship: zones,")
      .replacingOccurrences(of: "      zones: invoke zones\n", with: "      zones: invoke zones\n      series: invoke series\n")
      + processors
  }

  @Test("a RouteOnAttribute, a PutFile branch and one more endpoint with its own table, by YAML alone", .timeLimit(.minutes(5)))
  func editedGraph() async throws {
    let study = try await Study(participants: 4, days: 2)
    let flow = try study.editedFlow(Self.withSeries)
    let result = try await study.flowrun(["run"], flow: flow)
    #expect(result.exit == 0, "\(result.errors)\n\(result.output)")
    let collected = try study.collected()
    try collected.expectEqual(to: study.truth)
    let rows: Int? = try collected.value("SELECT count(*) FROM steps_series")
    let days: Int? = try collected.value("SELECT count(*) FROM fitbit_daily_activity")
    #expect(rows == days)
    #expect(!(try FileManager.default.contentsOfDirectory(atPath: study.binary.folder.path("raw/P0001"))).isEmpty)
    await study.simulator.stop()
  }
}
