import FlowCore
import FlowTesting
import StudyModel
import StudyTesting
import Testing

@testable import StudyParticipants

/// Hosts whose batch folders are the same and whose locks do not reach each other: one store in memory leases the
/// participants. The clock of the leases stands still unless a test moves it.
@Suite("Participants leased among hosts")
struct ParticipantLeaseTests {
  private struct Host {
    let world: TokenWorld
    let provider: OAuthProvider
    let store: MemoryStore
  }
  private let medium = MemoryStore.Medium()
  private let clock = ManualTime()

  /// - Parameter files: the batch folder; a store of its own locks each.
  private func host(_ name: String, _ world: TokenWorld, batch: String = "shared") async throws -> Host {
    let store = MemoryStore(
      on: medium,
      leasing: MemoryLeasing(party: LeaseParty(run: "run-\(name)", host: name, batchID: batch, batch: "\(batch):/batch"), clock: clock, heartbeat: clock))
    try await store.prepare()
    let provider = try world.provider()
    provider.store.leases = store.leases
    return Host(world: world, provider: provider, store: store)
  }

  private func world(_ tokens: RotatingTokens = RotatingTokens()) -> TokenWorld {
    let world = TokenWorld(tokens: tokens)
    world.participant()
    return world
  }

  @Test("the lock comes first, then the lease, then the file is read; all are given back")
  func order() async throws {
    let world = world()
    let host = try await host("a", world)
    world.files.set(.always("read"))
    // A participant whose file cannot be read is given back.
    await #expect(throws: (any Error).self) { _ = try await host.provider.lease("P1") }
    world.files.set(nil)
    let other = try await self.host("b", self.world())
    guard case .leased = try await other.provider.lease("P1") else { Issue.record("the lease was kept"); return }
    guard case .leasedElsewhere(let holder, _) = try await host.provider.lease("P1") else { Issue.record("two have it"); return }
    #expect(holder == "run run-b on b")
    #expect(!world.files.calls.suffix(3).contains { $0.hasPrefix("read") }, "the file of a participant that another has is not read")
    try await other.provider.release("P1", previousSync: nil)
    guard case .leased = try await host.provider.lease("P1") else { Issue.record("it was not given back"); return }
    try await host.provider.close()
    guard case .leased = try await other.provider.lease("P1") else { Issue.record("not given back at the end"); return }
    try await other.provider.close()
  }

  @Test("the tokens that another host has rotated are read after the lease was taken")
  func readsAfter() async throws {
    let tokens = RotatingTokens()
    let world = world(tokens)
    let (a, b) = (try await host("a", world), try await host("b", world))
    try await a.provider.authorize("P1")
    try await a.provider.release("P1", previousSync: nil)
    try await b.provider.authorize("P1")
    #expect(tokens.requests == 1 && tokens.serial == 2)
    try await b.provider.close()
  }

  enum Loss: String, CaseIterable, Sendable { case takenOver, ranOut, takenOverAndGivenBack }

