import FlowCore
import FlowCrypto
import FlowFileSystem
import FlowTesting
import Testing

@testable import FlowObjects

/// The requirements on every storage.
@Suite("Every object storage meets the same requirements", .timeLimit(.minutes(5)))
struct ObjectStorageTests {
  enum Subject: String, CaseIterable, CustomTestStringConvertible {
    case folder, memory = "folder in memory", bucket, parts = "bucket, in parts"
    var testDescription: String { rawValue }

    func storage(_ bench: ObjectBench) async throws -> any ObjectStorage {
      switch self {
      case .folder: FolderStorage(bench.path("raw"), fileSystem: POSIXFileSystem(), lane: DispatchLane(label: "test"), random: SystemRandomSource())
      // Its files are on the disk, the objects too: the double is only asked for what a folder needs.
      case .memory: FolderStorage(bench.path("deep/er/raw/"), fileSystem: GuardedFileSystem(POSIXFileSystem(), faults: FaultPlan()), lane: InlineLane(), random: SeededRandomSource(seed: 1))
      case .bucket: try await S3Server.shared().storage()
      case .parts: try await S3Server.shared().storage(singleLimitBytes: 4)
      }
    }
  }

  static let subjects = PythonTools.mayRun ? Subject.allCases : [.folder, .memory]

