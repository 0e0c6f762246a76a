import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants

@Suite("A client's limit holds for all participants together")
struct ClientLimitTests {
  private static let path = "/1/user/-/devices.json"
  private static let minute: Duration = .seconds(60)

  private static func world(participants count: Int) -> TokenWorld {
    let world = TokenWorld(tokens: RotatingTokens()) { _, _ in .json(200, "{}") }
    for number in 1...count { world.participant("P\(number)", serial: number) }
    return world
  }

  private func refusal(_ provider: OAuthProvider, for participant: String) async -> FlowFileFailure? {
    let error = await failure { _ = try await provider.send(HTTPRequest(url: ""), path: Self.path, for: participant) } as? ProcessorError
    return error?.failure
  }

  @Test("the published limits", arguments: [
    (FitbitWire() as any ProviderWire, nil, [] as [RequestLimit]),
    (FitbitWire(), 600, [RequestLimit(600, per: .seconds(60), isAnnounced: false)]),
    (GoogleHealthWire(), nil, [RequestLimit(120_000, per: .seconds(60), isAnnounced: false), RequestLimit(86_400_000, per: .seconds(86_400), isAnnounced: false)]),
    (GoogleHealthWire(), 15_000, [RequestLimit(15_000, per: .seconds(60), isAnnounced: false), RequestLimit(86_400_000, per: .seconds(86_400), isAnnounced: false)]),
  ] as [(any ProviderWire, Int?, [RequestLimit])])
  func published(wire: any ProviderWire, requestsPerMinute: Int?, limits: [RequestLimit]) {
    #expect(wire.clientLimits(requestsPerMinute: requestsPerMinute) == limits)
  }

  @Test("once it is used up nobody is asked, and the wait is that of the window; then all go on")
  func usedUp() async throws {
    let world = Self.world(participants: 4)
    let provider = try world.provider(requestsPerMinute: 3)
    for number in 1...3 { _ = try await provider.send(HTTPRequest(url: ""), path: Self.path, for: "P\(number)") }
    let refusal = try #require(await refusal(provider, for: "P4"))
    #expect(refusal.cause == .rateLimited && refusal.message.contains("3 in 1m for all participants"), "\(refusal.message)")
    let wait = try #require(refusal.retryAfter)
    #expect(wait > .zero && wait <= Self.minute + .seconds(1), "\(wait)")
    #expect(world.transport.requests(to: Self.path).count == 3)
    world.time.advance(wait)
    _ = try await provider.send(HTTPRequest(url: ""), path: Self.path, for: "P4")
    #expect(world.transport.requests(to: Self.path).count == 4)
  }

  @Test("the hosts' grants decide where they are shared, and an exhausted client waits for as long as they say")
  func shared() async throws {
    let world = Self.world(participants: 3)
    let provider = try world.provider(requestsPerMinute: 600)
    let grants = ScriptedGrants([.granted(2, within: .seconds(1)), .exhausted(for: .seconds(17)), .granted(1, within: .seconds(1))])
    provider.grants = grants
    for number in 1...2 { _ = try await provider.send(HTTPRequest(url: ""), path: Self.path, for: "P\(number)") }
    for _ in 0..<2 { #expect(await refusal(provider, for: "P3")?.retryAfter == .seconds(17), "the second time without asking again") }
    world.time.advance(.seconds(17))
    _ = try await provider.send(HTTPRequest(url: ""), path: Self.path, for: "P3")
    #expect(grants.clients == Set(["https://provider.example/oauth2/token 23ABCD"]))
    #expect(world.transport.requests(to: Self.path).count == 3)
  }

  @Test("a portion grows while it is needed, and shrinks to what was used; a grant that is over is not used")
  func portions() {
    var budget = ClientBudget([RequestLimit(120_000, per: Self.minute, isAnnounced: false)])
    var now = Duration.zero, asked: [Int] = []
    for needed in [1000, 5000, 10] {
      for _ in 0..<needed {
        while case .ask(let count) = budget.take(now: now) {
          asked.append(count)
          budget.note(.granted(count, within: .seconds(1)), asked: now, now: now)
        }
      }
      now += .seconds(2)
    }
    #expect(asked.prefix(4) == [16, 32, 64, 128])
    #expect(asked.max() == 2000, "no more than its share of the shortest time")
    let most = asked.count
    for _ in 0..<3 {
      guard case .ask(let count) = budget.take(now: now) else { break }
      asked.append(count)
      budget.note(.granted(count, within: .seconds(1)), asked: now, now: now)
      #expect(budget.take(now: now) == .send)
      now += .seconds(2)
    }
    #expect(asked[most...].last == ClientBudget.firstPortion)
  }

  /// A provider that counts in the time before each request, which is stricter than any fixed windows.
  @Test("no minute has more requests than the limit, whenever they are made", arguments: 1...20 as ClosedRange<UInt64>)
  func neverExceeded(seed: UInt64) {
    let random = SeededRandomSource(seed: seed)
    let limit = 50 + Int(random.next() % 1000)
    var budget = ClientBudget([RequestLimit(limit, per: Self.minute, isAnnounced: false)])
    var now = Duration.zero, sent: [Duration] = []
    while now < .seconds(600) {
      switch budget.take(now: now) {
      case .send: sent.append(now)
      case .ask(let count): budget.grantHere(count, now: now)
      case .wait(let wait): now += wait
      }
      if random.next() % 8 == 0 { now += .milliseconds(Int64(random.next() % 400)) }
    }
    var first = 0
    for (index, moment) in sent.enumerated() {
      while sent[first] <= moment - Self.minute { first += 1 }
      #expect(index - first < limit)
    }
    #expect(sent.count > limit * 5, "the limit is made use of")
  }
}

/// Grants in the order given.
private final class ScriptedGrants: RequestGrants {
  private let state: Locked<(grants: [RequestGrant], clients: Set<String>)>
  init(_ grants: [RequestGrant]) { state = Locked((grants, [])) }
  var clients: Set<String> { state.withLock { $0.clients } }

  func grant(_ count: Int, to client: String, within limits: [RequestLimit]) async throws -> RequestGrant {
    state.withLock { state in
      state.clients.insert(client)
      return state.grants.isEmpty ? .exhausted(for: .seconds(1)) : state.grants.removeFirst()
    }
  }
}