  @Test("who has lost the lease spends no refresh token and leaves the file alone", arguments: Loss.allCases)
  func lost(_ loss: Loss) async throws {
    let tokens = RotatingTokens()
    let world = world(tokens)
    let a = try await host("a", world)
    guard case .leased = try await a.provider.lease("P1") else { Issue.record(); return }
    // Host a is paused, so that nothing of it renews the lease.
    medium.endLeaseTerms()
    let b = try await host("b", self.world())
    if loss != .ranOut { #expect(try await b.store.leases?.acquire("P1") == .acquired) }
    if loss == .takenOverAndGivenBack { try await b.store.leases?.release(["P1"]) }
    world.participant("P1", serial: 1, #", "note": "of host b""#)
    let before = world.files.text("batch/P1.json")
    let error = await failure { try await a.provider.authorize("P1") } as? ProcessorError
    #expect(error?.failure.isLeftToOthers == true && error?.failure.message.contains("participant P1") == true)
    if loss == .takenOver { #expect(error?.failure.message.contains("run run-b on b") == true) }
    #expect(tokens.requests == 0)
    // Once lost, it stays lost: also for requests that need no new token.
    let again = await failure { _ = try await a.provider.snapshot(of: "P1") } as? ProcessorError
    #expect(again?.failure.isLeftToOthers == true)
    try await a.provider.release("P1", previousSync: Instant(seconds: 1_790_000_000))
    #expect(world.files.text("batch/P1.json") == before)
    #expect(world.files.text("batch/.P1.json.asked") == nil)
    try await a.provider.close()
    try await b.provider.close()
  }

  @Test("a lease that is lost while a lost answer is waited for spends the token no more")
  func lostBetweenRequests() async throws {
    let tokens = RotatingTokens(repeats: true, lost: [1])
    let medium = medium
    var world = TokenWorld { _, _ in .json(200, "{}") }
    world.transport = AnsweringTransport { request, _ in
      // After the first request another host takes over.
      defer { medium.endLeaseTerms() }
      return try tokens.answer(request)
    }
    world.participant()
    let a = try await host("a", world)
    let error = await failure { try await a.provider.authorize("P1") } as? ProcessorError
    #expect(error?.failure.isLeftToOthers == true && tokens.requests == 1)
    // The next holder begins with the open intent, as after a crash.
    #expect(try world.file().token.asked != nil)
    try await a.provider.close()
    let b = try await host("b", world)
    try await b.provider.authorize("P1")
    #expect(tokens.requests == 2 && tokens.serial == 2)
    try await b.provider.close()
  }

  @Test("new tokens that came while the lease was lost are kept all the same: nobody else has them")
  func answerAfterLoss() async throws {
    let tokens = RotatingTokens()
    let medium = medium
    var world = TokenWorld { _, _ in .json(200, "{}") }
    world.transport = AnsweringTransport { request, _ in
      medium.endLeaseTerms()
      return try tokens.answer(request)
    }
    world.participant()
    let a = try await host("a", world)
    try await a.provider.authorize("P1")
    try await a.provider.release("P1", previousSync: nil)
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(2))
    try await a.provider.close()
  }

  @Test("a request that a paused host sends late, with a token that another has used up, is no refusal of the consent")
  func refusedAfterLoss() async throws {
    let medium = medium
    var world = TokenWorld { _, _ in .json(200, "{}") }
    world.transport = AnsweringTransport { _, _ in
      medium.endLeaseTerms()
      return .json(400, Payload.invalidGrant)
    }
    world.participant()
    let a = try await host("a", world)
    let error = await failure { try await a.provider.authorize("P1") } as? ProcessorError
    #expect(error?.failure.isLeftToOthers == true)
    try await a.provider.close()
    #expect(try world.file().token.refusals.isEmpty)
  }

  @Test("a participant of another batch needs a person, who is told which batch has it")
  func elsewhere() async throws {
    let a = try await host("a", world(), batch: "of-a")
    guard case .leased = try await a.provider.lease("P1") else { Issue.record(); return }
    try await a.provider.close()
    let b = try await host("b", world(), batch: "of-b")
    let error = await failure { _ = try await b.provider.lease("P1") } as? ProcessorError
    #expect(error?.failure.cause == .badParticipantFile && error?.failure.message.contains("of-a:/batch") == true)
    #expect(b.world.files.calls.filter { $0.hasPrefix("unlock") }.count == 1)
  }

  @Test("commands leave a participant alone that another host has, and give back what they take")
  func commands() async throws {
    let (a, b) = (try await host("a", world()), try await host("b", world()))
    #expect(try await a.provider.store.reserve("P1"))
    #expect(try await !b.provider.store.reserve("P1"))
    guard case .heldByAnotherRun = try await b.provider.store.change("P1", { $0.collection = .paused }) else { Issue.record(); return }
    // A command that reserves and then changes keeps the lease until the end of the reservation.
    guard case .done = try await a.provider.store.change("P1", { $0.collection = .paused }) else { Issue.record(); return }
    #expect(try await a.provider.store.isStillReserved("P1"))
    #expect(try await !b.provider.store.reserve("P1"))
    try await a.provider.store.endReservation("P1")
    guard case .done = try await b.provider.store.change("P1", { $0.collection = .paused }) else { Issue.record(); return }
    #expect(try await a.provider.store.reserve("P1"))
  }

  @Test("a lease that cannot be given back ends by itself: a line in the log, and no failure")
  func cannotGiveBack() async throws {
    let host = try await host("a", world())
    guard case .leased = try await host.provider.lease("P1") else { Issue.record(); return }
    try await host.store.close()
    try await host.provider.close()
    #expect(host.world.lines.withLock { $0 }.contains { $0.contains("a lease was not given back") })
  }
}

@Suite("The id of a batch folder")
struct BatchIDTests {
  @Test("it is made once, and is the same for whoever asks")
  func once() async throws {
    let world = TokenWorld { _, _ in .json(200, "{}") }
    world.participant()
    let stores = (0..<4).map { _ in
      ParticipantStore(path: "batch", filter: .init(isSimulated: false, oauthType: "fitbit"), environment: world.environment)
    }
    let identifiers = try await withThrowingTaskGroup(of: String.self) { group in
      for store in stores { group.addTask { try await store.batchID() } }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(identifiers.count == 1 && identifiers.first == world.files.text("batch/.batch"))
    #expect(try await stores[0].list().map(\.name) == ["P1"])
  }
}
