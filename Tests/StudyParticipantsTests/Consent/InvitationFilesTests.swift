import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants

@Suite("Invitations beside the participant files")
struct InvitationFilesTests {
  private func code(_ seed: UInt64) -> InvitationCode { InvitationCode(random: SeededRandomSource(seed: seed)) }

  private func invitation(_ code: InvitationCode, of participant: String = "P1") -> Invitation {
    Invitation(of: participant, provider: "fitbit", code: code, made: InvitationTests.made, lifetime: .seconds(3600))
  }

  private func store(_ files: MemoryFileSystem) -> ParticipantStore {
    ParticipantStore(path: "batch", filter: .init(isSimulated: false, oauthType: "fitbit"), environment: .undriven(fileSystem: files))
  }

  @Test("a new invitation replaces the participant's earlier one, for other processes too; files are for their owner alone")
  func replacing() async throws {
    let files = MemoryFileSystem()
    try await store(files).invite([invitation(code(1)), invitation(code(2), of: "P2")])
    try await store(files).invite([invitation(code(3))])
    #expect(try await store(files).invitation(withDigest: code(1).digest) == nil)
    #expect(try await store(files).invitation(withDigest: code(2).digest)?.participant == "P2")
    #expect(try await store(files).invitation(withDigest: code(3).digest)?.participant == "P1")
    let names = files.paths().filter { $0.hasPrefix("batch/.invitations/") }
    #expect(names.count == 4, "two invitations and what points to them: \(names)")
    for name in names { #expect(files.mode(name) == 0o600, "\(name)") }
    #expect(files.mode("batch/.invitations") == 0o700)
  }

  @Test("a digest of another form is never made a path", arguments: ["", "../P1.json", "P1.json", String(repeating: "A", count: 64), String(repeating: "g", count: 64)])
  func digests(_ digest: String) async throws {
    let files = MemoryFileSystem()
    try await store(files).invite([invitation(code(1))])
    files.set(nil)
    #expect(try await store(files).invitation(withDigest: digest) == nil)
    #expect(files.calls.isEmpty, "the disk was not asked: \(files.calls)")
  }

  @Test("a pointer that a crash left leads nowhere")
  func pointer() async throws {
    let files = MemoryFileSystem()
    try await store(files).invite([invitation(code(1))])
    files.put("batch/.invitations/" + code(2).digest, "P1")
    files.put("batch/.invitations/" + code(3).digest, "../../secret")
    files.put("batch/.invitations/" + code(4).digest, "P9")
    for seed: UInt64 in 2...4 { #expect(try await store(files).invitation(withDigest: code(seed).digest) == nil) }
  }

  @Test("whatever call fails or is the last one before the power goes, one of the two links works, never both, and the next invitation works")
  func crash() async throws {
    let files = MemoryFileSystem()
    try await store(files).invite([invitation(code(1))])
    let counting = files.afterCrash(losingUnsynchronized: false)
    counting.set(nil)
    try await store(counting).invite([invitation(code(2))])
    let calls = counting.calls.count
    #expect(calls > 10)
    for call in 1...calls {
      for trouble in [MemoryFileSystem.Trouble.crash(call: call), .failure(call: call), .lateFailure(call: call)] {
        let broken = files.afterCrash(losingUnsynchronized: false)
        broken.set(trouble)
        let isTold: Bool
        do {
          try await store(broken).invite([invitation(code(2))])
          isTold = true
        } catch { isTold = false }
        for isCut in [false, true] {
          let after = broken.afterCrash(losingUnsynchronized: isCut)
          let first = try await store(after).invitation(withDigest: code(1).digest), second = try await store(after).invitation(withDigest: code(2).digest)
          #expect(first == nil || second == nil, "\(trouble): both links work")
          #expect(!isTold || second != nil, "\(trouble): a link that was told does not work")
          try await store(after).invite([invitation(code(3))])
          #expect(try await store(after).invitation(withDigest: code(3).digest) != nil)
          #expect(try await store(after).invitation(withDigest: code(2).digest) == nil)
        }
      }
    }
  }

  @Test("a change is kept only in the invitation that it was meant for")
  func changing() async throws {
    let files = MemoryFileSystem()
    try await store(files).invite([invitation(code(1))])
    let began = try await store(files).changeInvitation(withDigest: code(1).digest) { $0.begin(InvitationTests.intent(1), at: InvitationTests.made) }
    #expect(began == .open)
    #expect(try await store(files).invitation(withDigest: code(1).digest)?.state == .opened)
    try await store(files).invite([invitation(code(2))])
    #expect(try await store(files).changeInvitation(withDigest: code(1).digest) { $0.end(.refused, at: InvitationTests.made) } == nil)
    #expect(try await store(files).invitation(withDigest: code(2).digest)?.state == .invited)
    try await store(files).changeInvitation(of: "P1") { $0.end(.consented(lacking: []), at: InvitationTests.made) }
    try await store(files).changeInvitation(of: "P9") { $0.end(.refused, at: InvitationTests.made) }
    #expect(try await store(files).invitation(withDigest: code(2).digest)?.state == .consented)
  }

  @Test("removing leaves nothing of the participant; another's stays; a damaged one is removed, too")
  func removing() async throws {
    let files = MemoryFileSystem()
    #expect(try await !store(files).removeInvitation(of: "P1"))
    try await store(files).invite([invitation(code(1)), invitation(code(2), of: "P2")])
    #expect(try await store(files).removeInvitation(of: "P1"))
    #expect(files.paths().allSatisfy { !$0.contains("P1") && !$0.contains(code(1).digest) })
    #expect(try await store(files).invitation(withDigest: code(2).digest) != nil)
    files.put("batch/.invitations/P2.json", "{")
    #expect(try await store(files).removeInvitation(of: "P2"))
    #expect(!files.paths().contains("batch/.invitations/P2.json"))
  }

  @Test("lists say what has become of each, also of a damaged one, and of nobody else")
  func listing() async throws {
    let files = MemoryFileSystem()
    for name in ["P1", "P2", "P3"] { files.put("batch/\(name).json", TokenWorld.file(name, refresh: "R")) }
    #expect(try await store(files).statuses().allSatisfy { $0.invitation == nil })
    try await store(files).invite([invitation(code(1)), invitation(code(2), of: "P2")])
    files.put("batch/.invitations/P2.json", "{")
    let statuses = try await store(files).statuses()
    #expect(statuses.map(\.participant) == ["P1", "P2", "P3"], "invitations are no participants")
    #expect(statuses.map { $0.invitation?.state } == [.invited, .unreadable, nil])
  }

  @Test("the server's address is kept for who invites")
  func address() async throws {
    let files = MemoryFileSystem()
    #expect(try await store(files).publicURL() == nil)
    try await store(files).put(publicURL: "https://study.test")
    files.set(nil)
    try await store(files).put(publicURL: "https://study.test")
    #expect(!files.calls.contains { $0.hasPrefix("write") }, "the same address is not written again")
    #expect(try await store(files).publicURL() == "https://study.test")
    #expect(try await store(files).statuses().isEmpty)
  }
}
