import FlowBase
import NIOCore
import Testing

@testable import FlowSimulator

@Suite("determinism")
struct DeterminismTests {
  @Test("the same seed produces the same bytes", arguments: SimulatorConfiguration.API.allCases)
  func sameSeed(api: SimulatorConfiguration.API) throws {
    let first = try truthText(api) { $0.seed = 7 }
    let second = try truthText(api) { $0.seed = 7 }
    #expect(first == second)
    #expect(first.readableBytes > 400_000)
  }

  @Test("a different seed produces different bytes")
  func otherSeed() throws {
    #expect(try truthText { $0.seed = 7 } != (try truthText { $0.seed = 8 }))
  }

  @Test("the Google wire is deterministic too, including pages and empty ones")
  func sameGoogleAnswers() async throws {
    var answers: [[String]] = []
    for _ in 0..<2 {
      let client = try await WireClient.signedIn(try simulator(.googleHealth))
      let pages = try await client.pages(
        "/v4/users/me/dataTypes/heart-rate/dataPoints", query: ["pageSize": "500", "filter": heartFilter("2026-03-08", "2026-03-09")])
      answers.append(try await [client.devices().text, client.day(CivilDate(dayNumber: 20_520)).text] + pages.map(\.text))
    }
    #expect(answers[0] == answers[1])
    #expect(answers[0].count > 10)
  }

  @Test("more participants do not change the first ones")
  func morePeople() throws {
    let few = try truthText { $0.participants = 2 }
    let many = try truthText { $0.participants = 3 }
    #expect(many.getSlice(at: 0, length: few.readableBytes) == few)
  }

  @Test("the same seed produces the same response to every request")
  func sameAnswers() async throws {
    var answers: [[String]] = []
    for _ in 0..<2 {
      let client = try await WireClient.signedIn(try simulator())
      answers.append([
        try await client.get("/1/user/-/devices.json").text, try await client.get("/1/user/-/profile.json").text,
        try await client.get("/1/user/-/activities/date/2026-03-08.json").text,
        try await client.get("/1/user/-/activities/heart/date/2026-03-08/1d/1sec.json").text, client.refreshToken,
      ])
    }
    #expect(answers[0] == answers[1])
  }

  /// The truth of the configuration at `detail=1min`.
  private func truthText(
    _ api: SimulatorConfiguration.API = .fitbit, _ change: (inout SimulatorConfiguration) -> Void
  ) throws -> ByteBuffer {
    var text = ByteBuffer()
    let simulator = try simulator(api) {
      $0.participants = 3
      $0.days = 1
      change(&$0)
    }
    try simulator.truth(detail: .minute).write { text.writeImmutableBuffer($0) }
    return text
  }
}
