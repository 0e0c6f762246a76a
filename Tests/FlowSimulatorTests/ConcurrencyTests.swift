import Testing

@testable import FlowSimulator

@Suite("Many requests at once", .timeLimit(.minutes(5)))
struct ConcurrencyTests {
  @Test("every participant is refreshed and served under concurrency", arguments: [false, true])
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

  @Test("of concurrent uses of one refresh token, one gets the pair; with a grace period all get the same one", arguments: [nil, 120])
  func race(grace: Int?) async throws {
    let client = try WireClient(try simulator { $0.refreshGraceSeconds = grace }, "P0001")
    let answers = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<30 { group.addTask { try await client.requestToken(client.refreshToken).text } }
      return try await group.reduce(into: [String]()) { $0.append($1) }
    }
    let pairs = answers.filter { $0.contains("access_token") }
    #expect(pairs.count == (grace == nil ? 1 : 30))
    #expect(Set(pairs).count == 1)
  }
}
