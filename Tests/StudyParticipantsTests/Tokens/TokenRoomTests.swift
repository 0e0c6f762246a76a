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
    #expect(world.files.paths() == ["batch", "batch/.lock", "batch/P1.json"])
    #expect(world.files.openCount == 0)
  }

  @Test("room is kept until there is something to write: a damaged file that cannot be copied on the full disk does not cost it")
  func damaged() async throws {
    let files = MemoryFileSystem(), tokens = RotatingTokens()
    var world = TokenWorld { request, _ in
      files.put("batch/P1.json", "{")
      files.fillUp()
      return try tokens.answer(request)
    }
    world.files = files
    world.participant("P1")
    let provider = try world.provider()
    try await provider.authorize("P1")
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(2))
  }

  @Test("what a killed process reserved is removed with the next lease; a name says whose it is", arguments: [
    ("P1", ".P1.json.room-1a2b3c4d"), ("P.json.room-1", ".P.json.room-1.json.room-1a2b3c4d"),
  ])
  func left(_ participant: String, _ room: String) async throws {
    #expect(ParticipantName.roomName(participant, tag: "1a2b3c4d") == room && ParticipantName.participant(ofRoom: room) == participant)
    let world = TokenWorld(tokens: RotatingTokens())
    world.participant(participant)
    world.participant("P2")
    for name in [room, ".P2.json.room-1a2b3c4d"] { world.files.put("batch/\(name)", "half") }
    let provider = try world.provider()
    _ = try await provider.store.lease(participant)
    #expect(world.files.paths().filter { $0.contains("/.") && $0.contains("room-1a") } == ["batch/.P2.json.room-1a2b3c4d"])
    try await provider.close()
  }

  @Test("two hosts that both have room for a participant, one after its lease, never take each other's: each writes its own file, whole")
  func twoHosts() throws {
    let world = TokenWorld(tokens: RotatingTokens())
    world.participant("P1")
    let hosts = ([1, 2] as [UInt64]).map { seed in
      ParticipantFolder(
        path: "batch",
        environment: RuntimeEnvironment(
          time: world.time, random: SeededRandomSource(seed: seed), fileSystem: world.files, transport: world.transport, json: NoRecords(),
          executor: DispatchExecutor(), lane: { DispatchLane(label: $0) }, run: "run-\(seed)", flowSHA256: ""))
    }
    func next(_ host: Int) throws -> ParticipantFile {
      var file = try hosts[host].read("P1")
      file.account = "HOST\(host)"
      return file
    }
    let first = try next(0), room = try hosts[0].reserveRoom(for: first)
    // The second takes the participant up, as a lease that has lapsed allows.
    try hosts[1].removeTemporary(of: "P1")
    let second = try next(1), otherRoom = try hosts[1].reserveRoom(for: second)
    #expect(room.path != otherRoom.path)
    let lost = hosts[0].replace([.init(file: first, room: { room })])
    #expect(throws: FileSystemError.self, "its room is gone") { try lost[0].get() }
    #expect(try hosts[1].read("P1").account == nil)
    _ = try hosts[0].replace([.init(file: first)])[0].get()
    #expect(try hosts[1].read("P1").account == "HOST0")
    _ = try hosts[1].replace([.init(file: second, room: { otherRoom })])[0].get()
    #expect(try hosts[0].read("P1").account != nil)
    #expect(world.files.paths() == ["batch", "batch/P1.json"] && world.files.openCount == 0)
  }
}
