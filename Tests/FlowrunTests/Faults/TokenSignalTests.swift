import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

/// The provider has no grace period: a refresh token is valid for one request, and losing its response loses the consent.
@Suite("Signals during a token refresh")
struct TokenSignalTests {
  /// A call on the way from the intent to the pair in its file.
  struct Point: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Boundary and path, as `FLOWRUN_INTERFERENCE` takes them, and the calls at which the first and a later second signal come.
    var place: String
    var first: Int
    var second: Int
  }

  static let points = [
    Point(testDescription: "while the intent is written", place: "file.write participants/", first: 2, second: 4),
    Point(testDescription: "while the first intent is renamed", place: "file.rename participants/", first: 1, second: 2),
    Point(testDescription: "as the requests leave", place: "http.send /oauth2/token", first: 1, second: 4),
    Point(testDescription: "as the last requests leave", place: "http.send /oauth2/token", first: 5, second: 6),
    Point(testDescription: "as the answers are taken in", place: "file.read participants/", first: 25, second: 27),
    Point(testDescription: "while the pairs are written", place: "file.write participants/", first: 7, second: 9),
    Point(testDescription: "while the pairs are renamed", place: "file.rename participants/", first: 3, second: 5),
    Point(testDescription: "before the first pair is used", place: "http.send devices.json", first: 1, second: 2),
  ]

  enum Signals: String, CaseIterable, Sendable { case one, twoAtOnce, twoApart }

  @Test("no token is lost, and the next run has everything", .timeLimit(.minutes(5)), arguments: points, Signals.allCases)
  func signals(_ point: Point, _ signals: Signals) async throws {
    // Slow enough that the second signal arrives while requests are in transit.
    let study = try await Study(participants: 6, days: 1) { $0.faults = [Fault(.slow(milliseconds: 300), share: 1)] }
    #expect(study.simulator.configuration.refreshGraceSeconds == nil)
    let rules =
      switch signals {
      case .one: ["signal 15 \(point.place) \(point.first)"]
      case .twoAtOnce: ["signal 15 \(point.place) \(point.first)", "signal 2 \(point.place) \(point.first)"]
      case .twoApart: ["signal 15 \(point.place) \(point.first)", "signal 2 \(point.place) \(point.second)"]
      }
    let result = try await study.flowrun(
      ["run"], ["--format", "json"], environment: ["FLOWRUN_INTERFERENCE": rules.joined(separator: ";")])
    // Signals that are pending together are delivered in an order of the system's choosing, and on a busy machine the process
    // may not have run between two that were sent one after the other.
    let exits: [Int32] = signals == .one ? [143] : [143, 130]
    #expect(exits.contains(result.exit), "exit \(result.exit): \(result.errors)\(result.output)")
    try await study.expectNothingWrong("")
    try await study.restart()
    let (last, _) = try await study.run()
    #expect(last.exit == 0, "\(last.errors)")
    try await study.expectEverything("")
    await study.simulator.stop()
  }
}
