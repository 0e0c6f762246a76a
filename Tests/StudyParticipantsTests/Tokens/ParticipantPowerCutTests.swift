import FlowCore
import FlowFileSystem
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("Participant files and power cuts")
struct ParticipantPowerCutTests {
  enum Change: String, CaseIterable, Sendable {
    case enrol, withdraw, encrypt, decrypt, token, run
  }

  private static let key = String(repeating: "0f", count: 32)

  private static func store(_ files: any FileSystem, _ path: String) -> ParticipantStore {
    let world = TokenWorld { _, _ in .json(200, "{}") }
    let environment = RuntimeEnvironment(
      time: world.time, random: SeededRandomSource(seed: 1), fileSystem: files, transport: world.transport, json: NoRecords(),
      executor: DispatchExecutor(), lane: { _ in InlineLane() }, run: "run-1", flowSHA256: "",
      variable: { $0 == ParticipantKeyring.keyVariable ? key : nil })
    return ParticipantStore(path: path + "/batch", filter: .init(isSimulated: false, oauthType: "fitbit"), environment: environment)
  }

  private static func file(_ name: String, refresh: String) throws -> ParticipantFile {
    try ParticipantFile(parsing: Array(TokenWorld.file(name, refresh: refresh).utf8), participant: name, path: name)
  }

  /// P1 in a batch, encrypted if it is to be decrypted.
  private static func prepare(_ change: Change) -> (FileSystemFixture) async throws -> Void {
    { fixture in
      let path = fixture.path + "/batch"
      try fixture.fileSystem.makeFolder(path)
      try fixture.fileSystem.writeDurably(Array(TokenWorld.file("P1", refresh: "OLD").utf8), to: path + "/P1.json")
      if change == .decrypt { _ = try await store(fixture.fileSystem, fixture.path).change("P1") { $0.isEncrypted = true } }
    }
  }

  private static func make(_ change: Change) -> (any FileSystem, String) async throws -> Void {
    { files, path in
      let store = store(files, path)
      switch change {
      case .enrol: _ = try await store.create(file("P2", refresh: "SECOND"))
      case .withdraw: _ = try await store.change("P1") { $0.previousSync = Instant(seconds: 1_772_000_000) }
      case .encrypt: _ = try await store.change("P1") { $0.isEncrypted = true }
      case .decrypt: _ = try await store.change("P1") { $0.isEncrypted = false }
      case .token: _ = try await store.change("P1") { $0.token.refreshToken = "NEW" }
      case .run: try await renew(store)
      }
      try await store.close()
    }
  }

  /// What a run does to a file; only the first intent of a process is durable.
  private static func renew(_ store: ParticipantStore) async throws {
    _ = try await store.lease("P1")
    let now = Instant(seconds: 1_771_000_000)
    for _ in 0..<2 { #expect(try await store.journalBeside("P1", asked: now)) }
    try await store.write("P1") { $0.token.apply(TokenAnswer(accessToken: "A", lifetime: .seconds(9), refreshToken: "NEW"), at: now) }
    try await store.release("P1", previousSync: Instant(seconds: 1_772_000_000))
  }

  @Test("at any call the files are complete, and finished changes are present", arguments: Change.allCases)
  func atAnyCall(_ change: Change) async throws {
    let calls = try await PowerCut.callCount(Self.prepare(change), Self.make(change))
    #expect(calls > 8)
    for call in 1...calls + 1 {
      for seed in 1...6 as ClosedRange<UInt64> {
        let fixture = try FileSystemFixture()
        try await Self.prepare(change)(fixture)
        let isDone = try await PowerCut.at(call <= calls ? call : nil, seed: seed, fixture, Self.make(change))
        try await Self.check(fixture, change, isDone: isDone, "\(change), call \(call), seed \(seed)")
      }
    }
  }

  private static func check(_ fixture: FileSystemFixture, _ change: Change, isDone: Bool, _ comment: Comment) async throws {
    let next = store(fixture.fileSystem, fixture.path)
    let folder = next.folder
    let first = try folder.read("P1")
    #expect(["OLD", "NEW"].contains(first.token.refreshToken), comment)
    switch change {
    case .enrol:
      let isThere = try fixture.fileSystem.status(folder.path(of: "P2")) != nil
      if isThere { #expect(try folder.read("P2").token.refreshToken == "SECOND", comment) }
      #expect(isThere || !isDone, comment)
    case .withdraw: if isDone { #expect(first.previousSync == Instant(seconds: 1_772_000_000), comment) }
    case .encrypt: if isDone { #expect(first.isEncrypted, comment) }
    case .decrypt: if isDone { #expect(!first.isEncrypted, comment) }
    case .token: if isDone { #expect(first.token.refreshToken == "NEW", comment) }
    case .run:
      if isDone { #expect(first.token.refreshToken == "NEW" && first.previousSync == Instant(seconds: 1_772_000_000), comment) }
      if first.previousSync == Instant(seconds: 1_772_000_000) { #expect(first.token.refreshToken == "NEW", comment) }
      // Whatever is left of an intent: the next run takes the participant up, and asks with the token that the file has.
      _ = try await next.lease("P1")
      if first.token.refreshToken == "NEW" { #expect(next.held("P1")?.file.token.asked == nil, comment) }
      try await next.close()
    }
  }
}
