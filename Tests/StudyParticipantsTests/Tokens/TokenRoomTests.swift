import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants

@Suite("No token is asked for unless there is room to keep it")
struct TokenRoomTests {
  @Test("on a full disk the old token stays, nothing is sent, and the message says how much is free", arguments: [
    (0, false), (1 << 19, false), (1 << 20, true),
  ] as [(Int64, Bool)])
  func full(free: Int64, isAsked: Bool) async throws {
    var world = TokenWorld(tokens: RotatingTokens())
    world.files = MemoryFileSystem(free: free)
    world.participant()
    let provider = try world.provider()
    let error = await failure { try await provider.authorize("P1") } as? StopRun
    #expect((error == nil) == isAsked, "\(error?.message ?? "")")
    #expect(world.transport.requests(to: "/oauth2/token").count == (isAsked ? 1 : 0))
    guard !isAsked else { return }
    #expect(error?.cause == .disk && error?.message.contains("\(free / 1024) KB are free") == true, "\(error?.message ?? "")")
    try await provider.close()
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(1))
  }
}
