import FlowCore
import FlowFileSystem
import FlowTesting
import Foundation
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite("The machine's file system")
struct POSIXFileSystemTests {
  let fixture: FileSystemFixture
  let fileSystem = POSIXFileSystem()

  init() throws { fixture = try FileSystemFixture() }

  private func path(_ name: String) -> String { fixture.path + "/" + name }

  @Test("what is written is read, whatever its size", arguments: [0, 1, 65_535, 65_536, 65_537, 3_000_000])
  func writesAndReads(size: Int) throws {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try fileSystem.writeDurably(bytes, to: path("file"))
    #expect(try fileSystem.read(path("file")) == bytes)
    #expect(try fileSystem.status(path("file")) == FileStatus(isFolder: false, isRegularFile: true, sizeBytes: Int64(size), mode: 0o600))
  }

  @Test("a file larger than the limit is refused; one of exactly the limit is read")
  func limit() throws {
    try fileSystem.writeDurably([1, 2, 3], to: path("file"))
    #expect(try fileSystem.read(path("file"), limitBytes: 3) == [1, 2, 3])
    let error = #expect(throws: FileSystemError.self) { try fileSystem.read(path("file"), limitBytes: 2) }
    #expect(error?.description == "cannot read \(path("file")): larger than the limit of 2 bytes")
  }

  @Test("a file that is replaced loses what it had, and the rights that others had")
  func replaces() throws {
    try fileSystem.writeDurably([1, 2, 3], to: path("file"), mode: 0o644)
    try fileSystem.writeDurably([9], to: path("file"))
    #expect(try fileSystem.read(path("file")) == [9])
    #expect(try fileSystem.status(path("file"))?.mode == 0o600)
  }

  @Test("a durable replacement leaves no temporary file")
  func replacesDurably() throws {
    try fileSystem.replaceDurably(path("file"), with: [1], temporary: path(".file.new"))
    try fileSystem.replaceDurably(path("file"), with: [2], temporary: path(".file.new"))
    #expect(try fileSystem.read(path("file")) == [2])
    #expect(try fixture.tree() == ["file"])
  }

  @Test("readWrite keeps what is there")
  func readWriteKeeps() throws {
    try fileSystem.writeDurably([1, 2, 3], to: path("file"))
    let descriptor = try fileSystem.open(path("file"), .readWrite(mode: 0o600))
    defer { fileSystem.close(descriptor) }
    #expect(try fileSystem.readAll(descriptor, path: path("file"), limitBytes: 10) == [1, 2, 3])
  }

  @Test("descriptors are closed when another program is started")
  func closesOnExec() throws {
    for mode in [FileOpenMode.replace(mode: 0o600), .read, .readWrite(mode: 0o600)] {
      let descriptor = try fileSystem.open(path("file"), mode)
      #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
      fileSystem.close(descriptor)
    }
  }

  @Test("a pipe where a file should be holds nobody up")
  func pipe() throws {
    #expect(mkfifo(path("pipe"), 0o600) == 0)
    #expect(try fileSystem.read(path("pipe")) == [])
    #expect(try fileSystem.status(path("pipe"))?.isRegularFile == false)
  }

  @Test("errors say what was tried, on what, and why")
  func errorWords() throws {
    let missing = #expect(throws: FileSystemError.self) { try fileSystem.read(path("missing")) }
    #expect(missing == FileSystemError(operation: "open", path: path("missing"), errno: ENOENT, reason: "No such file or directory"))
    #expect(throws: FileSystemError.self) { try fileSystem.names(in: path("missing")) }
    #expect(throws: FileSystemError.self) { try fileSystem.removeFile(path("missing")) }
    #expect(throws: FileSystemError.self) { try fileSystem.rename(path("missing"), to: path("other")) }
    #expect(throws: FileSystemError.self) { try fileSystem.open(path("missing"), .folder) }
    #expect(try fileSystem.status(path("missing")) == nil)
    #expect(try fileSystem.status(path("missing/below")) == nil)
  }

  @Test("a path with a NUL in it names nothing else")
  func pathWithNUL() throws {
    try fileSystem.writeDurably([1], to: path("file"))
    #expect(throws: FileSystemError.self) { try fileSystem.read(path("file\0.json")) }
    #expect(throws: FileSystemError.self) { try fileSystem.removeFile(path("file\0x")) }
    #expect(throws: FileSystemError.self) { try fileSystem.status("") }
  }

