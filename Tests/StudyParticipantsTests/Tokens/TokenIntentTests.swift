import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants

@Suite("The intent to ask for a token")
struct TokenIntentTests {
  private static let asked = Instant(seconds: 1_786_000_000)

  private func store(_ world: TokenWorld) -> ParticipantStore {
    ParticipantStore(path: "batch", filter: .init(isSimulated: false, oauthType: "fitbit"), environment: world.environment)
  }
  private func world() -> TokenWorld {
    let world = TokenWorld { _, _ in .json(200, "{}") }
    world.participant()
    return world
  }
  private static func record(_ change: (inout TokenRecord) -> Void = { _ in }) -> TokenRecord {
    var record = TokenRecord(refreshToken: "REFRESH-SECRET")
    record.refreshed = Instant(seconds: 1_785_000_000)
    change(&record)
    return record
  }

  @Test("it names the refresh token by digest and is void for another token or after a later response")
  func void() throws {
    let intent = TokenIntent(Self.record(), asked: Self.asked)
    #expect(TokenIntent(parsing: intent.bytes) == intent)
    #expect(!String(decoding: intent.bytes, as: UTF8.self).contains("SECRET"))
    #expect(intent.isOpen(for: Self.record()))
    #expect(!intent.isOpen(for: Self.record { $0.refreshToken = "OTHER" }))
    #expect(!intent.isOpen(for: Self.record { $0.refreshed = Self.asked }))
    // A token that a person supplied has no response; it is asked for again only under the same conditions.
    let first = TokenIntent(Self.record { $0.refreshed = nil }, asked: Self.asked)
    #expect(TokenIntent(parsing: first.bytes)?.isOpen(for: Self.record { $0.refreshed = nil }) == true)
    #expect(!first.isOpen(for: Self.record()))
  }

  @Test("any part of it, as a killed writer leaves, is none")
  func torn() {
    let bytes = TokenIntent(Self.record(), asked: Self.asked).bytes
    // Without the final line feed it is complete.
    for count in 0..<bytes.count - 1 { #expect(TokenIntent(parsing: Array(bytes.prefix(count))) == nil, "\(count) bytes") }
    #expect(TokenIntent(parsing: [UInt8](repeating: 0, count: bytes.count)) == nil)
  }

  @Test("only the first of a process is durable; a participant costs four fsyncs for its token and its release")
  func cost() async throws {
    let tokens = RotatingTokens()
    let world = TokenWorld(tokens: tokens)
    world.participant()
    let provider = try world.provider()
    provider.store.hasJournalled.withLock { $0 = true }
    world.files.set(nil)
    try await provider.authorize("P1")
    try await provider.release("P1", previousSync: Instant(rfc3339: "2026-02-01T00:00:00Z"))
    let durable = world.files.calls.filter { $0.hasPrefix("fsync") }
    #expect(durable == ["fsync batch/.P1.json.room-run-1", "fsync batch", "fsync batch/.P1.json.tmp", "fsync batch"])
    #expect(world.files.paths() == ["batch", "batch/.lock", "batch/P1.json"])
    try await provider.close()
  }

  @Test("an open one counts for the next run, for the list of tokens and for a change, which takes it into the file")
  func open() async throws {
    let world = world()
    let before = try world.file()
    let intent = TokenIntent(before.token, asked: Self.asked)
    world.files.put("batch/.P1.json.asked", String(decoding: intent.bytes, as: UTF8.self))
    let store = store(world)
    #expect(try await store.statuses().map(\.tokenState) == [.inDoubt])
    _ = try await store.lease("P1")
    #expect(store.held("P1")?.file.token.asked == Self.asked)
    #expect(world.files.text("batch/.P1.json.asked") != nil)
    // What is let go with a request without an answer says so durably.
    try await store.release("P1", previousSync: nil)
    #expect(world.files.text("batch/.P1.json.asked") == nil)
    #expect(world.files.text("batch/P1.json")?.contains(Self.asked.text) == true)

    world.participant()
    world.files.put("batch/.P1.json.asked", String(decoding: intent.bytes, as: UTF8.self))
    _ = try await store.change("P1") { $0.collection = .paused }
    #expect(world.files.text("batch/.P1.json.asked") == nil)
    #expect(try world.file().token.asked == Self.asked)
  }

  @Test("a void or torn one is removed when the participant is taken up", arguments: [true, false])
  func tidied(isTorn: Bool) async throws {
    let world = world()
    let intent = TokenIntent(TokenRecord(refreshToken: "EARLIER"), asked: Self.asked)
    world.files.put("batch/.P1.json.asked", isTorn ? "" : String(decoding: intent.bytes, as: UTF8.self))
    let store = store(world)
    #expect(try await store.statuses().map(\.tokenState) == [.live])
    _ = try await store.lease("P1")
    #expect(store.held("P1")?.file.token.asked == nil)
    #expect(world.files.text("batch/.P1.json.asked") == nil)
    try await store.close()
  }

  @Test("the member of earlier versions still counts")
  func earlier() async throws {
    let world = world()
    let store = store(world)
    _ = try await store.lease("P1")
    try await store.write("P1") { $0.token.asked = Self.asked }
    try await store.close()
    #expect(world.files.text("batch/P1.json")?.contains(Self.asked.text) == true)
    let next = self.store(world)
    _ = try await next.lease("P1")
    #expect(next.held("P1")?.file.token.asked == Self.asked)
    try await next.close()
  }

  @Test("a person's new refresh token is noticed before the old one is used")
  func edited() async throws {
    let world = TokenWorld(tokens: RotatingTokens())
    world.participant()
    let provider = try world.provider()
    provider.store.hasJournalled.withLock { $0 = true }
    _ = try await provider.store.lease("P1")
    world.participant("P1", serial: 77)
    #expect(await failure { try await provider.authorize("P1") } != nil)
    let bodies = world.transport.requests(to: "/oauth2/token").map { String(decoding: $0.body ?? [], as: UTF8.self) }
    #expect(bodies.allSatisfy { $0.contains(RotatingTokens.refresh(77)) } && !bodies.isEmpty)
    try await provider.close()
  }

  @Test("if it cannot be removed, the run goes on and the next one removes it")
  func stuck() async throws {
    let world = TokenWorld(tokens: RotatingTokens())
    world.participant()
    let provider = try world.provider()
    world.files.set(.always("remove"))
    try await provider.authorize("P1")
    try await provider.release("P1", previousSync: Instant(rfc3339: "2026-02-01T00:00:00Z"))
    try await provider.close()
    world.files.set(nil)
    #expect(world.files.text("batch/.P1.json.asked") != nil)
    #expect(try world.file().token.asked == nil)
    let next = store(world)
    _ = try await next.lease("P1")
    #expect(world.files.text("batch/.P1.json.asked") == nil)
    try await next.close()
  }
}
