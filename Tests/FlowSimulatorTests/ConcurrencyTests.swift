import Testing

@testable import FlowSimulator

@Suite("many requests at once", .timeLimit(.minutes(1)))
struct ConcurrencyTests {
  @Test("every participant is refreshed and answered, whatever runs beside it", arguments: [false, true])
  func crowd(withFolder: Bool) async throws {
    let folder = try TestFolder()
    let simulator = try simulator {
      $0.participants = 40
      $0.stateFolder = withFolder ? folder.path : nil
    }
    let names = simulator.population.participants.map(\.name)
    let answered = try await withThrowingTaskGroup(of: Int.self) { group in
      for name in names {
        group.addTask {
          let client = try await WireClient.signedIn(simulator, name)
          let zones = try await client.get("/1/user/-/activities/heart/date/2026-03-08/1d.json")
          let profile = try await client.get("/1/user/-/profile.json")
          return [zones, profile].count { $0.status == 200 }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(answered == 2 * names.count)
    #expect(try simulator.tokensEverIssued().count == 3 * names.count)
    #expect(simulator.statistics.totalRequests == 3 * names.count)
  }

  @Test("of many who present one refresh token at once, all get the same pair")
  func race() async throws {
    let client = try WireClient(try simulator(), "P0001")
    let answers = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<30 { group.addTask { try await client.requestToken(client.refreshToken).text } }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(answers.count == 1)
    #expect(answers.first?.contains("access_token") == true)
  }
}
