import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("A refused refresh token is refused for that endpoint and client only")
struct TokenRefusalTests {
  private static let names = (1...10).map { "P\($0)" }

  /// A batch whose tokens the provider takes, and another server that refuses everybody's.
  private static func batch(_ count: Int, live: Set<String> = []) -> (world: TokenWorld, asked: Locked<Int>) {
    let asked = Locked(0)
    var world = TokenWorld { request, _ in
      let body = String(decoding: request.body ?? [], as: UTF8.self)
      guard request.url.hasSuffix("/oauth2/token") else {
        return request.url.contains("elsewhere") ? .json(401, Payload.expiredToken) : .json(200, "{}")
      }
      if request.url.contains("elsewhere") || body.contains("REVOKED") {
        asked.withLock { $0 += 1 }
        return .json(400, Payload.invalidGrant)
      }
      // Everybody has an account and a token of his own.
      let form = body.split(separator: "&").first { $0.hasPrefix("refresh_token=") } ?? ""
      let name = form.split(separator: "-").last.map(String.init) ?? "P1"
      return .json(200, Payload.tokens(access: "ACCESS-SECRET-2", refresh: "REFRESH-SECRET-2-\(name)", user: "ACCOUNT-\(name)"))
    }
    // Nobody's verdict comes because the others took too long.
    world.time = LeapingTime(leaps: false)
    for name in names.prefix(count) { world.files.put("batch/\(name).json", TokenWorld.file(name, refresh: "REFRESH-SECRET-1-\(name)")) }
    return (world, asked)
  }

  /// Takes all, as a run does, then asks for everybody's token at once. What each threw, by name.
  private func run(_ provider: OAuthProvider, _ participants: some Collection<String>) async throws -> [String: any Error] {
    for name in participants { _ = try await provider.store.lease(name) }
    let errors = await ask(provider, participants)
    try await provider.close()
    return errors
  }

  private func ask(_ provider: OAuthProvider, _ participants: some Collection<String>) async -> [String: any Error] {
    await withTaskGroup(of: (String, (any Error)?).self) { group in
      for name in participants { group.addTask { (name, await failure { try await provider.authorize(name) }) } }
      return await group.reduce(into: [String: any Error]()) { $0[$1.0] = $1.1 }
    }
  }

  @Test("a refused batch stops the run before any participant is marked, and every token is unchanged for the right provider")
  func wrongServer() async throws {
    let (world, _) = Self.batch(10)
    let errors = try await run(try world.provider(at: "https://elsewhere.example"), Self.names)
    #expect(errors.count == 10)
    for error in errors.values {
      let stop = error as? StopRun
      #expect(stop?.reason == .unavailable && stop?.cause == .clientRefused, "\(error)")
      #expect(stop?.message.contains("https://elsewhere.example/oauth2/token") == true && stop?.message.contains("SECRET") == false)
    }
    for name in Self.names {
      let token = try world.file(name).token
      #expect(token.state == .live && token.asked == nil && token.refusals.isEmpty, "\(name)")
    }
    #expect(try await run(try world.provider(), Self.names).isEmpty)
  }

  @Test("once it is known that nobody is served, nobody else's token is sent")
  func notSent() async throws {
    let (world, asked) = Self.batch(10)
    let provider = try world.provider(at: "https://elsewhere.example")
    for name in Self.names { _ = try await provider.store.lease(name) }
    // As many as decide it, with no other request under way.
    #expect(await ask(provider, Self.names.prefix(FirstRefusals.limit)).values.allSatisfy { $0 is StopRun })
    #expect(asked.withLock { $0 } == FirstRefusals.limit)
    let others = await ask(provider, Self.names.dropFirst(FirstRefusals.limit))
    #expect(others.count == 10 - FirstRefusals.limit && others.values.allSatisfy { $0 is StopRun })
    #expect(asked.withLock { $0 } == FirstRefusals.limit)
    try await provider.close()
  }

