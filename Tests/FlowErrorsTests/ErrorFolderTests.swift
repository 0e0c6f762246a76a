import FlowCore
import FlowErrors
import FlowFileSystem
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("The error folder")
struct ErrorFolderTests {
  let fixture: FileSystemFixture
  let folder: ErrorFolder

  init() throws {
    fixture = try FileSystemFixture()
    folder = ErrorFolderFixture.folder(fixture)
  }

  @Test("an entry is at flow, run, processor, uuid, readable only by the owner")
  func place() async throws {
    let entry = ErrorFolderFixture.entry(content: .bytes([1]))
    try await folder.write(entry)
    let path = "errors/fitbit/run-1/invoke-heart/\(entry.flowFile.id.text)/"
    #expect(
      try fixture.tree() == [
        "errors/", "errors/fitbit/", "errors/fitbit/run-1/", "errors/fitbit/run-1/invoke-heart/", path, path + "content",
        path + "flowfile.json",
      ])
    for relative in try fixture.tree() {
      let status = try #require(try fixture.fileSystem.status(fixture.path + "/" + relative))
      #expect(status.mode == (status.isFolder ? 0o700 : 0o600))
    }
  }

  @Test("flowfile.json has the documented members and no others")
  func members() async throws {
    var entry = ErrorFolderFixture.entry()
    entry.failure.status = nil
    try await folder.write(entry)
    let path = try #require(try await folder.entries().entries.first?.path)
    let json = try JSONSerialization.jsonObject(with: Data(try fixture.fileSystem.read(path + "/flowfile.json")))
    let members = try #require(json as? [String: Any])
    #expect(
      Set(members.keys) == [
        "uuid", "attributes", "lineage", "processor", "relationship", "cause", "message", "status", "attempts", "flow_sha256", "time",
        "retryable", "processor_type", "run", "flow", "content_type", "response_type", "way", "database", "provider", "flow_file",
      ])
    #expect(members["uuid"] as? String == entry.flowFile.id.text)
    #expect(members["attributes"] as? [String: String] == ["participant": "P0001"])
    #expect(members["lineage"] as? [String] == entry.lineage)
    #expect(members["processor"] as? String == "invoke heart")
    #expect(members["cause"] as? String == "server_error")
    #expect(members["status"] is NSNull)
    #expect(members["attempts"] as? Int == 5)
    #expect(members["time"] as? String == "2026-01-05T00:00:00Z")
    #expect(members["retryable"] as? Bool == true)
    #expect(try fixture.fileSystem.status(path + "/content") == nil)
  }

  @Test(
    "an entry is read back as it was, its content typed as it was",
    arguments: [
      Content.empty, .bytes([]), .bytes(Array("<html>".utf8)), .bytes(Array("{\"a\":1}".utf8)), .bytes([0xFF, 0, 10]),
      .records(ErrorFolderFixture.batch), .records(RecordBatch(columns: [], count: 0)),
      .records(RecordBatch(columns: [.init(name: "value", values: .integer([]))], count: 0)),
    ])
  func roundTrip(content: Content) async throws {
    let entry = ErrorFolderFixture.entry(content: content, attributes: ["participant": "P0001", "data_type": "ä\n\"/"])
    try await folder.write(entry)
    let listing = try await folder.entries(flow: "fitbit")
    #expect(listing.damaged == [])
    let stored = try #require(listing.entries.first)
    #expect(stored.participant == "P0001")
    #expect(try await folder.load(stored).saysTheSame(as: entry))
  }

  @Test("its origin, its path and its owner are kept")
  func whole() async throws {
    let belonging = EntryBelonging(
      database: EntryDatabase(id: "ab12", path: "study.sqlite"), provider: EntryProvider(name: "fitbit", address: "http://127.0.0.1:1"),
      flowFile: "fitbit.yaml")
    let folder = ErrorFolder(
      folder: fixture.path + "/errors", fileSystem: fixture.fileSystem, lane: InlineLane(), secrets: { _ in ["a-secret"] },
      belonging: { processor in processor == "invoke heart" ? belonging : EntryBelonging() })
    var entry = ErrorFolderFixture.entry(content: .records(ErrorFolderFixture.batch))
    entry.flowFile.response = Array("{\"said\":\"a-secret\"}".utf8)
    entry.way = ["read token file", "invoke heart"]
    try await folder.write(entry)
    let stored = try #require(try await folder.entries().entries.first)
    #expect(stored.document.way == entry.way)
    #expect(stored.document.database == belonging.database && stored.document.provider == belonging.provider)
    #expect(stored.document.flowFile == "fitbit.yaml")
    let loaded = try await folder.load(stored)
    #expect(loaded.flowFile.response.map { String(decoding: $0, as: UTF8.self) } == "{\"said\":\"[redacted]\"}")
    try fixture.fileSystem.removeFile(stored.path + "/response")
    #expect(try await folder.entries().damaged == [DamagedEntry(path: stored.path, reason: "response is missing")])
  }

  @Test("an entry of an older version without path, response and database is read")
  func earlierVersion() async throws {
    let entry = ErrorFolderFixture.entry(content: .bytes([1]))
    try await folder.write(entry)
    let path = try #require(try await folder.entries().entries.first?.path) + "/flowfile.json"
    let members = try JSONSerialization.jsonObject(with: Data(try fixture.fileSystem.read(path)))
    var earlier = try #require(members as? [String: Any])
    for name in ["way", "response_type", "database", "provider", "flow_file"] { earlier[name] = nil }
    try fixture.fileSystem.writeDurably(Array(try JSONSerialization.data(withJSONObject: earlier)), to: path)
    let stored = try #require(try await folder.entries().entries.first)
    #expect(stored.document.way == nil && stored.document.database == nil)
    #expect(try await folder.load(stored).saysTheSame(as: entry))
  }

  @Test("writing an entry reads none, however many there are")
  func writesWithoutReading() async throws {
    var calls: [Int] = []
    for count in [0, 40] {
      let fixture = try FileSystemFixture()
      for seed in 0..<UInt64(count) { try await ErrorFolderFixture.folder(fixture).write(ErrorFolderFixture.entry(seed + 10)) }
      let counting = FailingFileSystem(fixture.fileSystem)
      let folder = ErrorFolderFixture.folder(fixture, counting)
      try await folder.write(ErrorFolderFixture.entry(1, run: "run-2"))
      calls.append(counting.callCount)
    }
    #expect(calls[0] == calls[1])
  }

  @Test("records are lines of JSON that a person can read")
  func recordLines() async throws {
    let batch = RecordBatch(
      columns: [
        .init(name: "date", values: .text(["2026-01-05", "2026-01-06"])),
        .init(name: "steps", values: .integer([61, 0]), isNull: [false, true]),
      ], count: 2)
    try await folder.write(ErrorFolderFixture.entry(content: .records(batch)))
    let path = try #require(try await folder.entries().entries.first?.path)
    #expect(
      String(decoding: try fixture.fileSystem.read(path + "/content"), as: UTF8.self) == """
        {"columns":[{"kind":"text","name":"date"},{"kind":"integer","name":"steps","nullable":true}],"count":2,"dropped":0}
        {"date":"2026-01-05","steps":61}
        {"date":"2026-01-06","steps":null}

        """)
  }

  @Test("names that are not valid folder names still map to paths inside the error folder", arguments: ["../x", "a/b", ".hidden", "..", ""])
  func oddNames(name: String) async throws {
    try await folder.write(ErrorFolderFixture.entry(processor: name))
    let stored = try #require(try await folder.entries().entries.first)
    #expect(stored.document.processor == name)
    #expect(stored.path.hasPrefix(fixture.path + "/errors/fitbit/run-1/"))
    #expect(try fixture.fileSystem.names(in: fixture.path) == ["errors"])
  }

  @Test("entries are ordered by time, for one flow or for all")
  func order() async throws {
    for (seed, seconds) in [(1, 300), (2, 100), (3, 200)] as [(UInt64, Int64)] {
      try await folder.write(ErrorFolderFixture.entry(seed, run: "run-\(seed)", processor: "p\(seed)", seconds: seconds))
    }
    #expect(try await folder.entries(flow: "fitbit").entries.map(\.time.seconds) == [100, 200, 300])
    #expect(try await folder.entries().entries.count == 3)
    #expect(try await folder.entries(flow: "other").entries == [])
  }

  @Test("no folder means no entries")
  func absent() async throws {
    #expect(try await folder.entries() == ErrorListing())
  }

  @Test("removing an entry removes the folders left empty, and removing it again is not an error")
  func remove() async throws {
    try await folder.write(ErrorFolderFixture.entry(1, processor: "one"))
    try await folder.write(ErrorFolderFixture.entry(2, processor: "two"))
    let entries = try await folder.entries().entries
    let first = try #require(entries.first { $0.document.processor == "one" })
    try await folder.remove(first)
    try await folder.remove(first)
    #expect(try fixture.tree("errors/").contains("errors/fitbit/run-1/one/") == false)
    for entry in try await folder.entries().entries { try await folder.remove(entry) }
    #expect(try fixture.tree() == ["errors/"])
    // What was removed as empty is made again when it is needed.
    try await folder.write(ErrorFolderFixture.entry(3, processor: "one"))
    #expect(try await folder.entries().entries.count == 1)
  }

  @Test("check makes the folder and leaves nothing in it")
  func check() async throws {
    try await folder.check()
    #expect(try fixture.tree() == ["errors/"])
  }

  @Test("check says what to do if the folder cannot be created")
  func checkFails() async throws {
    try fixture.fileSystem.writeDurably([], to: fixture.path + "/errors")
    let stop = await #expect(throws: StopRun.self) { try await folder.check() }
    let path = fixture.path + "/errors"
    #expect(
      stop
        == StopRun(
          .failed, .disk,
          "the error folder '\(path)' cannot be written: cannot create folder \(path): Not a directory; make room or give access to it, or name another with --errors"
        ))
  }
}

/// What an entry holds of a content that is in a file.
@Suite("An error entry of a content in a file")
struct ClaimedContentEntryTests {
  @Test("holds its bytes, and those of the response")
  func bytes() async throws {
    let fixture = try FileSystemFixture()
    let folder = ErrorFolderFixture.folder(fixture)
    var entry = ErrorFolderFixture.entry()
    let path = fixture.path + "/claimed"
    try fixture.fileSystem.writeDurably(Array("{\"large\":1}".utf8), to: path)
    let claim = ContentClaim(path: path, sizeBytes: 11) { _ in }
    entry.flowFile.content = .claim(claim)
    entry.flowFile.response = nil
    entry.flowFile.responseClaim = claim
    try await folder.write(entry)
    let stored = try #require(try await folder.entries(flow: "fitbit").entries.first)
    let loaded = try await folder.load(stored).flowFile
    #expect(loaded.content == .bytes(Array("{\"large\":1}".utf8)) && loaded.response == Array("{\"large\":1}".utf8))
  }
}
