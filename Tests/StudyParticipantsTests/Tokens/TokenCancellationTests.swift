import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("The response to a sent token request is kept even if its task is cancelled")
struct TokenCancellationTests {
  @Test("cancelled while the response is in transit: the pair is in the file, although every refresh token is valid once", arguments: [1, 3])
  func answered(callers: Int) async throws {
    let gate = Gate()
    let tokens = RotatingTokens()
    let world = TokenWorld { request, _ in
      let response = try tokens.answer(request)
      await gate.pass()
      // What a transport does when the task of its request is cancelled.
      if Task.isCancelled { throw TransportError(.cancelled, "cancelled") }
      return response
    }
    world.participant()
    let provider = try world.provider()
    _ = try await provider.store.lease("P1")
    let runs = (1...callers).map { _ in Task { try await provider.authorize("P1") } }
    await gate.waitForArrival()
    for run in runs { run.cancel() }
    for run in runs {
      let error = await failure { try await run.value }
      #expect(error is CancellationError, "the caller does not wait, and says nothing of the token")
    }
    async let closed: Void = provider.close()
    gate.open()
    try await closed
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(2))
    #expect(try world.file().token.asked == nil)
    try await world.provider().authorize("P1")
    #expect(tokens.requests == 1)
  }

  @Test("a task cancelled before its request sends nothing")
  func before() async throws {
    let world = TokenWorld(tokens: RotatingTokens())
    world.participant()
    let provider = try world.provider()
    let gate = Gate()
    let run = Task {
      await gate.pass()
      try await provider.authorize("P1")
    }
    await gate.waitForArrival()
    run.cancel()
    gate.open()
    #expect(await failure { try await run.value } != nil)
    try await provider.close()
    #expect(world.transport.requests.isEmpty)
  }

  @Test("a wait before the next attempt ends when no task waits for it any more")
  func waits() async throws {
    let flights = SingleFlight<Int>(time: DispatchTimeSource(), executor: DispatchExecutor())
    let gate = Gate()
    let run = Task {
      try await flights.run("P1") { interruption in
        await gate.pass()
        await interruption.sleep(for: .seconds(3600))
        return 1
      }
    }
    await gate.waitForArrival()
    gate.open()
    run.cancel()
    #expect(await failure { _ = try await run.value } is CancellationError)
    await flights.idle()
    #expect(flights.count == 0)
  }
}
