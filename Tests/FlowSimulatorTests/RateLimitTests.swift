import FlowCore
import Testing

@testable import FlowSimulator

@Suite("Rate limits")
struct RateLimitTests {
  @Test("the hourly budget is counted down, rejects requests when spent, and is renewed in the next hour")
  func hour() async throws {
    let clock = Locked(7200 + 600)
    let simulator = try simulator {
      $0.rateLimit = 3
      $0.limiterClock = { clock.withLock { $0 } }
    }
    let client = try await WireClient.signedIn(simulator)
    for remaining in [2, 1, 0] {
      let reply = try await client.get("/1/user/-/profile.json")
      #expect(reply.status == 200)
      #expect(reply.header("Fitbit-Rate-Limit-Limit") == "3")
      #expect(reply.header("Fitbit-Rate-Limit-Remaining") == "\(remaining)")
      #expect(reply.header("Fitbit-Rate-Limit-Reset") == "3000")
      #expect(reply.header("Retry-After") == nil)
    }
    let refused = try await client.get("/1/user/-/profile.json")
    #expect(refused.status == 429)
    #expect(refused.header("Retry-After") == "3000")
    #expect(refused.header("Fitbit-Rate-Limit-Remaining") == "0")
    clock.withLock { $0 += 3000 }
    #expect(try await client.get("/1/user/-/profile.json").status == 200)
  }

  @Test("Google's limit holds in every minute, whenever it begins, and is announced only if it is above Google's")
  func minute() async throws {
    let clock = Locked(1000)
    func allowing(_ limit: Int) throws -> Simulator {
      try simulator(.googleHealth) {
        $0.rateLimit = limit
        $0.limiterClock = { clock.withLock { $0 } }
      }
    }
    let client = try await WireClient.signedIn(try allowing(3))
    var statuses: [Int] = []
    for second in [0, 50, 51, 59, 60, 61, 109, 110, 111] {
      clock.withLock { $0 = 1000 + second }
      let reply = try await client.devices()
      statuses.append(reply.status)
      #expect(reply.header("RateLimit-Remaining") == nil)
    }
    // A refused request does not count.
    #expect(statuses == [200, 200, 200, 429, 200, 429, 429, 200, 200])
    let generous = try await WireClient.signedIn(try allowing(301)).devices()
    #expect(generous.header("RateLimit-Remaining") == "300" && generous.header("RateLimit-Reset") == "60")
  }

  @Test("each participant has a separate budget, and token requests are free")
  func participants() async throws {
    let simulator = try simulator { $0.rateLimit = 1 }
    let first = try await WireClient.signedIn(simulator, "P0001")
    let second = try await WireClient.signedIn(simulator, "P0002")
    #expect(try await first.get("/1/user/-/profile.json").status == 200)
    #expect(try await first.get("/1/user/-/profile.json").status == 429)
    #expect(try await second.get("/1/user/-/profile.json").status == 200)
  }

  @Test("moving the simulated clock moves the window")
  func advance() async throws {
    let simulator = try simulator { $0.rateLimit = 1 }
    let client = try await WireClient.signedIn(simulator)
    #expect(try await client.get("/1/user/-/profile.json").status == 200)
    try simulator.advance(by: .seconds(3600))
    #expect(try await client.get("/1/user/-/profile.json").status == 200)
  }

  @Test("requests are counted by kind")
  func statistics() async throws {
    let simulator = try simulator()
    let client = try await WireClient.signedIn(simulator)
    _ = try await client.get("/1/user/-/profile.json")
    _ = try await client.get("/1/user/-/activities/heart/date/2026-03-08/1d.json")
    _ = try await client.get("/nowhere")
    #expect(simulator.statistics.requests == ["token": 1, "profile": 1, "heart-rate-zones": 1, "unknown": 1])
    #expect(simulator.statistics.totalRequests == 4)
  }
}
