import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants

@Suite("Participant files written as a group")
struct WriteGroupTests {
  /// A lane whose bodies wait, in order, until a number of them has come.
  private final class CrowdedLane: Lane {
    private let waiting = Locked<[@Sendable () -> Void]>([])
    private let wanted = Locked(0)

    func wait(for count: Int) { wanted.withLock { $0 = count } }

    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
      try await withCheckedThrowingContinuation { continuation in
        let ready = waiting.withLock { waiting -> [@Sendable () -> Void] in
          waiting.append { continuation.resume(with: Swift.Result { try body() }) }
          guard waiting.count >= wanted.withLock({ $0 }) else { return [] }
          defer { waiting = [] }
          return waiting
        }
        for body in ready { body() }
      }
    }
  }

  private static let sync = Instant(seconds: 1_790_000_000)
  private static func names(_ count: Int) -> [String] { (1...count).map { "P\($0)" } }

  private func world(_ count: Int) -> TokenWorld {
    let world = TokenWorld { _, _ in .json(200, "{}") }
    for name in Self.names(count) { world.participant(name) }
    return world
  }

  private func store(_ world: TokenWorld, _ lane: CrowdedLane) -> ParticipantStore {
    ParticipantStore(path: "batch", filter: .init(isSimulated: false, oauthType: "fitbit"), environment: world.environment { _ in lane })
  }

  /// Releases all at once; the errors by participant.
  private func release(_ names: [String], _ store: ParticipantStore, _ lane: CrowdedLane) async -> [String: any Error] {
    lane.wait(for: names.count)
    defer { lane.wait(for: 0) }
    return await withTaskGroup(of: (String, (any Error)?).self) { group in
      for name in names {
        group.addTask { (name, await failure { try await store.release(name, previousSync: Self.sync) }) }
      }
      return await group.reduce(into: [:]) { errors, result in errors[result.0] = result.1 }
    }
  }

  @Test("those that wait share one fsync of the folder; no name changes before the data of its file are durable")
  func shared() async throws {
    let world = world(5), lane = CrowdedLane()
    let store = store(world, lane)
    for name in Self.names(5) { _ = try await store.lease(name) }
    world.files.set(nil)
    #expect(await release(Self.names(5), store, lane).isEmpty)
    let calls = world.files.calls
    #expect(calls.count { $0 == "fsync batch" } == 1)
    #expect(calls.count { $0.hasPrefix("fsync batch/.P") } == 5)
    for name in Self.names(5) {
      let fsync = try #require(calls.firstIndex(of: "fsync batch/.\(name).json.tmp")), rename = try #require(calls.firstIndex(of: "rename batch/\(name).json"))
      #expect(fsync < rename)
      #expect(try world.file(name).previousSync == Self.sync)
      #expect(store.held(name) == nil)
    }
    #expect(calls.last { !$0.hasPrefix("unlock") } == "fsync batch")
    #expect(world.files.openCount == 1, "the lock file alone is open")
    try await store.close()
  }

  @Test("a large crowd is written in groups, none with more files than there are descriptors for it")
  func many() async throws {
    let count = 40
    let world = world(count), lane = CrowdedLane()
    let store = store(world, lane)
    for name in Self.names(count) { _ = try await store.lease(name) }
    world.files.set(nil)
    #expect(await release(Self.names(count), store, lane).isEmpty)
    #expect(world.files.calls.count { $0 == "fsync batch" } == 3)
    for name in Self.names(count) { #expect(try world.file(name).previousSync == Self.sync) }
    try await store.close()
  }

  @Test("one that fails fails alone, stays held, and is written when the store is closed", arguments: ["open", "write", "fsync", "rename"])
  func alone(_ operation: String) async throws {
    let world = world(3), lane = CrowdedLane()
    let store = store(world, lane)
    for name in Self.names(3) { _ = try await store.lease(name) }
    world.files.set(nil)
    // The number of the call in a run without a fault.
    #expect(await release(Self.names(3), store, lane).isEmpty)
    let path = operation == "rename" ? "batch/P2.json" : "batch/.P2.json.tmp"
    let call = try #require(world.files.calls.firstIndex(of: "\(operation) \(path)")) + 1
    let order = world.files.calls.filter { $0.hasPrefix("rename") }

    let next = self.world(3)
    let other = self.store(next, lane)
    for name in Self.names(3) { _ = try await other.lease(name) }
    next.files.set(.failure(call: call))
    let errors = await release(Self.names(3), other, lane)
    // The tasks come in any order, and so do their files.
    let failed = try #require(errors.keys.first)
    #expect(errors.count == 1 && order.count == 3)
    for name in Self.names(3) {
      #expect(try (next.file(name).previousSync == Self.sync) == (name != failed), "\(name)")
      #expect((other.held(name) != nil) == (name == failed), "\(name)")
    }
    next.files.set(nil)
    try await other.release(failed, previousSync: Self.sync)
    #expect(try next.file(failed).previousSync == Self.sync)
    try await other.close()
    try await store.close()
  }

  @Test("a folder that cannot be synchronised fails all of them: each file is the old or the new one")
  func folder() async throws {
    let world = world(2), lane = CrowdedLane()
    let store = store(world, lane)
    for name in Self.names(2) { _ = try await store.lease(name) }
    let folder = store.folder
    let replacements = Self.names(2).compactMap { store.held($0)?.file }.map { file -> ParticipantFolder.Replacement in
      var file = file
      file.previousSync = Self.sync
      return ParticipantFolder.Replacement(file: file)
    }
    world.files.set(nil)
    _ = folder.replace(replacements)
    let call = try #require(world.files.calls.firstIndex(of: "fsync batch")) + 1
    world.files.set(.failure(call: call))
    #expect(folder.replace(replacements).allSatisfy { if case .failure = $0 { true } else { false } })
    for name in Self.names(2) { #expect(try world.file(name).previousSync == Self.sync) }
    world.files.set(nil)
    try await store.close()
  }

  @Test("two orders for one participant are written one after the other, and both are in the file")
  func same() async throws {
    let world = world(1), lane = CrowdedLane()
    let store = store(world, lane)
    _ = try await store.lease("P1")
    lane.wait(for: 2)
    async let first: Void = store.write("P1") { $0.zone = "Europe/Berlin" }
    async let second: Void = store.write("P1") { $0.token.asked = Self.sync }
    _ = try await (first, second)
    lane.wait(for: 0)
    let file = try world.file()
    #expect(file.zone == "Europe/Berlin" && file.token.asked == Self.sync)
    try await store.close()
  }
}