  @Test("a folder is made with its parents, for the owner alone; making it again is no error")
  func makesFolders() throws {
    try fileSystem.makeFolder(path("a/b/c"))
    try fileSystem.makeFolder(path("a/b/c"))
    try fileSystem.synchronizeFolder(path("a/b"))
    for folder in ["a", "a/b", "a/b/c"] { #expect(try fileSystem.status(path(folder))?.mode == 0o700) }
    try fileSystem.writeDurably([], to: path("file"))
    let error = #expect(throws: FileSystemError.self) { try fileSystem.makeFolder(path("file")) }
    #expect(error?.errno == ENOTDIR)
    #expect(throws: FileSystemError.self) { try fileSystem.makeFolder(path("file/below")) }
  }

  @Test("names come sorted")
  func sortsNames() throws {
    for name in ["b", "ä", ".hidden", "a", "B"] { try fileSystem.writeDurably([], to: path(name)) }
    #expect(try fileSystem.names(in: fixture.path) == [".hidden", "B", "a", "b", "ä"])
  }

  @Test("a folder is removed with all in it; links are not followed; its absence is no error")
  func removesFolder() throws {
    try fileSystem.makeFolder(path("kept"))
    try fileSystem.writeDurably([1], to: path("kept/file"))
    try fileSystem.makeFolder(path("gone/deep"))
    try fileSystem.writeDurably([1], to: path("gone/deep/file"))
    #expect(symlink(path("kept"), path("gone/link")) == 0)
    try fileSystem.removeFolder(path("gone"))
    try fileSystem.removeFolder(path("gone"))
    #expect(try fixture.tree() == ["kept/", "kept/file"])
  }

  @Test("only an empty folder is removed as empty")
  func removesEmptyFolder() throws {
    try fileSystem.makeFolder(path("full/empty"))
    #expect(try !fileSystem.removeFolderIfEmpty(path("full")))
    #expect(try fileSystem.removeFolderIfEmpty(path("full/empty")))
    #expect(try !fileSystem.removeFolderIfEmpty(path("full/empty")))
    #expect(try fileSystem.removeFolderIfEmpty(path("full")))
  }

  @Test("a byte range is locked for one descriptor at a time, also within a process, and free again when that is closed")
  func locks() throws {
    let file = path("lock")
    let first = try fileSystem.open(file, .readWrite(mode: 0o600))
    let second = try fileSystem.open(file, .readWrite(mode: 0o600))
    defer { fileSystem.close(second) }
    #expect(try fileSystem.lock(first, offset: 5, length: 1, path: file))
    #expect(try fileSystem.lock(first, offset: 6, length: 1, path: file))
    #expect(try !fileSystem.lock(second, offset: 5, length: 1, path: file))
    #expect(try fileSystem.lock(second, offset: 7, length: 1, path: file))
    try fileSystem.unlock(first, offset: 5, length: 1, path: file)
    #expect(try fileSystem.lock(second, offset: 5, length: 1, path: file))
    #expect(try !fileSystem.lock(second, offset: 6, length: 1, path: file))
    // Another descriptor of the same file that is closed takes no lock along, as it would with locks of the process.
    fileSystem.close(try fileSystem.open(file, .read))
    #expect(try !fileSystem.lock(second, offset: 6, length: 1, path: file))
    fileSystem.close(first)
    #expect(try fileSystem.lock(second, offset: 6, length: 1, path: file))
  }

  @Test("space and kind of the file system are known, also for what is not there yet")
  func knowsFileSystem() throws {
    #expect(try fileSystem.freeBytes(at: path("not/there/yet.sqlite")) > 0)
    #expect(try fileSystem.freeBytes(at: "not-there-yet.sqlite") > 0)
    _ = try fileSystem.isNetworkFileSystem(path("not/there/yet.sqlite"))
    #if os(Linux)
      #expect(try !fileSystem.isNetworkFileSystem("/proc"))
    #endif
  }

  @Test("a pipe among the files holds nobody up: neither one without an end to write to, nor one whose writer is silent")
  func pipes() throws {
    let quick = POSIXFileSystem(silenceLimitMilliseconds: 20)
    let pipe = path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(throws: FileSystemError.self) { try quick.open(pipe, .replace(mode: 0o600)) }
    let writer = try quick.open(pipe, .readWrite(mode: 0o600))
    #expect(throws: FileSystemError.self) { try quick.read(pipe) }
    #expect(throws: FileSystemError.self, "somebody reads it, but it is not a file") { try quick.open(pipe, .replace(mode: 0o600)) }
    quick.close(writer)
    #expect(try quick.read(pipe).isEmpty)
  }
}
