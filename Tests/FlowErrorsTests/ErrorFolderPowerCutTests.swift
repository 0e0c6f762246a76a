import FlowCore
import FlowErrors
import FlowTesting
import StudyModel
import Testing

@Suite("Error entries and power cuts")
struct ErrorFolderPowerCutTests {
  private static let entry = ErrorFolderFixture.entry(content: .records(ErrorFolderFixture.batch))
  private static let other = ErrorFolderFixture.entry(2, content: .bytes(Array(#"{"a":1}"#.utf8)), attributes: ["participant": "P0002"])

  private static func folder(_ files: any FileSystem, _ path: String) -> ErrorFolder {
    ErrorFolder(folder: path + "/errors", fileSystem: files, lane: InlineLane())
  }

  /// Nothing half there; what is there says what was written; the next run clears what is left of half a step.
  private static func check(_ fixture: FileSystemFixture, _ comment: Comment) async throws -> Set<FlowFileID> {
    let folder = folder(fixture.fileSystem, fixture.path)
    let listing = try await folder.entries()
    #expect(listing.damaged == [], comment)
    var ids: Set<FlowFileID> = []
    for stored in listing.entries {
      let loaded = try await folder.load(stored)
      #expect([entry, other].contains { $0.saysTheSame(as: loaded) }, comment)
      ids.insert(loaded.flowFile.id)
    }
    try await folder.clean()
    #expect(try fixture.tree().filter { $0.contains("/.") } == [], comment)
    return ids
  }

  @Test("a written entry is present; before that it is complete or absent")
  func written() async throws {
    let calls = try await PowerCut.callCount { try await Self.folder($0, $1).write(Self.entry) }
    for call in 1...calls + 1 {
      for seed in 1...6 as ClosedRange<UInt64> {
        let fixture = try FileSystemFixture()
        let isDone = try await PowerCut.at(call <= calls ? call : nil, seed: seed, fixture) { try await Self.folder($0, $1).write(Self.entry) }
        let ids = try await Self.check(fixture, "call \(call), seed \(seed)")
        #expect(ids == [Self.entry.flowFile.id] || (!isDone && ids.isEmpty), "call \(call), seed \(seed)")
      }
    }
  }

  @Test("a removed entry stays removed, before that it is complete or absent, and its neighbour is untouched")
  func removed() async throws {
    func prepare(_ fixture: FileSystemFixture) async throws {
      try await Self.folder(fixture.fileSystem, fixture.path).write(Self.entry)
      try await Self.folder(fixture.fileSystem, fixture.path).write(Self.other)
    }
    func remove(_ files: any FileSystem, _ path: String) async throws {
      let folder = Self.folder(files, path)
      // The power may go while the entries are read: then nothing was removed.
      guard let stored = try await folder.entries().entries.first(where: { $0.document.uuid == Self.entry.flowFile.id.text }) else {
        throw PowerCut.error
      }
      try await folder.remove(stored)
    }
    let calls = try await PowerCut.callCount(prepare, remove)
    for call in 1...calls + 1 {
      for seed in 1...24 as ClosedRange<UInt64> {
        let fixture = try FileSystemFixture()
        try await prepare(fixture)
        let isDone = try await PowerCut.at(call <= calls ? call : nil, seed: seed, fixture, remove)
        let ids = try await Self.check(fixture, "call \(call), seed \(seed)")
        #expect(ids.contains(Self.other.flowFile.id), "call \(call), seed \(seed)")
        if isDone { #expect(ids == [Self.other.flowFile.id], "call \(call), seed \(seed)") }
      }
    }
  }
}
