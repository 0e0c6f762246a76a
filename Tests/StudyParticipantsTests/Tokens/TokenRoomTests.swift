import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants

@Suite("No token is asked for unless there is room to keep it")
struct TokenRoomTests {
  @Test("on a full disk the old token stays, nothing is sent, and the message says how much is free; also after a run that was killed while it asked", arguments: [
    (0, false), (1 << 19, false), (1 << 20, true),
  ] as [(Int64, Bool)], [false, true])
  func full(_ room: (free: Int64, isAsked: Bool), isIntentOpen: Bool) async throws {
    let (free, isAsked) = room
    var world = TokenWorld(tokens: RotatingTokens())
    world.files = MemoryFileSystem(free: free)
    let digest = TokenRecord(refreshToken: RotatingTokens.refresh(1)).refreshTokenDigest
    world.participant("P1", isIntentOpen ? #", "token": {"refresh_token_sha256": "\#(digest)", "asked": "2026-08-16T11:59:00Z"}"# : "")
    let provider = try world.provider()
    let error = await failure { try await provider.authorize("P1") } as? StopRun
    #expect((error == nil) == isAsked, "\(error?.message ?? "")")
    #expect(world.transport.requests(to: "/oauth2/token").count == (isAsked ? 1 : 0))
    guard !isAsked else { return }
    #expect(error?.cause == .disk && error?.message.contains("\(free / 1024) KB are free") == true, "\(error?.message ?? "")")
    try await provider.close()
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(1))
    if isIntentOpen { #expect(try world.file().token.asked != nil, "the next run asks with the same token first") }
  }

  @Test("a disk that fills up while the provider answers takes no token: its room was reserved before it was asked for")
  func fillsUp() async throws {
    let files = MemoryFileSystem(), tokens = RotatingTokens()
    var world = TokenWorld { request, _ in
      files.fillUp()
      return try tokens.answer(request)
    }
    world.files = files
    world.participant("P1")
    let provider = try world.provider()
    try await provider.authorize("P1")
    #expect(throws: FileSystemError.self, "the disk is full") { try files.writeDurably([1], to: "batch/other") }
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(2))
  }

  @Test("room that was not used is given back: nothing is left beside the participant's file")
  func givenBack() async throws {
    var world = TokenWorld { _, _ in throw TransportError(.unreachable, "no route to host") }
    world.files = MemoryFileSystem()
    world.participant("P1")
    let provider = try world.provider()
    #expect(await failure { try await provider.authorize("P1") } != nil)
    try await provider.close()
    #expect(world.files.paths().filter { $0.contains(".tmp") } == [])
    #expect(world.files.openCount == 0)
  }
}
