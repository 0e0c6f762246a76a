import FlowCore
import FlowFileSystem
import FlowTesting
import Testing

/// The requirements on every file system, the machine's and its test doubles.
@Suite("Every file system meets the same requirements")
struct FileSystemConformanceTests {
  enum Subject: String, CaseIterable, CustomTestStringConvertible {
    case machine, memory, guarded, failing, powerCut = "power cut"
    var testDescription: String { rawValue }
  }

  /// A file system with an empty folder in it.
  private struct Bench {
    let fileSystem: any FileSystem
    let root: String
    private let fixture: FileSystemFixture

    init(_ subject: Subject) throws {
      fixture = try FileSystemFixture()
      root = subject == .memory ? "root" : fixture.path
      fileSystem =
        switch subject {
        case .machine: POSIXFileSystem()
        case .memory: MemoryFileSystem(folders: ["root"])
        case .guarded: GuardedFileSystem(POSIXFileSystem(), faults: FaultPlan())
        case .failing: FailingFileSystem(POSIXFileSystem())
        case .powerCut: try PowerCutFileSystem(POSIXFileSystem(), root: fixture.path)
        }
    }

    func path(_ name: String) -> String { root + "/" + name }
    func put(_ name: String, _ bytes: [UInt8] = [1]) throws { try fileSystem.writeDurably(bytes, to: path(name)) }

    /// Expects an error that leaves everything unchanged.
    func refuses(_ words: Comment, _ body: () throws -> Void) throws {
      let before = try tree()
      #expect(throws: FileSystemError.self, words) { try body() }
      #expect(try tree() == before, words)
    }

    /// Every path below, folders with a trailing slash.
    func tree(_ below: String = "") throws -> [String] {
      try fileSystem.names(in: below.isEmpty ? root : path(String(below.dropLast()))).flatMap { name -> [String] in
        guard try fileSystem.status(path(below + name))?.isFolder == true else { return [below + name] }
        return [below + name + "/"] + (try tree(below + name + "/"))
      }
    }
  }

  // MARK: Files

  @Test("room that is reserved changes neither size nor content, and writing less than it leaves nothing behind", arguments: Subject.allCases)
  func reserves(_ subject: Subject) throws {
    let bench = try Bench(subject)
    let descriptor = try bench.fileSystem.open(bench.path("file"), .replace(mode: 0o600))
    try bench.fileSystem.reserve(100_000, in: descriptor, path: bench.path("file"))
    #expect(try bench.fileSystem.status(bench.path("file"))?.sizeBytes == 0)
    try bench.fileSystem.write([1, 2, 3], to: descriptor, path: bench.path("file"))
    bench.fileSystem.close(descriptor)
    #expect(try bench.fileSystem.read(bench.path("file")) == [1, 2, 3])
    #expect(throws: FileSystemError.self) { try bench.fileSystem.reserve(1, in: 9999, path: "closed") }
  }