  @Test("an object is what was put, and is listed with its size", arguments: subjects)
  func putsAndFetches(_ subject: Subject) async throws {
    let bench = try ObjectBench(), storage = try await subject.storage(bench)
    try await bench.put("first", "provider=p/date=2026-01-05/run 1+2.jsonl.zst", to: storage)
    try await bench.put("", "empty", to: storage)
    #expect(try await bench.text("provider=p/date=2026-01-05/run 1+2.jsonl.zst", of: storage) == "first")
    #expect(try await bench.text("empty", of: storage) == "")
    #expect(
      try await storage.list("") == [StoredObject(key: "empty", sizeBytes: 0), StoredObject(key: "provider=p/date=2026-01-05/run 1+2.jsonl.zst", sizeBytes: 5)])
    #expect(try bench.fixture.fileSystem.names(in: bench.scratch) == [], "copies are removed")
  }

  @Test("keys with any characters but control characters come back as they were", arguments: subjects)
  func oddKeys(_ subject: Subject) async throws {
    let bench = try ObjectBench(), storage = try await subject.storage(bench)
    let keys = [
      "a b/c", "a+b", "a%2Fb", "a=b:c&d", "ä/ö/ü", "日本/語", "~tilde-._", "quote'\"<>&amp;", "x/...", "x/.hidden", "?#[]@!$()*,;", "back\\slash", "e\u{301}/1", "\u{E9}/1", "slash/\u{301}x", "😀",
    ]
    for key in keys { try await bench.put(key, key, to: storage) }
    for key in keys { #expect(try await bench.text(key, of: storage) == key) }
    let listed = try await storage.list("").map(\.key)
    #expect(listed == keys.sorted { ObjectKey.isBefore($0, $1) })
    for key in keys { try await storage.remove(key) }
    #expect(try await storage.list("") == [])
  }

  @Test("the same bytes again are accepted, other bytes are a conflict, and nothing is overwritten", arguments: subjects)
  func neverOverwrites(_ subject: Subject) async throws {
    let bench = try ObjectBench(), storage = try await subject.storage(bench)
    try await bench.put("the first text", "a/b", to: storage)
    try await bench.put("the first text", "a/b", to: storage)
    for text in ["another text", "the first tex_", ""] {
      let error = await failure { try await bench.put(text, "a/b", to: storage) }
      #expect(error?.kind == .conflict, "\(String(describing: error))")
      #expect(error?.message.contains("nothing was overwritten") == true && error?.message.contains(storage.location) == true)
    }
    #expect(try await bench.text("a/b", of: storage) == "the first text")
  }

  @Test("an object in memory is written as one in a file is", arguments: subjects)
  func writesFromMemory(_ subject: Subject) async throws {
    let bench = try ObjectBench(), storage = try await subject.storage(bench)
    let bytes = Array("in memory".utf8)
    for _ in 0..<2 { try await storage.put("a/b", from: .bytes(bytes), sha256: SHA256.digest(of: bytes)) }
    #expect(try await bench.text("a/b", of: storage) == "in memory")
    try await bench.put("in memory", "a/b", to: storage)
    let other = await failure { try await storage.put("a/b", from: .bytes([1]), sha256: SHA256.digest(of: [1] as [UInt8])) }
    #expect(other?.kind == .conflict)
    let wrong = await failure { try await storage.put("a/c", from: .bytes([1]), sha256: SHA256.digest(of: bytes)) }
    #expect(wrong?.kind == .disk && wrong?.message.contains("in memory") == true, "\(String(describing: wrong))")
    #expect(try await storage.list("").map(\.key) == ["a/b"])
  }

  @Test("of writers at the same time one wins, and the others learn that they have lost", arguments: subjects)
  func writersAtOnce(_ subject: Subject) async throws {
    let bench = try ObjectBench(), storage = try await subject.storage(bench)
    let outcomes = await withTaskGroup(of: (Int, ObjectStorageError?).self) { group in
      for writer in 0..<6 { group.addTask { (writer, await failure { try await bench.put("writer \(writer / 2)", "x/y", to: storage) }) } }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    let text = try await bench.text("x/y", of: storage)
    for writer in 0..<6 {
      #expect((outcomes[writer] ?? nil)?.kind == (text == "writer \(writer / 2)" ? nil : .conflict), "\(outcomes)")
    }
    #expect(try await storage.list("").count == 1)
  }

  @Test("a replaced object has the new bytes, its neighbours theirs; where there is none, one is written", arguments: subjects)
  func replaces(_ subject: Subject) async throws {
    let bench = try ObjectBench(), storage = try await subject.storage(bench)
    try await bench.put("neighbour", "a/c", to: storage)
    for text in ["the first text", "the second text", "", "the second text", "the second text"] {
      try await bench.replace(text, "a/b", in: storage)
      #expect(try await bench.text("a/b", of: storage) == text)
    }
    #expect(try await bench.text("a/c", of: storage) == "neighbour")
    #expect(try await storage.list("").map(\.key) == ["a/b", "a/c"])
    #expect(await failure { try await bench.put("another text", "a/b", to: storage) }?.kind == .conflict, "what was replaced is not put over")
  }

  @Test("of writers that replace one object at the same time one wins, and all succeed", arguments: subjects)
  func replacesAtOnce(_ subject: Subject) async throws {
    let bench = try ObjectBench(), storage = try await subject.storage(bench)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<6 { group.addTask { try await bench.replace("writer \(writer)", "x/y", in: storage) } }
      try await group.waitForAll()
    }
    #expect(try await (0..<6).map { "writer \($0)" }.contains(bench.text("x/y", of: storage)))
    #expect(try await storage.list("").map(\.key) == ["x/y"])
  }

  @Test("a list has what begins with the prefix, in the order of bytes", arguments: subjects)
  func lists(_ subject: Subject) async throws {
    let bench = try ObjectBench(), storage = try await subject.storage(bench)
    for prefix in ["", "nothing/here"] { #expect(try await storage.list(prefix) == []) }
    for key in ["a/b/c", "a/b-c", "a/B", "a!", "a/b/d/e", "b"] { try await bench.put("text", key, to: storage) }
    func keys(_ prefix: String) async throws -> [String] { try await storage.list(prefix).map(\.key) }
    #expect(try await keys("") == ["a!", "a/B", "a/b-c", "a/b/c", "a/b/d/e", "b"])
    #expect(try await keys("a/") == ["a/B", "a/b-c", "a/b/c", "a/b/d/e"])
    #expect(try await keys("a/b") == ["a/b-c", "a/b/c", "a/b/d/e"])
    #expect(try await keys("a/b/") == ["a/b/c", "a/b/d/e"])
    #expect(try await keys("a/b/c") == ["a/b/c"])
    for prefix in ["b/", "c"] { #expect(try await keys(prefix) == []) }
  }

  @Test("a removed object is gone, its neighbours are not, and removing it again succeeds", arguments: subjects)
  func removes(_ subject: Subject) async throws {
    let bench = try ObjectBench(), storage = try await subject.storage(bench)
    for key in ["a/b", "a/c"] { try await bench.put("text", key, to: storage) }
    for _ in 0..<2 { try await storage.remove("a/b") }
    try await storage.remove("never/there")
    #expect(try await storage.list("").map(\.key) == ["a/c"])
    let error = await failure { _ = try await storage.fetch("a/b", scratch: bench.scratch) }
    #expect(error?.kind == .notFound && error?.message.contains("'a/b'") == true, "\(String(describing: error))")
    #expect(try bench.fixture.fileSystem.names(in: bench.scratch) == [], "no part of a copy is left")
    try await bench.put("again", "a/b", to: storage)
    #expect(try await bench.text("a/b", of: storage) == "again")
  }

  @Test("a key that could leave the storage or that another storage would not take is refused", arguments: subjects)
  func refusesKeys(_ subject: Subject) async throws {
    let bench = try ObjectBench(), storage = try await subject.storage(bench)
    let file = try bench.file("text")
    let keys = [
      "", "/", "/a", "a/", "a//b", "..", "../\u{301}x", "a/..", "a/../b", "../a", "./a", "a/.", "a\nb", "a\0b", "a\u{7F}", "a\u{85}b", ".flowrun-1", "a/.flowrun-x/b",
      String(repeating: "x", count: 256), String(repeating: "x/", count: 512) + "yy",
    ]
    for key in keys {
      for error in [
        await failure { try await storage.put(key, from: file.path, sha256: file.sha256) }, await failure { try await storage.remove(key) },
        await failure { try await storage.replace(key, from: file.path, sha256: file.sha256) },
        await failure { _ = try await storage.fetch(key, scratch: bench.scratch) },
      ] { #expect(error?.kind == .invalid, "\(key): \(String(describing: error))") }
    }
    for prefix in ["/", "../", "a//b", "a/../", "a\n"] { #expect(await failure { _ = try await storage.list(prefix) }?.kind == .invalid, "\(prefix)") }
    #expect(try await storage.list("") == [])
  }

  @Test("a file that is not what was said, or is gone, is not put and replaces nothing", arguments: subjects)
  func checksTheFile(_ subject: Subject) async throws {
    let bench = try ObjectBench(), storage = try await subject.storage(bench)
    let file = try bench.file("damaged text")
    let other = await failure { try await storage.put("a", from: file.path, sha256: SHA256.digest(of: "text".utf8)) }
    #expect(other?.kind == .disk && other?.message.contains("SHA-256") == true, "\(String(describing: other))")
    let gone = await failure { try await storage.put("a", from: bench.path("source/gone"), sha256: file.sha256) }
    #expect(gone?.kind == .disk && gone?.message.contains("source/gone") == true, "\(String(describing: gone))")
    #expect(try await storage.list("") == [])
    try await bench.put("the old text", "a", to: storage)
    for (path, problem) in [(file.path, "SHA-256"), (bench.path("source/gone"), "source/gone")] {
      let error = await failure { try await storage.replace("a", from: path, sha256: SHA256.digest(of: "text".utf8)) }
      #expect(error?.kind == .disk && error?.message.contains(problem) == true, "\(String(describing: error))")
    }
    #expect(try await bench.text("a", of: storage) == "the old text")
  }
}
