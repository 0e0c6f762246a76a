import FlowCore
import FlowErrors
import FlowTesting
import StudyModel
import Testing

@Suite("Recurring failures do not accumulate entries")
struct ErrorFolderRecurrenceTests {
  let fixture: FileSystemFixture

  init() throws { fixture = try FileSystemFixture() }

  private func slice(_ start: String = "2026-01-05T00:00:00Z", to end: String = "2026-01-06T00:00:00Z", scope: String? = nil) -> Attributes {
    var attributes: Attributes = ["participant": "P0001", "data_type": "intraday-heart-rate", "slice.start": start, "slice.end": end]
    attributes["scope"] = scope
    return attributes
  }

  /// Writes each entry with a folder of its own and removes what it supersedes, as runs one after the other do; returns the runs whose
  /// entries are left.
  private func runsLeft(_ entries: [ErrorEntry]) async throws -> [String] {
    for entry in entries {
      let folder = ErrorFolderFixture.folder(fixture)
      try await folder.write(entry)
      try await Self.tidy(folder, currentRun: entry.run)
    }
    return try await ErrorFolderFixture.folder(fixture).entries().entries.map(\.document.run).sorted()
  }

  private static func tidy(_ folder: ErrorFolder, currentRun: String) async throws {
    for entry in try await folder.entries().entries.superseded(currentRun: currentRun) { try await folder.remove(entry) }
  }

  @Test("a refused scope is written once per participant and run, from any slice or processor")
  func scopeOnce() async throws {
    let folder = ErrorFolderFixture.folder(fixture)
    for seed in 1...5 as ClosedRange<UInt64> {
      let attributes = slice("2026-01-0\(seed)T00:00:00Z", to: "2026-01-0\(seed + 1)T00:00:00Z")
      try await folder.write(ErrorFolderFixture.entry(seed, processor: "p\(seed)", cause: .scope, attributes: attributes))
    }
    #expect(try await folder.entries().entries.count == 1)
    var other = slice()
    other["participant"] = "P0002"
    try await folder.write(ErrorFolderFixture.entry(6, cause: .scope, attributes: other))
    #expect(try await folder.entries().entries.count == 2)
  }

  @Test("a scope of two data types is one entry when the FlowFile names it")
  func scopeByName() async throws {
    let folder = ErrorFolderFixture.folder(fixture)
    var steps = slice(scope: "activity")
    steps["data_type"] = "intraday-steps"
    try await folder.write(ErrorFolderFixture.entry(1, cause: .scope, attributes: slice(scope: "activity")))
    try await folder.write(ErrorFolderFixture.entry(2, cause: .scope, attributes: steps))
    #expect(try await folder.entries().entries.count == 1)
  }

  @Test("the same run writes every other failure, however alike")
  func sameRun() async throws {
    let entries = (1...3).map { ErrorFolderFixture.entry($0, attributes: slice()) }
    #expect(try await runsLeft(entries) == ["run-1", "run-1", "run-1"])
  }

  @Test("a slice that fails again, for any cause, replaces its old entries")
  func sliceAgain() async throws {
    let entries = [
      ErrorFolderFixture.entry(1, run: "run-1", cause: .serverError, attributes: slice()),
      ErrorFolderFixture.entry(2, run: "run-2", cause: .notJSON, attributes: slice()),
      ErrorFolderFixture.entry(3, run: "run-3", cause: .timeout, attributes: slice()),
    ]
    #expect(try await runsLeft(entries) == ["run-3"])
    #expect(try fixture.tree("errors/fitbit/").filter { !$0.contains("run-3") } == [])
  }

  @Test("an entry that covers more than the new one stays, because no other entry covers the rest")
  func longerSlice() async throws {
    let entries = [
      ErrorFolderFixture.entry(1, run: "run-1", attributes: slice()),
      ErrorFolderFixture.entry(2, run: "run-2", attributes: slice(to: "2026-01-05T12:00:00Z")),
    ]
    #expect(try await runsLeft(entries) == ["run-1", "run-2"])
  }

