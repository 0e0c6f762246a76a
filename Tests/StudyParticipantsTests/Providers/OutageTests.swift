import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("A provider that is unreachable or refuses every participant stops the run, and no participant is marked")
struct OutageTests {
  private static func world(_ participants: Int, _ answer: @escaping AnsweringTransport.Answer) -> TokenWorld {
    let world = TokenWorld(answer)
    for number in 1...participants { world.participant("P\(number)", serial: number) }
    return world
  }

  @Test("out of reach from the start: the first participant's request stops the run within seconds", arguments: [1, 5, 40], [TransportError.Kind.unreachable, .tls])
  func neverReached(participants: Int, kind: TransportError.Kind) async throws {
    let world = Self.world(participants) { _, _ in throw TransportError(kind, "cannot connect to provider.example:443: Connection refused") }
    let provider = try world.provider()
    let start = world.time.monotonic
    for number in 1...participants {
      let stop = await failure { try await provider.authorize("P\(number)") } as? StopRun
      #expect(stop?.reason == .unavailable && stop?.cause == .connection)
      #expect(
        stop?.message
          == "Fitbit at https://provider.example/oauth2/token cannot be reached, for no participant: cannot connect to provider.example:443: Connection refused; check the address and the network"
      )
    }
    #expect(world.time.monotonic - start < .seconds(3))
    #expect(world.transport.requests.count == 3)
    try await provider.close()
    for number in 1...participants {
      let token = try world.file("P\(number)").token
      #expect(token.state == .live && token.asked == nil, "no token is put in doubt by a request that never left")
    }
  }

  @Test("lost in the middle: requests wait for one that probes, and the run stops within a minute; no request fails by itself")
  func lostInTheMiddle() async throws {
    let isDead = Locked(false)
    let world = Self.world(1) { request, _ in
      if request.url.hasSuffix("token") { return .json(200, Payload.tokens(access: "A", refresh: "R")) }
      if isDead.withLock({ $0 }) { throw TransportError(.unreachable, "refused") }
      return .json(200, "{}")
    }
    let provider = try world.provider()
    #expect(try await provider.send(HTTPRequest(url: ""), path: "/1", for: "P1").status == 200)
    isDead.withLock { $0 = true }
    let start = world.time.monotonic
    let requests = world.transport.requests.count
    await withTaskGroup(of: (any Error)?.self) { group in
      for _ in 1...50 {
        group.addTask { await failure { _ = try await provider.send(HTTPRequest(url: ""), path: "/2", for: "P1") } }
      }
      for await error in group { #expect((error as? StopRun)?.reason == .unavailable, "\(error.map { "\($0)" } ?? "answered")") }
    }
    #expect(world.time.monotonic - start < .seconds(60))
    #expect(world.transport.requests.count - requests < 70)
  }

  @Test("the provider recovers meanwhile: every waiting request is answered")
  func comesBack() async throws {
    let failures = Locked(0)
    let world = Self.world(1) { request, _ in
      if request.url.hasSuffix("token") { return .json(200, Payload.tokens(access: "A", refresh: "R")) }
      let isDown = request.url.hasSuffix("/2") && failures.withLock { count in
        count += 1
        return count <= 8
      }
      if isDown { throw TransportError(.unreachable, "refused") }
      return .json(200, "{}")
    }
    let provider = try world.provider()
    #expect(try await provider.send(HTTPRequest(url: ""), path: "/1", for: "P1").status == 200)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 1...20 { group.addTask { try await provider.send(HTTPRequest(url: ""), path: "/2", for: "P1").status } }
      for try await status in group { #expect(status == 200) }
    }
  }

  // MARK: Refusals

  /// Those of `refused` are refused, the others are served.
  private static func refusing(_ refused: Set<Int>, of participants: Int, status: Int, body: String) -> TokenWorld {
    world(participants) { request, _ in
      if request.url.hasSuffix("token") {
        let form = String(decoding: request.body ?? [], as: UTF8.self)
        let number = (1...participants).last { form.contains(RotatingTokens.refresh($0)) || form.contains("R\($0)-") } ?? 0
        return .json(200, Payload.tokens(access: "A\(number)-", refresh: "R\(number)-", user: "U\(number)"))
      }
      let bearer = request.headers["Authorization"] ?? ""
      return refused.contains { bearer.hasSuffix("A\($0)-") } ? .json(status, body) : .json(200, "{}")
    }
  }

  private static func send(_ world: TokenWorld, _ participants: Int) async throws -> [any Error] {
    let provider = try world.provider()
    for number in 1...participants { _ = try await provider.store.lease("P\(number)") }
    var errors: [any Error] = []
    await withTaskGroup(of: (any Error)?.self) { group in
      for number in 1...participants {
        group.addTask {
          await failure {
            let response = try await provider.send(HTTPRequest(url: ""), path: "/1/user/-/devices.json", for: "P\(number)")
            guard response.status != 200 else { return }
            let fault = provider.wire.judge(status: response.status, headers: response.headers, body: response.body)
            throw ProcessorError(fault.cause, fault.message)
          }
        }
      }
      for await error in group { if let error { errors.append(error) } }
    }
    return errors
  }

  @Test("a single refusal affects only its participant", arguments: [(403, 1), (401, 1), (403, 25)])
  func alone(status: Int, participants: Int) async throws {
    let world = Self.refusing([1], of: participants, status: status, body: "{}")
    let errors = try await Self.send(world, participants)
    #expect(errors.count == 1 && errors.first is ProcessorError)
  }
}