  @Test("a batch smaller than the number of first refusals is marked, for that endpoint and client only", arguments: [1, 3])
  func smallBatch(count: Int) async throws {
    let (world, asked) = Self.batch(count)
    let names = Self.names.prefix(count)
    for _ in 1...2 {
      let errors = try await run(try world.provider(at: "https://elsewhere.example"), names)
      #expect(errors.values.allSatisfy { ($0 as? ProcessorError)?.failure.cause == .needsConsent }, "\(errors)")
      #expect(errors.count == count)
    }
    #expect(asked.withLock { $0 } == count, "each was asked once")
    let file = try world.file("P1")
    #expect(file.token.refusals.map(\.asker) == [TokenAsker(endpoint: "https://elsewhere.example/oauth2/token", client: "23ABCD")])
    #expect(world.files.text("batch/P1.json")?.contains(#""token_url": "https://elsewhere.example/oauth2/token""#) == true)
    #expect(try await run(try world.provider(), names).isEmpty, "the right provider asks by itself")
    #expect(try world.file("P1").token.state == .live)
  }

  @Test("one served participant shows that the refusals of the others are genuine, in any order of responses")
  func someServed() async throws {
    let (world, _) = Self.batch(8)
    for name in ["P1", "P2", "P3"] {
      world.files.put("batch/\(name).json", TokenWorld.file(name, refresh: "REVOKED-\(name)"))
    }
    let errors = try await run(try world.provider(), Self.names.prefix(8))
    #expect(errors.keys.sorted() == ["P1", "P2", "P3"])
    for name in ["P1", "P2", "P3"] { #expect(try world.file(name).token.state == .needsConsent) }
  }

  @Test("a valid access token is used regardless of the state of the refresh token", arguments: [true, false])
  func liveAccessToken(isFromBefore: Bool) async throws {
    let (world, asked) = Self.batch(1)
    _ = try await run(try world.provider(), ["P1"])
    // Refused since: noted with endpoint and client, or as the version before noted it.
    let store = try world.provider().store
    _ = try await store.change("P1") { file in
      if isFromBefore { file.token.become(.needsConsent, at: Instant(seconds: 1)) } else { file.token.refuse(to: store.asker!, at: Instant(seconds: 1)) }
    }
    let provider = try world.provider()
    #expect(try await provider.send(HTTPRequest(url: ""), path: "/x", for: "P1").status == 200)
    #expect(asked.withLock { $0 } == 0)
    #expect(world.lines.withLock { $0.count { $0.contains("the refresh token is refused") } } == 1)
    try await provider.close()
    world.time.advance(.seconds(9 * 3600))
    let error = await failure { try await (try world.provider()).authorize("P1") } as? ProcessorError
    #expect(error?.failure.cause == .needsConsent, "once it has ended there is nothing left")
    #expect(error?.description.contains("https://provider.example/oauth2/token for client 23ABCD") == true)
  }

  @Test("retry makes the next run send a refused token once more, and only a refused one")
  func retry() async throws {
    let (world, asked) = Self.batch(2)
    world.files.put("batch/P1.json", TokenWorld.file("P1", refresh: "REVOKED-1"))
    world.files.put("batch/P3.json", #"{"participant":"P3","previous_sync":"2026-01-05T00:00:00Z","token":{"state":"needs_consent"}}"#)
    func refused() async throws -> Bool { try await run(try world.provider(), ["P1"])["P1"] != nil }
    #expect(try await refused())
    let store = try world.provider().store
    #expect(try await store.statuses().map(\.tokenState) == [.needsConsent, .live, .needsConsent])
    #expect(try await store.retryToken(of: "P1") == .retried)
    #expect(try await store.retryToken(of: "P2") == .notRefused)
    #expect(try await store.retryToken(of: "P3") == .noToken)
    #expect(try await store.statuses().map(\.tokenState) == [.live, .live, .needsConsent])
    #expect(try await refused())
    #expect(asked.withLock { $0 } == 2)
    #expect(try await refused())
    #expect(asked.withLock { $0 } == 2, "asked once more, not again and again")
  }

  @Test("a refusal noted by an earlier version counts everywhere until it is retried")
  func earlierVersion() async throws {
    let world = TokenWorld(tokens: RotatingTokens())
    world.participant()
    let digest = TokenRecord.digest(RotatingTokens.refresh(1))
    world.participant("P1", #", "token": {"state": "needs_consent", "refresh_token_sha256": "\#(digest)"}"#)
    let errors = try await run(try world.provider(), ["P1"])
    #expect((errors["P1"] as? ProcessorError)?.failure.cause == .needsConsent)
    #expect(world.transport.requests.isEmpty)
    #expect(try await (try world.provider(at: "https://other.example")).store.retryToken(of: "P1") == .retried)
    try await (try world.provider()).authorize("P1")
    #expect(try world.file().token.state == .live)
  }
}
