import FlowCore
import FlowCrypto
import FlowFileSystem
import FlowTesting
import Testing

@testable import FlowObjects

@Suite("Objects in a folder")
struct FolderStorageTests {
  private static func storage(_ path: String, _ files: any FileSystem, seed: UInt64 = 1) -> FolderStorage {
    FolderStorage(path + "/deep/raw", fileSystem: files, lane: InlineLane(), random: SeededRandomSource(seed: seed))
  }

  private static let text = String(repeating: "some text of an object\n", count: 100)

  @Test("objects and folders are their owner's only")
  func modes() async throws {
    let bench = try ObjectBench()
    try await bench.put("text", "a/b", to: Self.storage(bench.fixture.path, POSIXFileSystem()))
    #expect(try bench.fixture.fileSystem.status(bench.path("deep/raw/a/b"))?.mode == 0o600)
    #expect(try bench.fixture.fileSystem.status(bench.path("deep/raw/a"))?.mode == 0o700)
  }

  @Test("a call that fails leaves no half object and changes none; the next try succeeds and clears up", arguments: FailingFileSystem.Pattern.allCases, [5, 28, 13] as [Int32])
  func everyCallFails(_ pattern: FailingFileSystem.Pattern, errno: Int32) async throws {
    func prepared() async throws -> (ObjectBench, path: String, sha256: [UInt8]) {
      let bench = try ObjectBench(), file = try bench.file(Self.text)
      try await bench.put("old", "a/old", to: Self.storage(bench.fixture.path, POSIXFileSystem()))
      return (bench, file.path, file.sha256)
    }
    let (counted, path, sha256) = try await prepared()
    let counting = FailingFileSystem(POSIXFileSystem())
    try await Self.storage(counted.fixture.path, counting).put("a/b/new", from: path, sha256: sha256)
    #expect(counting.callCount > 20)
    for call in 1...counting.callCount {
      let (bench, path, sha256) = try await prepared()
      let failing = FailingFileSystem(POSIXFileSystem(), failing: call, pattern: pattern, error: errno)
      let error = await failure { try await Self.storage(bench.fixture.path, failing).put("a/b/new", from: path, sha256: sha256) }
      if let error { #expect([.disk, .denied].contains(error.kind), "call \(call): \(error)") }
      let after = Self.storage(bench.fixture.path, POSIXFileSystem(), seed: 2)
      let keys = try await after.list("").map(\.key)
      #expect(keys == ["a/b/new", "a/old"] || (error != nil && keys == ["a/old"]), "call \(call): \(keys)")
      if keys.count == 2 { #expect(try await bench.text("a/b/new", of: after) == Self.text, "call \(call)") }
      #expect(try await bench.text("a/old", of: after) == "old")
      try await after.put("a/b/new", from: path, sha256: sha256)
      try await bench.put("another", "a/b/another", to: after)
      #expect(try await bench.text("a/b/new", of: after) == Self.text, "call \(call)")
      #expect(try bench.fixture.tree("deep/").filter { $0.contains("/.") } == [], "call \(call)")
    }
  }

  @Test("what put has reported survives a power cut; before that an object is whole or absent")
  func powerCut() async throws {
    let source = try ObjectBench(), file = try source.file(Self.text)
    @Sendable func work(_ files: any FileSystem, _ path: String) async throws {
      try await Self.storage(path, files).put("a/b/new", from: file.path, sha256: file.sha256)
    }
    let calls = try await PowerCut.callCount { try await work($0, $1) }
    for call in 1...calls + 1 {
      for seed in 1...8 as ClosedRange<UInt64> {
        let fixture = try FileSystemFixture()
        let isDone = try await PowerCut.at(call <= calls ? call : nil, seed: seed, fixture) { try await work($0, $1) }
        let after = Self.storage(fixture.path, POSIXFileSystem(), seed: 2)
        let keys = try await after.list("").map(\.key)
        #expect(keys == ["a/b/new"] || (!isDone && keys == []), "call \(call), seed \(seed): \(keys)")
        if !keys.isEmpty { #expect(try await source.text("a/b/new", of: after) == Self.text, "call \(call), seed \(seed)") }
        // A second power cut after the repetition: what was found there is made durable too.
        let isRepeated = try await PowerCut.at(nil, seed: seed, fixture) { try await work($0, $1) }
        #expect(isRepeated)
        #expect(try await source.text("a/b/new", of: after) == Self.text, "call \(call), seed \(seed)")
      }
    }
  }

  @Test("a removed object stays removed after a power cut, and its neighbour stays")
  func removalSurvives() async throws {
    let source = try ObjectBench()
    func prepare(_ fixture: FileSystemFixture) async throws {
      let storage = Self.storage(fixture.path, POSIXFileSystem())
      for key in ["a/b", "a/c"] { try await source.put("text", key, to: storage) }
    }
    let calls = try await PowerCut.callCount(prepare) { try await Self.storage($1, $0).remove("a/b") }
    for call in 1...calls + 1 {
      for seed in 1...8 as ClosedRange<UInt64> {
        let fixture = try FileSystemFixture()
        try await prepare(fixture)
        let isDone = try await PowerCut.at(call <= calls ? call : nil, seed: seed, fixture) { try await Self.storage($1, $0).remove("a/b") }
        let keys = try await Self.storage(fixture.path, POSIXFileSystem()).list("").map(\.key)
        #expect(keys == ["a/c"] || (!isDone && keys == ["a/b", "a/c"]), "call \(call), seed \(seed): \(keys)")
      }
    }
  }

  @Test("an object that appears just before the last step is not replaced", arguments: [("other text", true), (text, false)])
  func takenAtTheLastMoment(_ other: String, isConflict: Bool) async throws {
    let bench = try ObjectBench(), file = try bench.file(Self.text), target = bench.path("deep/raw/a")
    let files = GuardedFileSystem(
      POSIXFileSystem(),
      before: { boundary, path in
        if boundary == "file.rename", try POSIXFileSystem().status(target) == nil { try POSIXFileSystem().writeDurably(Array(other.utf8), to: path) }
      })
    let error = await failure { try await Self.storage(bench.fixture.path, files).put("a", from: file.path, sha256: file.sha256) }
    #expect(error?.kind == (isConflict ? .conflict : nil), "\(String(describing: error))")
    #expect(try bench.fixture.tree("deep/") == ["raw/", "raw/a"].map { "deep/" + $0 })
    #expect(String(decoding: try POSIXFileSystem().read(target), as: UTF8.self) == other)
  }

  @Test("unfinished files of others are ignored; those that nobody writes any more are removed, those in use are not")
  func leftovers() async throws {
    let bench = try ObjectBench(), files = POSIXFileSystem(), storage = Self.storage(bench.fixture.path, files)
    try await bench.put("text", "a/b", to: storage)
    try files.writeDurably([1], to: bench.path("deep/raw/a/.flowrun-left"))
    let used = try files.open(bench.path("deep/raw/a/.flowrun-used"), .readWrite(mode: 0o600))
    defer { files.close(used) }
    #expect(try files.lock(used, offset: 0, length: 1, path: "used"))
    #expect(try await storage.list("").map(\.key) == ["a/b"])
    try await bench.put("text", "a/c", to: Self.storage(bench.fixture.path, files, seed: 2))
    #expect(try files.names(in: bench.path("deep/raw/a")) == [".flowrun-used", "b", "c"])
  }

  @Test("an unfinished file that somebody removed, or whose folder is gone, is written again")
  func lostTemporary() async throws {
    for losesFolder in [false, true] {
      let bench = try ObjectBench(), file = try bench.file(Self.text), count = Locked(0), folder = bench.path("deep/raw/a")
      let files = GuardedFileSystem(
        POSIXFileSystem(),
        before: { boundary, _ in
          guard boundary == "file.rename", count.withLock({ $0 += 1; return $0 }) == 1 else { return }
          for name in try POSIXFileSystem().names(in: folder) { try POSIXFileSystem().removeFile(folder + "/" + name) }
          if losesFolder { try POSIXFileSystem().removeFolder(folder) }
        })
      let storage = Self.storage(bench.fixture.path, files)
      try await storage.put("a/b", from: file.path, sha256: file.sha256)
      #expect(try await bench.text("a/b", of: storage) == Self.text)
      #expect(count.withLock { $0 } == 2)
    }
  }

  @Test("a folder, a pipe or a file in the way is named, and left alone")
  func inTheWay() async throws {
    let bench = try ObjectBench(), files = POSIXFileSystem(), storage = Self.storage(bench.fixture.path, files)
    try files.makeFolder(bench.path("deep/raw/folder"))
    try files.writeDurably([1], to: bench.path("deep/raw/file"))
    #expect(await failure { try await bench.put("text", "folder", to: storage) }?.kind == .conflict)
    let error = await failure { try await bench.put("text", "file/below", to: storage) }
    #expect(error?.kind == .disk && error?.message.contains("deep/raw/file") == true, "\(String(describing: error))")
    try await storage.remove("folder")
    #expect(try bench.fixture.tree("deep/raw/") == ["deep/raw/file", "deep/raw/folder/"])
    #expect(await failure { _ = try await storage.fetch("folder", scratch: bench.scratch) }?.kind == .notFound)
  }

  @Test("a link to a folder above makes a list fail, not endless", .timeLimit(.minutes(5)))
  func linkInCircles() async throws {
    let bench = try ObjectBench(), storage = Self.storage(bench.fixture.path, POSIXFileSystem())
    try await bench.put("text", "a/b", to: storage)
    try FileLinks.make(at: bench.path("deep/raw/a/again"), to: bench.path("deep/raw"))
    #expect(try await storage.list("a/b").map(\.key) == ["a/b"])
    let error = await failure { _ = try await storage.list("") }
    #expect(error?.kind == .disk && error?.message.contains("a/again/a/again") == true, "\(String(describing: error))")
  }
}
