import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("Participant files encrypted at rest")
struct ParticipantEncryptionTests {
  static let key = String(repeating: "0f", count: 32)
  static let otherKey = String(repeating: "a1", count: 32)

  private func world(key: String? = Self.key) -> TokenWorld {
    var world = TokenWorld { _, _ in .json(200, "{}") }
    if let key { world.variables["FLOWRUN_PARTICIPANT_KEY"] = key }
    return world
  }
  private func store(_ world: TokenWorld) -> ParticipantStore {
    ParticipantStore(path: "batch", filter: .init(isSimulated: false, oauthType: "fitbit"), environment: world.environment)
  }
  private func encrypted(_ names: String...) async throws -> TokenWorld {
    let world = world()
    for name in names {
      world.participant(name)
      _ = try await store(world).change(name) { $0.isEncrypted = true }
    }
    return world
  }

  @Test(
    "a key is 32 bytes as hexadecimal digits or base64, and nothing else",
    arguments: [
      (String(repeating: "0f", count: 32), true), (String(repeating: "0F", count: 32) + "\n", true),
      ("Dw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8=", true), ("Dw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8", true),
      ("", false), ("secret", false), (String(repeating: "0f", count: 31), false), (String(repeating: "0g", count: 32), false),
    ])
  func keys(_ text: String, isKey: Bool) {
    let key = ParticipantKey(text: text)
    #expect((key != nil) == isKey)
    if let key { #expect(key.id == ParticipantKey(text: Self.key)?.id) }
    #expect(key.map { !"\($0)".contains("0f0f") } ?? true)
  }

  @Test("an encrypted file shows the participant's name and the id of its key, and nothing else")
  func clear() async throws {
    let world = try await encrypted("P1")
    let tree = try JSONTree(parsing: Array((world.files.text("batch/P1.json") ?? "").utf8))
    #expect(tree.members?.map(\.name) == ["participant", "encrypted"])
    #expect(tree["encrypted"]?.members?.map(\.name) == ["format", "cipher", "key", "nonce", "text"])
    #expect(tree["encrypted"]?["key"]?.text == ParticipantKey(text: Self.key)?.id)
    #expect(world.files.text("batch/P1.json")?.contains("SECRET") == false)
    #expect(world.files.mode("batch/P1.json") == 0o600)
  }

  @Test("what is written during a run stays encrypted, each time with another nonce, and decrypts to the same content")
  func staysEncrypted() async throws {
    let world = try await encrypted("P1")
    var texts: Set<String> = []
    for serial in 2...20 {
      let store = store(world)
      _ = try await store.lease("P1")
      try await store.write("P1") { $0.token.refreshToken = RotatingTokens.refresh(serial) }
      try await store.release("P1", previousSync: nil)
      let text = try #require(world.files.text("batch/P1.json"))
      #expect(!text.contains("SECRET"))
      let tree = try JSONTree(parsing: Array(text.utf8))
      texts.insert(tree["encrypted"]?["nonce"]?.text ?? "")
    }
    // The environment of each store draws the same numbers from its seed; what it writes in a row differs.
    #expect(!texts.contains(""))
    _ = try await store(world).change("P1") { $0.isEncrypted = false }
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(20))
  }

  @Test("a thousand files under one key have a thousand nonces")
  func nonces() throws {
    let key = try #require(ParticipantKey(text: Self.key))
    let random = SystemRandomSource()
    let nonces = (0..<1000).map { _ in
      ParticipantEnvelope.seal([1], participant: "P1", key: key, random: random)["encrypted"]?["nonce"]?.text
    }
    #expect(Set(nonces).count == 1000)
  }

  @Test("a file that an earlier version encrypted, with another cryptographic library, opens")
  func earlierVersion() async throws {
    let world = world()
    world.files.put(
      "batch/P0001.json",
      """
      {
        "participant": "P0001",
        "encrypted": {
          "format": 1,
          "cipher": "AES-256-GCM",
          "key": "d8ede4385cdad0eb",
          "nonce": "Nbpc4t3OMP/e1Wx3",
          "text": "9iAkMVsspUwQcijmDHVj1G3JkbumIlA6cPhqc2k3Uosu4dHr3XkoQFerbpf+4Huv44dLGa8tG5DSRwJFUMSD7Cyodt0E1mt0ha2Icd3RVduk7a961VpLN1hTFlp0Rakx1gKpc02qFsZhczeCPcGa/kQZW+NCN8FW8aYHmGvaFHZNc/V/Fmifgl2bwl2GoDjwYNT1zc3Y4zA72QnugkSUqXdPC6GsBIskDjZMHIYnBNlw9gKUFwVxESMXl+M3MYDhXbnUtl7JDQselw=="
        }
      }
      """)
    _ = try await store(world).change("P0001") { $0.isEncrypted = false }
    #expect(try world.file("P0001").token.refreshToken == "made-up-refresh-token-0001")
  }

  @Test("plain and encrypted files can be mixed, and both are read")
  func mixture() async throws {
    let world = try await encrypted("P1")
    world.participant("P2")
    let store = store(world)
    try await store.checkBatch()
    let statuses = try await store.statuses()
    #expect(statuses.map(\.isEncrypted) == [true, false])
    #expect(statuses.map(\.tokenState) == [.live, .live])
  }

  private func read(_ world: TokenWorld, _ name: String = "P1") async -> String {
    let error = await failure { _ = try await self.store(world).lease(name) } as? ProcessorError
    #expect(error?.failure.cause == .badParticipantFile)
    return error?.description ?? ""
  }