  @Test("a written file of any size is read back, by its owner only", arguments: Subject.allCases)
  func writesAndReads(_ subject: Subject) throws {
    let bench = try Bench(subject)
    for size in [0, 1, 65_535, 65_536, 65_537, 300_000] {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try bench.put("file", bytes)
      #expect(try bench.fileSystem.read(bench.path("file")) == bytes)
      #expect(
        try bench.fileSystem.status(bench.path("file")) == FileStatus(isFolder: false, isRegularFile: true, sizeBytes: Int64(size), mode: 0o600))
    }
  }

  @Test("writes append, and a read continues where the previous one ended", arguments: Subject.allCases)
  func positions(_ subject: Subject) throws {
    let bench = try Bench(subject), path = bench.path("file")
    let descriptor = try bench.fileSystem.open(path, .readWrite(mode: 0o600))
    defer { bench.fileSystem.close(descriptor) }
    try bench.fileSystem.write([1, 2], to: descriptor, path: path)
    try bench.fileSystem.write([3], to: descriptor, path: path)
    #expect(try bench.fileSystem.readAll(descriptor, path: path, limitBytes: 10).isEmpty)
    #expect(try bench.fileSystem.read(path) == [1, 2, 3])
    let second = try bench.fileSystem.open(path, .readWrite(mode: 0o600))
    defer { bench.fileSystem.close(second) }
    #expect(try bench.fileSystem.readAll(second, path: path, limitBytes: 10) == [1, 2, 3], "readWrite keeps what is there")
  }

  @Test("a file above the limit is rejected with its name; one of exactly the limit is read", arguments: Subject.allCases)
  func limit(_ subject: Subject) throws {
    let bench = try Bench(subject)
    try bench.put("file", [1, 2, 3])
    #expect(try bench.fileSystem.read(bench.path("file"), limitBytes: 3) == [1, 2, 3])
    let error = #expect(throws: FileSystemError.self) { try bench.fileSystem.read(bench.path("file"), limitBytes: 2) }
    #expect(error?.description == "cannot read \(bench.path("file")): larger than the limit of 2 bytes")
  }

  @Test("a replaced file loses its content and the rights of others", arguments: Subject.allCases)
  func replaces(_ subject: Subject) throws {
    let bench = try Bench(subject)
    try bench.fileSystem.writeDurably([1, 2, 3], to: bench.path("file"), mode: 0o644)
    try bench.put("file", [9])
    #expect(try bench.fileSystem.read(bench.path("file")) == [9])
    #expect(try bench.fileSystem.status(bench.path("file"))?.mode == 0o600)
  }

  @Test("a new file is created with its mode; what has the name already is left alone", arguments: Subject.allCases)
  func creates(_ subject: Subject) throws {
    let bench = try Bench(subject), fileSystem = bench.fileSystem
    try fileSystem.createDurably([1, 2], at: bench.path("file"), mode: 0o600)
    #expect(try fileSystem.read(bench.path("file")) == [1, 2] && fileSystem.status(bench.path("file"))?.mode == 0o600)
    try fileSystem.makeFolder(bench.path("folder"))
    for name in ["file", "folder", "none/file"] { try bench.refuses("\(name)") { try fileSystem.createDurably([9], at: bench.path(name)) } }
    #expect(#expect(throws: FileSystemError.self) { try fileSystem.createDurably([9], at: bench.path("file")) }?.errno == 17)
    #expect(try fileSystem.read(bench.path("file")) == [1, 2])
  }

  @Test("a durable replacement leaves no temporary file", arguments: Subject.allCases)
  func replacesDurably(_ subject: Subject) throws {
    let bench = try Bench(subject)
    for byte in [1, 2] as [UInt8] {
      try bench.fileSystem.replaceDurably(bench.path("file"), with: [byte], temporary: bench.path(".file.new"))
      #expect(try bench.fileSystem.read(bench.path("file")) == [byte])
    }
    #expect(try bench.tree() == ["file"])
  }

  @Test("a descriptor allows its own operations until it is closed", arguments: Subject.allCases)
  func descriptors(_ subject: Subject) throws {
    let bench = try Bench(subject), path = bench.path("file")
    try bench.put("file")
    let reading = try bench.fileSystem.open(path, .read)
    try bench.refuses("a file opened for reading is written") { try bench.fileSystem.write([1], to: reading, path: path) }
    bench.fileSystem.close(reading)
    let writing = try bench.fileSystem.open(path, .replace(mode: 0o600))
    #expect(throws: FileSystemError.self) { try bench.fileSystem.readAll(writing, path: path, limitBytes: 10) }
    bench.fileSystem.close(writing)
    try bench.refuses("a folder is read as a file") { _ = try bench.fileSystem.read(bench.root) }
    try bench.refuses("a file is opened as a folder") { _ = try bench.fileSystem.open(path, .folder) }
    try bench.refuses("a folder is opened as a file") { _ = try bench.fileSystem.open(bench.root, .replace(mode: 0o600)) }
  }

  // MARK: Names

  @Test("a missing file is an error, except for its status", arguments: Subject.allCases)
  func missing(_ subject: Subject) throws {
    let bench = try Bench(subject), files = bench.fileSystem, missing = bench.path("missing")
    try bench.put("file")
    try bench.refuses("read") { _ = try files.read(missing) }
    try bench.refuses("list") { _ = try files.names(in: missing) }
    try bench.refuses("remove") { try files.removeFile(missing) }
    try bench.refuses("rename") { try files.rename(missing, to: bench.path("other")) }
    try bench.refuses("rename into") { try files.rename(bench.path("file"), to: missing + "/file") }
    try bench.refuses("open as a folder") { _ = try files.open(missing, .folder) }
    try bench.refuses("write below") { try files.writeDurably([1], to: missing + "/file") }
    try bench.refuses("write below a file") { try files.writeDurably([1], to: bench.path("file/below")) }
    try bench.refuses("list a file") { _ = try files.names(in: bench.path("file")) }
    #expect(try files.status(missing) == nil && files.status(missing + "/below") == nil && files.status(bench.path("file/below")) == nil)
    try files.removeFolder(missing)
    #expect(try !files.removeFolderIfEmpty(missing))
  }

  @Test("an empty path and one with NUL are rejected", arguments: Subject.allCases)
  func unusablePaths(_ subject: Subject) throws {
    let bench = try Bench(subject)
    try bench.put("file")
    for path in ["", bench.path("file\0.json")] {
      try bench.refuses("read") { _ = try bench.fileSystem.read(path) }
      try bench.refuses("remove") { try bench.fileSystem.removeFile(path) }
      try bench.refuses("look") { _ = try bench.fileSystem.status(path) }
    }
  }

  @Test("a rename replaces a file, and moves a folder with its contents", arguments: Subject.allCases)
  func renames(_ subject: Subject) throws {
    let bench = try Bench(subject), files = bench.fileSystem
    try bench.put("old", [1])
    try bench.put("new", [2])
    try files.rename(bench.path("new"), to: bench.path("old"))
    #expect(try files.read(bench.path("old")) == [2] && bench.tree() == ["old"])
    try files.makeFolder(bench.path("folder/deep"))
    try bench.put("folder/deep/file", [3])
    try bench.refuses("a file over a folder") { try files.rename(bench.path("old"), to: bench.path("folder")) }
    try bench.refuses("a folder over a file") { try files.rename(bench.path("folder"), to: bench.path("old")) }
    try files.rename(bench.path("folder"), to: bench.path("moved"))
    #expect(try files.read(bench.path("moved/deep/file")) == [3] && bench.tree() == ["moved/", "moved/deep/", "moved/deep/file", "old"])
  }

  @Test("an exclusive rename gives a file another name, unless something has it", arguments: Subject.allCases)
  func renamesExclusively(_ subject: Subject) throws {
    let bench = try Bench(subject), files = bench.fileSystem
    try bench.put("old", [1])
    try bench.put("taken", [2])
    try files.makeFolder(bench.path("folder"))
    for name in ["taken", "folder"] { #expect(try !files.renameExclusively(bench.path("old"), to: bench.path(name))) }
    try bench.refuses("a missing file") { _ = try files.renameExclusively(bench.path("missing"), to: bench.path("new")) }
    try bench.refuses("into a missing folder") { _ = try files.renameExclusively(bench.path("old"), to: bench.path("missing/new")) }
    #expect(try files.renameExclusively(bench.path("old"), to: bench.path("new")))
    #expect(try files.read(bench.path("new")) == [1] && files.read(bench.path("taken")) == [2] && bench.tree() == ["folder/", "new", "taken"])
  }

  @Test("a file is read in pieces, each where the previous one ended", arguments: Subject.allCases)
  func readsInPieces(_ subject: Subject) throws {
    let bench = try Bench(subject), path = bench.path("file"), bytes = (0..<250).map { UInt8($0) }
    try bench.put("file", bytes)
    let descriptor = try bench.fileSystem.open(path, .read)
    defer { bench.fileSystem.close(descriptor) }
    var pieces: [[UInt8]] = []
    while let piece = try Optional(bench.fileSystem.readNext(descriptor, path: path, limitBytes: 100)), !piece.isEmpty { pieces.append(piece) }
    #expect(pieces.map(\.count) == [100, 100, 50] && pieces.flatMap { $0 } == bytes)
    #expect(try bench.fileSystem.readNext(descriptor, path: path, limitBytes: 100) == [])
  }

  @Test("the names in a folder are sorted, without those of subfolders", arguments: Subject.allCases)
  func names(_ subject: Subject) throws {
    let bench = try Bench(subject)
    for name in ["b", "ä", ".hidden", "a", "B"] { try bench.put(name) }
    try bench.fileSystem.makeFolder(bench.path("c/d"))
    #expect(try bench.fileSystem.names(in: bench.root) == [".hidden", "B", "a", "b", "c", "ä"])
  }

  // MARK: Folders

  @Test("a folder is created with its parents, for the owner only; creating it again is not an error", arguments: Subject.allCases)
  func makesFolders(_ subject: Subject) throws {
    let bench = try Bench(subject), files = bench.fileSystem
    for _ in 0..<2 { try files.makeFolder(bench.path("a/b/c")) }
    try files.synchronizeFolder(bench.path("a/b"))
    for folder in ["a", "a/b", "a/b/c"] {
      let status = try #require(try files.status(bench.path(folder)))
      #expect(status.isFolder && !status.isRegularFile && status.mode == 0o700)
    }
    try bench.put("file")
    try bench.refuses("a folder where a file is") { try files.makeFolder(bench.path("file")) }
    try bench.refuses("a folder below a file") { try files.makeFolder(bench.path("file/below")) }
  }

  @Test("a folder is removed with its contents; removal as a file or as an empty folder is checked", arguments: Subject.allCases)
  func removes(_ subject: Subject) throws {
    let bench = try Bench(subject), files = bench.fileSystem
    try files.makeFolder(bench.path("gone/deep"))
    try bench.put("gone/deep/file")
    try files.makeFolder(bench.path("gone but not this"))
    try bench.refuses("a folder as a file") { try files.removeFile(bench.path("gone")) }
    #expect(try !files.removeFolderIfEmpty(bench.path("gone")))
    try files.removeFolder(bench.path("gone"))
    #expect(try bench.tree() == ["gone but not this/"])
    #expect(try files.removeFolderIfEmpty(bench.path("gone but not this")) && bench.tree().isEmpty)
  }

  // MARK: Locks

  @Test(
    "a byte range is locked by one descriptor at a time, even within a process, until that is closed", arguments: Subject.allCases)
  func locks(_ subject: Subject) throws {
    let bench = try Bench(subject), files = bench.fileSystem, file = bench.path("lock")
    let first = try files.open(file, .readWrite(mode: 0o600))
    let second = try files.open(file, .readWrite(mode: 0o600))
    defer { files.close(second) }
    #expect(try files.lock(first, offset: 5, length: 1, path: file))
    #expect(try files.lock(first, offset: 6, length: 1, path: file))
    #expect(try !files.lock(second, offset: 5, length: 1, path: file))
    #expect(try !files.lock(second, offset: 4, length: 9, path: file), "a range that overlaps")
    #expect(try files.lock(second, offset: 7, length: 1, path: file))
    try files.unlock(first, offset: 5, length: 1, path: file)
    #expect(try files.lock(second, offset: 5, length: 1, path: file))
    #expect(try !files.lock(second, offset: 6, length: 1, path: file))
    // Closing another descriptor of the file does not release the lock, unlike with per-process locks.
    files.close(try files.open(file, .read))
    #expect(try !files.lock(second, offset: 6, length: 1, path: file))
    files.close(first)
    #expect(try files.lock(second, offset: 6, length: 1, path: file))
    let other = try files.open(bench.path("another lock"), .readWrite(mode: 0o600))
    defer { files.close(other) }
    #expect(try files.lock(other, offset: 6, length: 1, path: file), "another file has locks of its own")
  }
}
