import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


/// Fails every file system call of the token's way in turn, in every manner, and looks at what is left.
@Suite("No token is lost")
struct TokenCrashTests {
  private struct Scene {
    /// A process that dies with an answer on its way has lost it: that takes a provider who answers once more.
    let tokens = RotatingTokens(repeats: true)
    let world: TokenWorld
    /// Whether the process has yet to find out that the disk takes what is written.
    let isFirst: Bool
    init(isFirst: Bool = true) {
      self.isFirst = isFirst
      world = TokenWorld(tokens: tokens)
      world.participant()
    }
    /// The calls of one whole way, from taking to release.
    func run() async throws {
      let provider = try world.provider()
      provider.store.hasJournalled.withLock { $0 = !isFirst }
      do {
        try await provider.authorize("P1")
        try await provider.release("P1", previousSync: Instant(rfc3339: "2026-02-01T00:00:00Z"))
      } catch {
        _ = await failure { try await provider.close() }
        throw error
      }
      try await provider.close()
    }
  }

  private static func callCount(isFirst: Bool = true) async throws -> Int {
    let scene = Scene(isFirst: isFirst)
    scene.world.files.set(nil)
    try await scene.run()
    return scene.world.files.calls.count
  }

  @Test("after a crash at any call the file is complete, and the next run obtains a valid token", arguments: [true, false], [true, false])
  func crash(losesUnsynchronized: Bool, isFirst: Bool) async throws {
    let count = try await Self.callCount(isFirst: isFirst)
    #expect(count > 25)
    for call in 1...count {
      let scene = Scene(isFirst: isFirst)
      scene.world.files.set(.crash(call: call))
      #expect(await failure { try await scene.run() } != nil || call == count)
      var next = scene.world
      next.files = scene.world.files.afterCrash(losingUnsynchronized: losesUnsynchronized)
      let left = try next.file()
      #expect([RotatingTokens.refresh(1), RotatingTokens.refresh(2)].contains(left.token.refreshToken), "call \(call)")
      // Once a request has left, the disk says so: by the intent, or by the new pair. A power cut may take a later intent of the process,
      // and leaves the refresh token that it names.
      if scene.tokens.requests > 0, isFirst || !losesUnsynchronized, left.token.refreshToken == RotatingTokens.refresh(1) {
        #expect(left.token.asked != nil, "call \(call)")
      }
      let provider = try next.provider()
      try await provider.authorize("P1")
      try await provider.close()
      #expect(try next.file().token.refreshToken == RotatingTokens.refresh(scene.tokens.serial), "call \(call)")
      #expect(scene.tokens.serial == 2, "call \(call)")
      #expect(!next.files.paths().contains("batch/.P1.json.tmp"), "call \(call)")
    }
  }

  @Test("a call that fails once costs at most the participant's turn in this run, never the token", arguments: [true, false], [true, false])
  func failsOnce(late: Bool, isFirst: Bool) async throws {
    let count = try await Self.callCount(isFirst: isFirst)
    for call in 1...count {
      let scene = Scene(isFirst: isFirst)
      scene.world.files.set(late ? .lateFailure(call: call) : .failure(call: call))
      _ = await failure { try await scene.run() }
      scene.world.files.set(nil)
      try await scene.run()
      #expect(try scene.world.file().token.refreshToken == RotatingTokens.refresh(scene.tokens.serial), "call \(call)")
      #expect(scene.tokens.serial == 2, "call \(call)")
    }
  }

  @Test("where the disk does not take the first intent no request is sent, and the run stops with the reason", arguments: ["write", "fsync", "rename"])
  func unwritable(operation: String) async throws {
    let scene = Scene()
    scene.world.files.set(.always(operation))
    let stop = await failure { try await scene.run() } as? StopRun
    #expect(stop?.reason == .failed)
    #expect(stop?.cause == .disk)
    #expect(scene.tokens.requests == 0)
    #expect(try scene.world.file().token.refreshToken == RotatingTokens.refresh(1))
  }

  @Test("a pair that cannot be written is not used, is written as soon as possible, and needs no second request")
  func pairWaits() async throws {
    let tokens = RotatingTokens()
    let files = MemoryFileSystem()
    var world = TokenWorld { request, _ in
      let response = try tokens.answer(request)
      files.set(.always("rename"))
      return response
    }
    world.files = files
    world.participant()
    let provider = try world.provider()
    let stop = await failure { try await provider.authorize("P1") } as? StopRun
    #expect(stop?.cause == .disk)
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(1))
    #expect(await failure { try await provider.authorize("P1") } != nil)
    files.set(nil)
    try await provider.close()
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(2))
    #expect(tokens.requests == 1)
  }

  @Test("only the participant's own file ever contains a token")
  func onlyThere() async throws {
    let scene = Scene()
    try await scene.run()
    for path in scene.world.files.paths() where path != "batch/P1.json" {
      #expect(scene.world.files.text(path)?.contains("SECRET") == false)
    }
    #expect(scene.world.files.mode("batch/P1.json") == 0o600)
  }
}
