import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("The folder of participant files")
struct ParticipantStoreTests {
  private func world() -> TokenWorld { TokenWorld { _, _ in .json(200, "{}") } }
  private func store(_ world: TokenWorld, simulated: Bool = false) -> ParticipantStore {
    ParticipantStore(
      path: "batch", filter: .init(isSimulated: simulated, oauthType: "fitbit"), environment: world.environment)
  }

  @Test("lists participants by name, reports invalid files, and ignores other files")
  func listing() async throws {
    let world = world()
    for name in ["P2.json", "P1.json", "P 3.json", "P4.JSON", ".P1.json.tmp", ".lock", "notes.txt"] { world.files.put("batch/\(name)", "") }
    world.files.put("batch/P5.json", "", kind: .folder)
    world.files.put("batch/P6.json", "", kind: .link)
    let listed = try await store(world).list()
    #expect(listed.map(\.name) == ["P 3", "P1", "P2", "P4", "P5", "P6"])
    let problems = listed.map { $0.problem ?? "" }
    #expect(
      problems == [
        "batch/P 3.json: error: 'P 3' cannot be a participant's name; expected 1 to 64 letters (A-Z, a-z), digits, '.', '_' or '-', the first one a letter or digit; rename the file and its member 'participant'",
        "", "",
        "batch/P4.JSON: error: the file name ends in '.JSON'; expected '.json'; rename it",
        "batch/P5.json: error: it is a folder; expected a participant file; move it out of the folder, or change its extension",
        "batch/P6.json: error: it is a symbolic link; expected a participant file; put the file itself here",
      ])
  }

  @Test("a missing batch folder is a misconfiguration with a remedy", arguments: [
    (false, "expected a folder with one ID.json per participant; make it, or name another one with the parameter participants"),
    (true, "expected the simulator's participants, which the first run makes; run the flow first"),
  ])
  func missingFolder(isSimulated: Bool, remedy: String) async {
    let files = MemoryFileSystem(folders: [])
    var world = world()
    world.files = files
    let error = await failure { try await self.store(world, simulated: isSimulated).checkBatch() } as? StopRun
    #expect(error?.reason == .misconfigured)
    #expect(error?.message == "the participants folder 'batch' does not exist; \(remedy)")
  }

  @Test("simulated and real participants are never mixed", arguments: [true, false])
  func mixture(simulated: Bool) async {
    let world = world()
    world.participant("P1", #", "provider": "simulator""#)
    world.participant("P2")
    world.participant("P3", simulated ? "" : #", "provider": "simulator""#)
    world.files.put("batch/P4.json", "damaged")
    let store = store(world, simulated: simulated)
    let problems = await failure { try await store.checkBatch() } as? Diagnostics
    #expect(problems?.all.count == 1)
    #expect(problems?.all.first?.file == (simulated ? "batch/P2.json" : "batch/P1.json"))
    #expect(problems?.all.first?.found.contains("(and 1 more in the folder)") == true)
    let leasing = await failure { _ = try await store.lease(simulated ? "P2" : "P1") } as? ProcessorError
    #expect(leasing?.failure.cause == .badParticipantFile)
  }

  @Test("damaged files do not stop the batch; leasing one reports the reason and leaves it unchanged")
  func damaged() async throws {
    let world = world()
    world.files.put("batch/P1.json", "{")
    let store = store(world)
    try await store.checkBatch()
    let error = await failure { _ = try await store.lease("P1") } as? ProcessorError
    #expect(error?.failure.cause == .badParticipantFile)
    #expect(world.files.text("batch/P1.json") == "{")
    world.participant("P1")
    #expect(try await store.lease("P1") != .heldByAnotherRun)
  }

  @Test("a lease that fails reports the file's problem, even if the lock cannot be released either")
  func firstErrorWins() async {
    let world = world()
    world.files.put("batch/P1.json", "{")
    world.files.set(.always("unlock"))
    let error = await failure { _ = try await self.store(world).lease("P1") } as? ProcessorError
    #expect(error?.failure.cause == .badParticipantFile)
  }

  @Test("a skipped participant's lock is released once")
  func skippedReleasesOnce() async {
    let world = world()
    world.participant("P1", #", "state": "paused""#)
    world.files.set(.always("unlock"))
    let error = await failure { _ = try await self.store(world).lease("P1") } as? ProcessorError
    #expect(error?.failure.cause == .disk)
    #expect(world.files.calls.filter { $0.hasPrefix("unlock") }.count == 1)
  }

  @Test("a name that is a path is never used on the disk", arguments: ["../P1", "a/b", "", ".lock", "P1\0"])
  func pathTricks(_ name: String) async {
    let world = world()
    let error = await failure { _ = try await self.store(world).lease(name) } as? ProcessorError
    #expect(error?.failure.cause == .badParticipantFile)
    #expect(world.files.calls.isEmpty)
  }

  @Test("two stores on one folder never lease the same participant; after a release the other can lease it")
  func locks() async throws {
    let world = world()
    world.participant("P1")
    world.participant("P2")
    let (first, second) = (store(world), store(world))
    guard case .leased = try await first.lease("P1"), case .leased = try await second.lease("P2") else { Issue.record(); return }
    #expect(try await second.lease("P1") == .heldByAnotherRun)
    #expect(try await first.lease("P2") == .heldByAnotherRun)
    guard case .leased = try await first.lease("P1") else { Issue.record("taking twice changes nothing"); return }
    try await first.release("P1", previousSync: nil)
    guard case .leased = try await second.lease("P1") else { Issue.record(); return }
    try await second.close()
    guard case .leased = try await first.lease("P2") else { Issue.record(); return }
    try await first.close()
    #expect(world.files.openCount == 0)
  }

  @Test("paused, withdrawn and another provider's participants are skipped with the reason, and not leased", arguments: [
    (#", "state": "paused""#, "paused"), (#", "state": "withdrawn""#, "withdrawn"),
    (#", "oauth_type": "google""#, "its consent is for google, this flow uses fitbit"),
  ])
  func skipped(_ member: String, reason: String) async throws {
    let world = world()
    world.participant("P1", member)
    let (first, second) = (store(world), store(world))
    #expect(try await first.lease("P1") == .skipped(reason: reason))
    #expect(try await second.lease("P1") == .skipped(reason: reason))
  }

  @Test("leasing a participant removes the temporary file that a crash left")
  func temporary() async throws {
    let world = world()
    world.participant("P1")
    world.files.put("batch/.P1.json.tmp", "half")
    _ = try await store(world).lease("P1")
    #expect(world.files.paths() == ["batch", "batch/.lock", "batch/P1.json"])
  }

  @Test("release writes previous_sync and what was noted, mode 0600, and writes nothing when nothing changed")
  func release() async throws {
    let world = world()
    world.participant("P1")
    let store = store(world)
    _ = try await store.lease("P1")
    store.note("P1") { $0.notes.zone = "Europe/Berlin" }
    store.note("P1") { $0.notes.refusedScopes = ["sleep"] }
    try await store.release("P1", previousSync: Instant(rfc3339: "2026-02-01T00:00:00Z"))
    let file = try world.file()
    #expect(file.previousSync.text == "2026-02-01T00:00:00Z")
    #expect(file.enrolled.text == "2026-01-05T00:00:00Z")
    #expect(file.zone == "Europe/Berlin")
    #expect(world.files.mode("batch/P1.json") == 0o600)
    _ = try await store.lease("P1")
    world.files.set(nil)
    try await store.release("P1", previousSync: Instant(rfc3339: "2026-02-01T00:00:00Z"))
    #expect(world.files.calls.filter { !$0.hasPrefix("unlock") } == [])
  }

  @Test("what a person writes into the file during a run is kept, above all a new refresh token")
  func editedMeanwhile() async throws {
    let world = world()
    world.participant("P1")
    let store = store(world)
    _ = try await store.lease("P1")
    world.participant("P1", serial: 77, #", "note": "consented again", "state": "paused""#)
    try await store.write("P1") { file in
      file.token.apply(TokenAnswer(accessToken: "A", lifetime: .seconds(9), refreshToken: "R2"), at: Instant(seconds: 1))
    }
    try await store.release("P1", previousSync: Instant(seconds: 1_790_000_000))
    let file = try world.file()
    #expect(file.token == TokenRecord(refreshToken: RotatingTokens.refresh(77)))
    #expect(file.previousSync == Instant(seconds: 1_790_000_000))
    #expect(file.collection == .paused)
    #expect(world.files.text("batch/P1.json")?.contains("consented again") == true)
  }

  @Test("a file made unreadable or removed during a run is written again: the token has priority", arguments: ["half {", nil])
  func damagedMeanwhile(_ text: String?) async throws {
    let world = world()
    world.participant("P1")
    let store = store(world)
    _ = try await store.lease("P1")
    if let text { world.files.put("batch/P1.json", text) } else { world.files.remove("batch/P1.json") }
    try await store.write("P1") { $0.token.refreshToken = "R2" }
    #expect(try world.file().token.refreshToken == "R2")
    // What a person made of it is kept beside it, and said.
    #expect(world.files.text("batch/P1.json.damaged") == text)
    #expect(world.lines.withLock { $0.count { $0.contains("batch/P1.json.damaged") } } == (text == nil ? 0 : 1))
    try await store.release("P1", previousSync: nil)
    #expect(try await self.store(world).list().map(\.name) == ["P1"])
  }

  @Test("a file that can no longer be opened is overwritten in the last attempt, and stays if that fails too")
  func unreadableMeanwhile() async throws {
    let world = world()
    world.participant("P1")
    let store = store(world)
    _ = try await store.lease("P1")
    world.files.set(mode: 0, of: "batch/P1.json")
    await #expect(throws: FileSystemError.self) { try await store.write("P1") { $0.token.refreshToken = "R2" } }
    for operation in ["open", "write", "fsync", "rename"] {
      world.files.set(.always(operation))
      await #expect(throws: FileSystemError.self) { try await store.write("P1", overUnreadable: true) { $0.token.refreshToken = "R2" } }
      #expect(world.files.text("batch/P1.json") != nil, "\(operation) failed")
    }
    world.files.set(nil)
    try await store.write("P1", overUnreadable: true) { $0.token.refreshToken = "R2" }
    #expect(try world.file().token.refreshToken == "R2")
    #expect(world.lines.withLock { $0.contains { $0.contains("cannot be read any more") } })
  }

  @Test("files with tokens that other users can read are reported once, with what to do")
  func openFiles() async throws {
    let world = world()
    for name in ["P1", "P2", "P3"] { world.participant(name) }
    world.files.set(mode: 0o644, of: "batch/P2.json")
    world.files.set(mode: 0o640, of: "batch/P3.json")
    try await store(world).checkBatch()
    #expect(
      world.lines.withLock { $0 } == [
        #"warning: participant files hold tokens, and users other than their owner can open them ["2", "batch/P2.json", "chmod 600 batch/*.json"]"#
      ])
  }

  @Test("a participant leased by another run waits, and is not reported as a disk fault")
  func heldElsewhere() async throws {
    let world = world()
    world.participant("P1")
    let (first, second) = (store(world), store(world))
    _ = try await first.lease("P1")
    let error = await failure { _ = try await second.require("P1") } as? ProcessorError
    #expect(error?.failure.cause == .rateLimited)
    #expect(error?.failure.retryAfter == .seconds(60))
  }

  @Test("statuses report the state of every token and contain none")
  func statuses() async throws {
    let world = world()
    world.participant("P1")
    world.files.put("batch/P2.json", "")
    let store = store(world)
    _ = try await store.lease("P1")
    try await store.write("P1") { $0.token.asked = Instant(seconds: 7) }
    let statuses = try await store.statuses()
    #expect(statuses.map(\.participant) == ["P1", "P2"])
    #expect(statuses.map(\.tokenState) == [.inDoubt, nil])
    #expect(statuses[1].problem?.hasPrefix("batch/P2.json: error: the file is empty") == true)
    #expect(!"\(statuses)".contains("SECRET"))
  }
}
