import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("Rate limits")
struct RateLimitTests {
  private static let path = "/1/user/-/devices.json"
  private static func budget(_ remaining: Int, _ reset: Int) -> HTTPHeaders {
    ["Fitbit-Rate-Limit-Limit": "150", "Fitbit-Rate-Limit-Remaining": "\(remaining)", "Fitbit-Rate-Limit-Reset": "\(reset)"]
  }
  private static func world(_ response: HTTPResponse) -> TokenWorld {
    let world = TokenWorld(tokens: RotatingTokens()) { _, _ in response }
    world.participant("P1")
    world.participant("P2")
    return world
  }

  @Test("a response with no quota left defers the participant before its next request; others continue")
  func nothingLeft() async throws {
    let world = Self.world(.json(200, "{}", Self.budget(0, 1478)))
    let provider = try world.provider()
    _ = try await provider.send(HTTPRequest(url: ""), path: Self.path, for: "P1")
    #expect(provider.wait(of: "P1") == .seconds(1478))
    #expect(provider.wait(of: "P2") == nil)
    let error = await failure { _ = try await provider.send(HTTPRequest(url: ""), path: Self.path, for: "P1") } as? ProcessorError
    #expect(error?.failure.cause == .rateLimited)
    #expect(error?.failure.retryAfter == .seconds(1478))
    #expect(world.transport.requests(to: Self.path).count == 1)
    world.time.advance(.seconds(1478))
    #expect(provider.wait(of: "P1") == nil)
  }

  @Test("a 429 defers the participant for the time that it names", arguments: [
    (["Retry-After": "30"], 30), (["Fitbit-Rate-Limit-Reset": "40"], 40), ([:], 60),
  ] as [(HTTPHeaders, Int)])
  func limited(headers: HTTPHeaders, seconds: Int) async throws {
    let world = Self.world(.json(429, "{}", headers))
    let provider = try world.provider()
    _ = try await provider.send(HTTPRequest(url: ""), path: Self.path, for: "P1")
    #expect(provider.wait(of: "P1") == .seconds(seconds))
  }

  @Test("a longer wait is not shortened by a shorter one")
  func longest() throws {
    let world = Self.world(.json(200, "{}"))
    let provider = try world.provider()
    provider.line.park("P1", for: .seconds(100))
    provider.line.park("P1", for: .seconds(10))
    #expect(provider.wait(of: "P1") == .seconds(100))
  }

  @Test("after the wait that a 429 names, requests are sent regardless of the earlier window")
  func shortWait() {
    var budget = RateBudget()
    budget.settle("P", now: .zero, remaining: 140, reset: .seconds(2500))
    budget.settle("P", now: .seconds(1), remaining: 0, reset: .seconds(1), isRefused: true, wait: .seconds(1))
    #expect(budget.wait("P", now: .seconds(1)) == .seconds(1))
    #expect(budget.wait("P", now: .seconds(3)) == nil)
  }

  @Test("the last requests of a window are handed out once each")
  func lastOnes() {
    var budget = RateBudget()
    #expect(budget.reserve("P", now: .zero) == nil)
    budget.settle("P", now: .zero, remaining: 2, reset: .seconds(600))
    #expect(budget.reserve("P", now: .seconds(1)) == nil)
    #expect(budget.reserve("P", now: .seconds(1)) == nil)
    #expect(budget.reserve("P", now: .seconds(1)) == RateBudget.waitForAnswers)
    budget.settle("P", now: .seconds(2), remaining: 0, reset: .seconds(598))
    // An answer that was overtaken does not give the window more than the later one did.
    budget.settle("P", now: .seconds(2), remaining: 1, reset: .seconds(598))
    #expect(budget.reserve("P", now: .seconds(3)) == .seconds(597))
    #expect(budget.reserve("P", now: .seconds(600)) == nil)
    budget.settle("P", now: .seconds(601), remaining: 149, reset: .seconds(3000))
    #expect(budget.wait("P", now: .seconds(602)) == nil)
  }

  @Test("a wait that is announced while a token is refreshed holds the request that the token is for", .timeLimit(.minutes(1)))
  func announcedMeanwhile() async throws {
    let gate = Gate()
    let tokens = RotatingTokens()
    let world = TokenWorld { request, _ in
      if request.url.hasSuffix("/oauth2/token") {
        let response = try tokens.answer(request)
        if tokens.requests > 1 { await gate.pass() }
        return response
      }
      return .json(401, Payload.expiredToken)
    }
    world.participant()
    let provider = try world.provider()
    try await provider.authorize("P1")
    let renewing = Task { await provider.ask(HTTPRequest(url: ""), path: "/expired.json", for: "P1") }
    await gate.waitForArrival()
    // As the response to another request of the participant does.
    provider.line.park("P1", for: .seconds(30))
    gate.open()
    let reply = await renewing.value
    guard case .wait(.seconds(30), _) = reply.outcome else {
      Issue.record("\(reply)")
      return
    }
    #expect(reply.requestCount == 1)
    #expect(world.transport.requests(to: "/expired.json").count == 1)
  }

  @Test("a failed request releases its place")
  func givesBack() {
    var budget = RateBudget()
    budget.settle("P", now: .zero, remaining: 1, reset: .seconds(600))
    for _ in 1...3 {
      #expect(budget.reserve("P", now: .zero) == nil)
      budget.settle("P", now: .zero)
    }
  }
}
