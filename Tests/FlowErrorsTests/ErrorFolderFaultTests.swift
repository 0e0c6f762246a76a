import FlowCore
import FlowErrors
import FlowFileSystem
import FlowTesting
import StudyModel
import Testing

@Suite("An entry appears completely or not at all")
struct ErrorFolderFaultTests {
  static let entry = ErrorFolderFixture.entry(content: .records(ErrorFolderFixture.batch))

  /// How many calls the disk sees while `body` runs without a fault.
  private func callCount(_ body: (ErrorFolder, FileSystemFixture) async throws -> Void) async throws -> Int {
    let fixture = try FileSystemFixture()
    let counting = FailingFileSystem(fixture.fileSystem)
    try await body(ErrorFolderFixture.folder(fixture, counting), fixture)
    return counting.callCount
  }

  @Test("whichever call fails, once or ever after", arguments: FailingFileSystem.Pattern.allCases, [28, 2] as [Int32])
  func everyCall(pattern: FailingFileSystem.Pattern, error: Int32) async throws {
    let calls = try await callCount { folder, _ in try await folder.write(Self.entry) }
    #expect(calls > 15)
    for failing in 1...calls {
      let fixture = try FileSystemFixture()
      let faulty = FailingFileSystem(fixture.fileSystem, failing: failing, pattern: pattern, error: error)
      let folder = ErrorFolderFixture.folder(fixture, faulty)
      var isWritten = true
      do { try await folder.write(Self.entry) } catch {
        isWritten = false
        #expect((error as? StopRun)?.reason == .failed)
      }
      let healthy = ErrorFolderFixture.folder(fixture)
      let listing = try await healthy.entries()
      #expect(listing.damaged == [], "call \(failing)")
      #expect(listing.entries.count == 1 || (!isWritten && listing.entries.isEmpty), "call \(failing)")
      for stored in listing.entries { #expect(try await healthy.load(stored).saysTheSame(as: Self.entry)) }

      // The same FlowFile comes again once the disk is well: one entry, and nothing else.
      try await healthy.write(Self.entry)
      try await healthy.clean()
      #expect(try await healthy.entries().entries.count == 1)
      #expect(try fixture.tree().filter { $0.contains("/.") } == [])
    }
  }

  @Test("a removal that fails anywhere leaves a complete entry or none", arguments: FailingFileSystem.Pattern.allCases)
  func removal(pattern: FailingFileSystem.Pattern) async throws {
    let calls = try await callCount { folder, fixture in
      try await folder.write(Self.entry)
      let stored = try #require(try await folder.entries().entries.first)
      try await folder.remove(stored)
    }
    for failing in 1...calls {
      let fixture = try FileSystemFixture()
      let healthy = ErrorFolderFixture.folder(fixture)
      try await healthy.write(Self.entry)
      let stored = try #require(try await healthy.entries().entries.first)
      let faulty = ErrorFolderFixture.folder(fixture, FailingFileSystem(fixture.fileSystem, failing: failing, pattern: pattern, error: 5))
      do { try await faulty.remove(stored) } catch { #expect(error is FileSystemError) }
      let listing = try await healthy.entries()
      #expect(listing.damaged == [])
      for stored in listing.entries { #expect(try await healthy.load(stored).saysTheSame(as: Self.entry)) }
      try await healthy.remove(stored)
      try await healthy.clean()
      #expect(try fixture.tree() == ["errors/"])
    }
  }

  @Test("what a killed writer left is removed, what a running one writes is not")
  func leftovers() async throws {
    let fixture = try FileSystemFixture()
    let folder = ErrorFolderFixture.folder(fixture)
    let place = fixture.path + "/errors/fitbit/run-0/p"
    for name in [".dead", ".alive", ".removed-x"] {
      try fixture.fileSystem.makeFolder("\(place)/\(name)")
      try fixture.fileSystem.writeDurably(Array("{".utf8), to: "\(place)/\(name)/flowfile.json")
    }
    try fixture.fileSystem.makeFolder(fixture.path + "/errors/fitbit/run-0/q")
    let alive = "\(place)/.alive/flowfile.json"
    let descriptor = try fixture.fileSystem.open(alive, .readWrite(mode: 0o600))
    #expect(try fixture.fileSystem.lock(descriptor, offset: 0, length: 1, path: alive))
    try await folder.clean()
    #expect(try fixture.tree("errors/fitbit/run-0/") == ["p/", "p/.alive/", "p/.alive/flowfile.json"].map { "errors/fitbit/run-0/" + $0 })
    fixture.fileSystem.close(descriptor)
    try await folder.clean()
    #expect(try fixture.tree() == ["errors/"])
  }

  @Test("a full disk is reported with what to do about it")
  func words() async throws {
    let fixture = try FileSystemFixture()
    let folder = ErrorFolderFixture.folder(fixture, FailingFileSystem(fixture.fileSystem, failing: 3, pattern: .everAfter))
    let stop = await #expect(throws: StopRun.self) { try await folder.write(Self.entry) }
    #expect(stop?.cause == .disk)
    #expect(stop?.message.hasSuffix("make room or give access to it, or name another with --errors") == true)
  }
}
