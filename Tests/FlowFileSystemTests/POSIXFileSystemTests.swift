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

/// Tests specific to POSIX; the common requirements are in `FileSystemConformanceTests`.
@Suite("The machine's file system")
struct POSIXFileSystemTests {
  let fixture: FileSystemFixture
  let fileSystem = POSIXFileSystem()

  init() throws { fixture = try FileSystemFixture() }

  private func path(_ name: String) -> String { fixture.path + "/" + name }

  @Test("descriptors are closed on exec")
  func closesOnExec() throws {
    for mode in [FileOpenMode.replace(mode: 0o600), .read, .readWrite(mode: 0o600)] {
      let descriptor = try fileSystem.open(path("file"), mode)
      #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
      fileSystem.close(descriptor)
    }
  }

  @Test("a pipe in place of a file does not block")
  func pipe() throws {
    #expect(mkfifo(path("pipe"), 0o600) == 0)
    #expect(try fileSystem.read(path("pipe")) == [])
    #expect(try fileSystem.status(path("pipe"))?.isRegularFile == false)
  }

  @Test("errors state operation, path and reason")
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

  @Test("a folder is created with its parents, for the owner only; creating it again is not an error")
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

  @Test("a folder is removed with its contents; links are not followed; a missing folder is not an error")
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

  @Test("free space and file system type are known even for missing paths")
  func knowsFileSystem() throws {
    #expect(try fileSystem.freeBytes(at: path("not/there/yet.sqlite")) > 0)
    #expect(try fileSystem.freeBytes(at: "not-there-yet.sqlite") > 0)
    _ = try fileSystem.isNetworkFileSystem(path("not/there/yet.sqlite"))
    #if os(Linux)
      #expect(try !fileSystem.isNetworkFileSystem("/proc"))
      // It has no room of its own, which is not the same as none left.
      #expect(throws: FileSystemError.self) { try fileSystem.freeBytes(at: "/proc/nowhere/study.sqlite") }
    #endif
  }

  @Test("a pipe does not block, neither without a writer nor with a silent one")
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
