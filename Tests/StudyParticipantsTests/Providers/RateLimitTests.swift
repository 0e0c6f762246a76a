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
    (["Retry-After": "30"], 30), (["Fitbit-Rate-Limit-Reset": "40"], 40),
  ] as [(HTTPHeaders, Int)])
  func limited(headers: HTTPHeaders, seconds: Int) async throws {
    let world = Self.world(.json(429, "{}", headers))
    let provider = try world.provider()
    _ = try await provider.send(HTTPRequest(url: ""), path: Self.path, for: "P1")
    #expect(provider.wait(of: "P1") == .seconds(seconds))
  }

  @Test("a 429 that names no time defers the participant for five seconds, a fifth of which is random")
  func unnamed() async throws {
    let world = Self.world(.json(429, "{}"))
    let provider = try world.provider()
    let reply = await provider.ask(HTTPRequest(url: ""), path: Self.path, for: "P1")
    guard case .wait(let wait, let refusal) = reply.outcome else {
      Issue.record("\(reply)")
      return
    }
    #expect(wait >= .seconds(5) && wait <= .seconds(6.25), "\(wait)")
    #expect(refusal.failure.cause == .rateLimited)
    #expect(provider.wait(of: "P1") == wait)
  }

  @Test("a wait is told once until it is over, whoever waits meanwhile; a short one is not")
  func told() async throws {
    let world = Self.world(.json(200, "{}", Self.budget(0, 1478)))
    let provider = try world.provider()
    for participant in ["P1", "P2", "P1", "P2"] { _ = await provider.ask(HTTPRequest(url: ""), path: Self.path, for: participant) }
    #expect(world.lines.withLock { $0.count } == 1)
    let end = world.time.now + .seconds(1478)
    #expect(world.lines.withLock { $0.first } == "waiting for the provider's limit [\"P1\", \"\(end.text)\"]")

    var notice = WaitNotice()
    let due = [(0, 4), (0, 60), (10, 100), (60, 64), (70, 75)].map { now, end in notice.isDue(until: .seconds(end), now: .seconds(now)) }
    #expect(due == [false, true, false, false, true])
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
    budget.settle("P", .served, now: .zero, announced: (140, .seconds(2500)))
    budget.settle("P", .refused(wait: .seconds(1), random: 0), now: .seconds(1), announced: (0, .seconds(1)))
    #expect(budget.wait("P", now: .seconds(1)) == .seconds(1))
    #expect(budget.wait("P", now: .seconds(3)) == nil)
  }

  @Test("the last requests of a window are handed out once each")
  func lastOnes() {
    var budget = RateBudget()
    #expect(budget.reserve("P", now: .zero) == nil)
    budget.settle("P", .served, now: .zero, announced: (2, .seconds(600)))
    #expect(budget.reserve("P", now: .seconds(1)) == nil)
    #expect(budget.reserve("P", now: .seconds(1)) == nil)
    #expect(budget.reserve("P", now: .seconds(1)) == RateBudget.waitForAnswers)
    budget.settle("P", .served, now: .seconds(2), announced: (0, .seconds(598)))
    // An answer that was overtaken does not give the window more than the later one did.
    budget.settle("P", .served, now: .seconds(2), announced: (1, .seconds(598)))
    #expect(budget.reserve("P", now: .seconds(3)) == .seconds(597))
    #expect(budget.reserve("P", now: .seconds(600)) == nil)
    budget.settle("P", .served, now: .seconds(601), announced: (149, .seconds(3000)))
    #expect(budget.wait("P", now: .seconds(602)) == nil)
  }

  @Test("a wait that is announced while a token is refreshed holds the request that the token is for", .timeLimit(.minutes(5)))
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
    budget.settle("P", .served, now: .zero, announced: (1, .seconds(600)))
    for _ in 1...3 {
      #expect(budget.reserve("P", now: .zero) == nil)
      budget.settle("P", .failed, now: .zero)
    }
  }
}
