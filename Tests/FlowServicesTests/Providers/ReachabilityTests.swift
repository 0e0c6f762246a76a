import FlowCore
import Testing

@testable import FlowServices

@Suite("A provider that answers nobody")
struct ReachabilityTests {
  private static func world(_ participants: Int, _ kind: TransportError.Kind = .unreachable) -> TokenWorld {
    let world = TokenWorld { _, _ in throw TransportError(kind, "cannot connect to provider.example:443: Connection refused") }
    for number in 1...participants { world.participant("P\(number)") }
    return world
  }

  @Test("one participant of several has bad luck; when enough have tried in vain, the run stops within seconds", arguments: [1, 3, 5, 40])
  func stops(participants: Int) async throws {
    let world = Self.world(participants)
    let provider = try world.provider()
    for number in 1...participants { _ = try await provider.store.take("P\(number)") }
    let start = world.time.monotonic
    for number in 1..<min(5, participants) {
      let error = await failure { try await provider.authorize("P\(number)") } as? ProcessorError
      #expect(error?.failure.cause == .connection)
    }
    let stop = await failure { try await provider.authorize("P\(min(5, participants))") } as? StopRun
    #expect(stop?.reason == .unavailable)
    #expect(stop?.cause == .connection)
    #expect(
      stop?.message
        == "Fitbit at https://provider.example cannot be reached, for no participant: cannot connect to provider.example:443: Connection refused; is the address right, and is there a network?"
    )
    #expect(world.time.monotonic - start < .seconds(10))
  }

  @Test("no token is put in doubt by a request that never left", arguments: [TransportError.Kind.unreachable, .tls])
  func noDoubt(_ kind: TransportError.Kind) async throws {
    let world = Self.world(2, kind)
    let provider = try world.provider()
    _ = try await provider.store.take("P2")
    #expect(await failure { try await provider.authorize("P1") } != nil)
    try await provider.close()
    let token = try world.file().token
    #expect(token.state == .live && token.asked == nil)
  }

  @Test("once anybody was answered, a lost connection is one participant's, and is tried three times")
  func oneParticipant() async throws {
    let tokens = RotatingTokens()
    let world = TokenWorld(tokens: tokens) { request, _ in
      if request.url.hasSuffix("devices.json") { throw TransportError(.unreachable, "refused") }
      return .json(200, "{}")
    }
    world.participant("P1")
    let provider = try world.provider()
    try await provider.authorize("P1")
    for _ in 1...8 {
      let error = await failure { _ = try await provider.send(HTTPRequest(url: ""), path: "/devices.json", for: "P1") }
      #expect((error as? TransportError)?.kind == .unreachable)
    }
    #expect(world.transport.requests(to: "devices.json").count == 24)
  }
}
