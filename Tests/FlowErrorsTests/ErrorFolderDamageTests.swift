import FlowCore
import FlowErrors
import FlowFileSystem
import FlowTesting
import StudyModel
import Testing

@Suite("Damaged entries are reported, not skipped")
struct ErrorFolderDamageTests {
  let fixture: FileSystemFixture
  let folder: ErrorFolder
  let disk: FailingFileSystem

  init() throws {
    fixture = try FileSystemFixture()
    disk = FailingFileSystem(fixture.fileSystem)
    folder = ErrorFolderFixture.folder(fixture, disk)
  }

  /// Writes a good entry beside the one that is damaged, and returns the latter.
  private func written() async throws -> StoredEntry {
    try await folder.write(ErrorFolderFixture.entry(2, processor: "good"))
    try await folder.write(ErrorFolderFixture.entry(1, processor: "bad", content: .records(ErrorFolderFixture.batch)))
    return try #require(try await folder.entries().entries.first { $0.document.processor == "bad" })
  }

  @Test(
    "a flowfile.json that is not flowrun's",
    arguments: [
      ("", "flowfile.json is not as flowrun writes it: not JSON"),
      ("[]", "flowfile.json is not as flowrun writes it: member '' is of the wrong kind"),
      ("{}", "flowfile.json is not as flowrun writes it: member 'uuid' is missing"),
    ])
  func badDocument(text: String, reason: String) async throws {
    let bad = try await written()
    try disk.writeDurably(Array(text.utf8), to: bad.path + "/flowfile.json")
    let listing = try await folder.entries()
    #expect(listing.entries.map(\.document.processor) == ["good"])
    #expect(listing.damaged == [DamagedEntry(path: bad.path, reason: reason)])
  }

  @Test("a flowfile.json truncated at any place")
  func cutOff() async throws {
    let bad = try await written()
    let bytes = try fixture.fileSystem.read(bad.path + "/flowfile.json")
    for length in stride(from: 0, to: bytes.count - 2, by: 7) {
      try disk.writeDurably(Array(bytes[..<length]), to: bad.path + "/flowfile.json")
      #expect(try await folder.entries().damaged.map(\.path) == [bad.path])
    }
  }

  @Test(
    "members that say the impossible",
    arguments: [("server_error", "no_such_cause"), ("2026-01-05T", "someday"), ("\"attempts\" : 5", "\"attempts\" : \"5\"")])
  func badMembers(found: String, replacement: String) async throws {
    let bad = try await written()
    let text = String(decoding: try fixture.fileSystem.read(bad.path + "/flowfile.json"), as: UTF8.self)
    let parts = text.split(separator: found, omittingEmptySubsequences: false)
    #expect(parts.count == 2)
    try disk.writeDurably(Array(parts.joined(separator: replacement).utf8), to: bad.path + "/flowfile.json")
    #expect(try await folder.entries().damaged.map(\.path) == [bad.path])
  }

  @Test("a cause of another version is named, with those that this one has")
  func unknownCause() async throws {
    let bad = try await written()
    let text = String(decoding: try fixture.fileSystem.read(bad.path + "/flowfile.json"), as: UTF8.self)
    try disk.writeDurably(
      Array(text.split(separator: "server_error", omittingEmptySubsequences: false).joined(separator: "sunspots").utf8), to: bad.path + "/flowfile.json")
    let reason = try #require(try await folder.entries().damaged.first?.reason)
    #expect(reason.contains("'sunspots'") && reason.contains("rate_limited, server_error"))
  }

  @Test("content that is missing, or there without being known")
  func contentMismatch() async throws {
    let bad = try await written()
    try fixture.fileSystem.removeFile(bad.path + "/content")
    #expect(try await folder.entries().damaged == [DamagedEntry(path: bad.path, reason: "content is missing")])
    let good = try #require(try await folder.entries().entries.first)
    try disk.writeDurably([1], to: good.path + "/content")
    #expect(try await folder.entries().entries == [])
    #expect(try await folder.entries().damaged.count == 2)
  }

  @Test("a folder with the name of another entry, or without a flowfile.json")
  func strangers() async throws {
    let bad = try await written()
    try fixture.fileSystem.rename(bad.path, to: bad.path + "x")
    try fixture.fileSystem.makeFolder(fixture.path + "/errors/fitbit/run-1/good/empty")
    let damaged = try await folder.entries().damaged
    #expect(damaged.count == 2)
    #expect(damaged.contains { $0.reason.hasPrefix("flowfile.json is of ") })
    #expect(damaged.contains { $0.reason.hasSuffix("flowfile.json: No such file or directory") })
  }

  @Test("truncated or changed records are refused when they are loaded")
  func damagedRecords() async throws {
    let bad = try await written()
    let bytes = try fixture.fileSystem.read(bad.path + "/content")
    for length in stride(from: 0, to: bytes.count - 2, by: 7) {
      try disk.writeDurably(Array(bytes[..<length]), to: bad.path + "/content")
      await #expect(throws: Diagnostic.self) { try await folder.load(bad) }
    }
    try disk.writeDurably(bytes + Array("{}\n".utf8), to: bad.path + "/content")
    await #expect(throws: Diagnostic.self) { try await folder.load(bad) }
  }

  @Test("an impossible number of rows", arguments: [Int.max, Int.min, -1, 3])
  func impossibleCount(count: Int) {
    let lines = "{\"columns\":[],\"count\":\(count),\"dropped\":0}\n{}\n"
    #expect(throws: Diagnostic.self) { try RecordLines.batch(from: Array(lines.utf8)) }
  }

  @Test("other files and dot folders are not entries")
  func bystanders() async throws {
    try fixture.fileSystem.makeFolder(fixture.path + "/errors/fitbit/run-1/p/.half")
    for path in ["/errors/.gitkeep", "/errors/note.txt", "/errors/fitbit/run-1/p/note.txt"] {
      try disk.writeDurably([], to: fixture.path + path)
    }
    #expect(try await folder.entries() == ErrorListing())
  }
}
