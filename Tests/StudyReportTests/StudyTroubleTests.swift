import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import FlowTesting
import Foundation
import StudyModel
import StudyReport
import Testing

@Suite("Who needs a person")
struct StudyTroubleTests {
  private static let now = Instant(seconds: 1_770_000_000)

  /// The figures of a batch with a participant for each file.
  private func figures(_ participants: [(name: String, members: String)]) async throws -> StudyFigures {
    let folder = try TemporaryFolder(), repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    try FileManager.default.createDirectory(atPath: folder.path("batch"), withIntermediateDirectories: true)
    for (name, members) in participants {
      try "{\"participant\": \"\(name)\"\(members)}".write(toFile: folder.path("batch/\(name).json"), atomically: true, encoding: .utf8)
    }
    let given = ["api": "http://127.0.0.1:9", "client_id": "study", "participants": folder.path("batch"), "database": folder.path("study.sqlite")]
    let graph = try FlowSource(
      repository.appending(path: "Flows/fitbit.yaml").path(), given: given.mapValues { ParameterValue(text: $0) }, fileSystem: POSIXFileSystem()
    ).graph().get()
    var machine = Machine.here()
    machine.time = ManualTime(now: Self.now)
    return try await StudyFigures.gather(
      FiguresRequest(graph: graph, errors: folder.path("errors"), state: folder.path("state"), hint: CommandHint()), on: machine)
  }

  private func enrolled(hoursAgo hours: Int64, _ more: String = "") -> String {
    let time = Instant(seconds: Self.now.seconds - hours * 3600).text
    return ", \"enrolled\": \"\(time)\", \"previous_sync\": \"\(time)\", \"zone\": \"UTC\", \"refresh_token\": \"R\", \"tracker\": \"never_synced\"\(more)"
  }

  @Test("whoever has not synced is listed from two days on, and not before: trackers sync by themselves")
  func notSynced() async throws {
    let figures = try await figures([
      ("P1", enrolled(hoursAgo: 1)), ("P2", enrolled(hoursAgo: 47)), ("P3", enrolled(hoursAgo: 48)), ("P4", enrolled(hoursAgo: 24 * 9)),
      ("P5", enrolled(hoursAgo: 1).replacing("\"refresh_token\": \"R\"", with: "\"token\": {\"state\": \"needs_consent\"}")),
    ])
    #expect(figures.troubles.map(\.participant) == ["P5", "P4", "P3"])
    #expect(figures.troubles.map(\.kind) == [.consent, .notSynced, .notSynced])
    #expect(figures.troubles.map(\.title) == ["needs consent", "not synced for 9 days", "not synced for 2 days"])
    #expect(figures.troubleCount == "3 participants of 5 have to be reminded: 1 needs consent, 2 not synced.")
    #expect(figures.count(.notSynced) >= 4, "coverage counts them all")
  }

  @Test("who needs a person is told from who has to be reminded")
  func both() async throws {
    let figures = try await figures([("P1", ", \"enrolled\": \"yesterday\""), ("P2", enrolled(hoursAgo: 48)), ("P3", enrolled(hoursAgo: 1))])
    #expect(figures.troubleCount == "1 participant of 3 needs a person: 1 participant file. 1 more has to be reminded: 1 not synced.")
    #expect(figures.count(.needsPerson) == figures.troubles.count(where: \.isStanding))
  }

  @Test("nobody is listed where nobody has to act")
  func nobody() async throws {
    let figures = try await figures([("P1", enrolled(hoursAgo: 1))])
    #expect(figures.troubles.isEmpty && figures.troubleCount == "Nobody.")
  }
}