  @Test("without its key, with another key, changed or renamed, a file does not open and is left unchanged")
  func doesNotOpen() async throws {
    let world = try await encrypted("P1", "P2")
    let id = try #require(ParticipantKey(text: Self.key)?.id)
    let otherID = try #require(ParticipantKey(text: Self.otherKey)?.id)
    let before = try #require(world.files.text("batch/P1.json"))

    var keyless = world
    keyless.variables = [:]
    #expect(
      await read(keyless) == "batch/P1.json: error: the file is encrypted (key \(id)) and no key is given; expected the key in the environment: "
        + "FLOWRUN_PARTICIPANT_KEY, or FLOWRUN_PARTICIPANT_KEY_FILE with the path of a file that holds it")
    var other = world
    other.variables["FLOWRUN_PARTICIPANT_KEY"] = Self.otherKey
    #expect(await read(other).contains("the file is encrypted with key \(id), and key \(otherID) is given"))

    let damaged = "the encrypted file was changed, cut off, or is another participant's: its key does not open it"
    world.files.put("batch/P2.json", before.replacing("\"participant\": \"P1\"", with: "\"participant\": \"P2\""))
    #expect(await read(world, "P2").contains(damaged))
    let text = try #require(JSONTree(parsing: Array(before.utf8))["encrypted"]?["text"]?.text)
    let flipped = (text.hasPrefix("A") ? "B" : "A") + text.dropFirst()
    for changed in [flipped, String(text.dropLast(8)), "", "no base64"] {
      world.files.put("batch/P1.json", before.replacing(text, with: changed))
      #expect(await read(world).contains(damaged))
      #expect(world.files.text("batch/P1.json") == before.replacing(text, with: changed))
    }
    world.files.put("batch/P1.json", before.replacing("\"format\": 1", with: "\"format\": 2"))
    #expect(await read(world).contains("of a form that is not known"))
  }

  @Test("a batch that the key does not open is found before anything starts; a single such file affects only its participant")
  func wholeBatch() async throws {
    let world = try await encrypted("P1", "P2")
    var keyless = world
    keyless.variables = [:]
    let problems = await failure { try await self.store(keyless).checkBatch() } as? Diagnostics
    #expect(problems?.all.count == 1)
    #expect(problems?.all.first?.found.hasSuffix("(and 1 more in the folder)") == true)
    var other = world
    other.variables["FLOWRUN_PARTICIPANT_KEY"] = Self.otherKey
    #expect(await failure { try await self.store(other).checkBatch() } is Diagnostics)
    other.participant("P2")
    _ = try await store(other).change("P2") { $0.isEncrypted = true }
    try await store(other).checkBatch()
    #expect(await read(other).contains("is given"))
  }

  @Test("an invalid key is reported without repeating it; so are two keys and a missing key file")
  func badKeys() async throws {
    var world = world(key: "not-a-key-SECRET")
    world.participant()
    func problem(_ variables: [String: String]) async -> String {
      world.variables = variables
      return (await failure { [world] in try await self.store(world).checkBatch() } as? Diagnostics)?.description ?? ""
    }
    let none = await problem(["FLOWRUN_PARTICIPANT_KEY": "not-a-key-SECRET"])
    #expect(none.contains("environment variable FLOWRUN_PARTICIPANT_KEY: it holds no key (16 characters); expected 32 bytes as 64 hexadecimal"))
    #expect(!none.contains("SECRET"))
    #expect(await problem(["FLOWRUN_PARTICIPANT_KEY": Self.key, "FLOWRUN_PARTICIPANT_KEY_FILE": "k"]).contains("both set"))
    #expect(await problem(["FLOWRUN_PARTICIPANT_KEY_FILE": "nothere"]).contains("cannot open nothere"))
    world.files.put("key", Self.key + "\n")
    #expect(await problem(["FLOWRUN_PARTICIPANT_KEY_FILE": "key"]) == "")
  }

  @Test("a crash at any call of encrypting or decrypting leaves the token readable, and repeating it ends it", arguments: [true, false], [true, false])
  func crash(encrypts: Bool, losesUnsynchronized: Bool) async throws {
    for call in 1...40 {
      let world = encrypts ? world() : try await encrypted("P1")
      if encrypts { world.participant() }
      world.files.set(.crash(call: call))
      let error = await failure { _ = try await self.store(world).change("P1") { $0.isEncrypted = encrypts } }
      var next = world
      next.files = world.files.afterCrash(losingUnsynchronized: losesUnsynchronized)
      #expect(try await store(next).statuses().map(\.tokenState) == [.live], "call \(call)")
      _ = try await store(next).change("P1") { $0.isEncrypted = encrypts }
      #expect(try await store(next).statuses().map(\.isEncrypted) == [encrypts])
      #expect(!next.files.paths().contains("batch/.P1.json.tmp"), "call \(call)")
      _ = try await store(next).change("P1") { $0.isEncrypted = false }
      #expect(try next.file().token.refreshToken == RotatingTokens.refresh(1), "call \(call)")
      if error == nil { return }
    }
    Issue.record("it takes more calls than were tried")
  }

  @Test("a participant leased by a run is left unchanged")
  func held() async throws {
    let world = world()
    world.participant()
    let run = store(world)
    _ = try await run.lease("P1")
    let upkeep = store(world)
    guard case .heldByAnotherRun = try await upkeep.change("P1", { $0.isEncrypted = true }) else { Issue.record(); return }
    #expect(try await upkeep.statuses().map(\.isHeld) == [true])
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(1))
    try await run.close()
    #expect(try await upkeep.statuses().map(\.isHeld) == [false])
  }
}