  @Test("entries of many runs are removed together, and the current run is exempt whatever the clock says")
  func pile() async throws {
    let folder = ErrorFolderFixture.folder(fixture)
    for seed in 1...9 as ClosedRange<UInt64> {
      let seconds = 1_767_571_200 - Int64(seed) * 60
      try await folder.write(ErrorFolderFixture.entry(seed, run: "run-\(seed)", attributes: slice(), seconds: seconds))
    }
    try await Self.tidy(folder, currentRun: "run-9")
    #expect(try await folder.entries().entries.map(\.document.run) == ["run-9"])
  }

  @Test("other slices, participants, processors and causes stay")
  func others() async throws {
    var otherParticipant = slice()
    otherParticipant["participant"] = "P0002"
    let entries = [
      ErrorFolderFixture.entry(1, run: "run-1", attributes: slice()),
      ErrorFolderFixture.entry(2, run: "run-2", attributes: slice("2026-01-06T00:00:00Z", to: "2026-01-07T00:00:00Z")),
      ErrorFolderFixture.entry(3, run: "run-3", attributes: otherParticipant),
      ErrorFolderFixture.entry(4, run: "run-4", processor: "extract", attributes: slice()),
      ErrorFolderFixture.entry(5, run: "run-5", cause: .needsConsent),
      ErrorFolderFixture.entry(6, run: "run-6", cause: .tokenInDoubt),
    ]
    #expect(try await runsLeft(entries) == (1...6).map { "run-\($0)" })
  }

  @Test("a participant that needs consent each night has one entry")
  func consentAgain() async throws {
    let entries = (1...3).map { ErrorFolderFixture.entry($0, run: "run-\($0)", cause: .needsConsent) }
    #expect(try await runsLeft(entries) == ["run-3"])
  }

  @Test("an old entry is removed only after the new one is durable", arguments: FailingFileSystem.Pattern.allCases)
  func order(pattern: FailingFileSystem.Pattern) async throws {
    for failing in 1...60 {
      let fixture = try FileSystemFixture()
      try await ErrorFolderFixture.folder(fixture).write(ErrorFolderFixture.entry(1, run: "run-1", attributes: slice()))
      let faulty = FailingFileSystem(fixture.fileSystem, failing: failing, pattern: pattern, error: 5)
      do {
        let folder = ErrorFolderFixture.folder(fixture, faulty)
        try await folder.write(ErrorFolderFixture.entry(2, run: "run-2", attributes: slice()))
        try await Self.tidy(folder, currentRun: "run-2")
      } catch { #expect(error is StopRun || error is FileSystemError) }
      let listing = try await ErrorFolderFixture.folder(fixture).entries()
      #expect(listing.damaged == [])
      #expect(!listing.entries.isEmpty)
    }
  }
}

@Suite("No secret reaches the error folder")
struct ErrorFolderRedactionTests {
  @Test(
    "a token that an answer echoes is taken out, in every form",
    arguments: [
      ("to/ken+1=", "{\"got\":\"to/ken+1=\"}"), ("to/ken+1=", "{\"got\":\"to\\/ken+1=\"}"), ("to/ken+1=", "a=1&t=to%2Fken%2B1%3D"),
      ("to/ken+1=", "to%2fken%2b1%3d"), ("secret", "secretsecret"),
    ])
  func redacts(secret: String, body: String) async throws {
    let fixture = try FileSystemFixture()
    let folder = ErrorFolder(folder: fixture.path + "/errors", fileSystem: fixture.fileSystem, lane: InlineLane()) { participant in
      participant == "P0001" ? [secret, "abc", ""] : []
    }
    let batch = RecordBatch(columns: [.init(name: "note", values: .text([body, "abc"]))], count: 2)
    for (seed, content) in [Content.bytes(Array(body.utf8)), .records(batch)].enumerated() {
      let attributes: Attributes = ["participant": "P0001", "echo": body]
      let entry = ErrorFolderFixture.entry(UInt64(seed), content: content, attributes: attributes, message: "said \(body)")
      try await folder.write(entry)
    }
    var texts: [String] = []
    for path in try fixture.tree() where !path.hasSuffix("/") {
      texts.append(String(decoding: try fixture.fileSystem.read(fixture.path + "/" + path), as: UTF8.self))
    }
    #expect(texts.count == 4)
    for text in texts {
      #expect(!text.contains(secret) && !text.contains(body) && text.contains("[redacted]"))
    }
    #expect(texts.contains { $0.contains("abc") })
  }
}
