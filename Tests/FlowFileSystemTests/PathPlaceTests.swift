import FlowCore
import FlowFileSystem
import FlowTesting
import Foundation
import Testing

/// Paths are compared by where they lead, not by how they are written.
@Suite("Where paths lead")
struct PathPlaceTests {
  private let folder: TemporaryFolder
  private let fileSystem = POSIXFileSystem()
  private let root: String

  init() throws {
    folder = try TemporaryFolder()
    root = try #require(try fileSystem.resolved(folder.path))
    for name in ["people", "data"] { try fileSystem.makeFolder(folder.path(name)) }
    try fileSystem.writeDurably([1], to: folder.path("people/P1.json"))
    try FileManager.default.createSymbolicLink(atPath: folder.path("way"), withDestinationPath: folder.path("people"))
    try FileManager.default.createSymbolicLink(atPath: folder.path("data/link"), withDestinationPath: folder.path("people/P1.json"))
  }

  @Test("links on the way are followed and the last name is not, whether anything is there or not", arguments: [
    ("people/P1.json", "people/P1.json"), ("people//./P1.json", "people/P1.json"), ("data/../people/P1.json", "people/P1.json"), ("way/P1.json", "people/P1.json"),
    ("way/new/further", "people/new/further"), ("data/link", "data/link"), ("way", "way"), ("way/..", ""), ("new/../people/x", "people/x"), ("people/", "people"),
    ("new/x/../../people", "people"), ("new/x/..", "new"), ("new/x/../..", ""), ("new/x/y/../../..", ""), ("new/../way/P1.json", "people/P1.json"),
    ("new/x/../../way/new/../P1.json", "people/P1.json"), ("way/new/../..", ""), ("way/../new/../data/link", "data/link"), ("new/x/../../../..", "../.."),
  ])
  func places(_ path: String, _ place: String) throws {
    // Foundation's own notion of a parent: the folder may lie right below the root.
    let expected = place == "../.." ? NSString(string: NSString(string: root).deletingLastPathComponent).deletingLastPathComponent : place.isEmpty ? root : "\(root)/\(place)"
    #expect(try fileSystem.place(of: folder.path(path)) == expected)
  }

  @Test("above the root is the root", arguments: [("/..", "/"), ("/../..", "/"), ("/new/../../..", "/"), ("/new/../../../x", "/x"), ("/", "/")])
  func aboveTheRoot(_ path: String, _ place: String) throws {
    #expect(try fileSystem.place(of: path) == place)
  }

  @Test("in memory, too", arguments: [("a/./b", "/a/b"), ("/a/../b", "/b"), ("b", "/b"), (".", "/"), ("new/x/../y", "/new/y")])
  func inMemory(_ path: String, _ place: String) throws {
    #expect(try MemoryFileSystem(folders: ["a"]).place(of: path) == place)
  }

  @Test("what is protected is found by any path, with what lies in it and what belongs to it", arguments: [
    ("people", true), ("people/P1.json", true), ("way/new/x", true), ("data/../people/P2.json", true), ("study.sqlite", true), ("study.sqlite-wal", true),
    ("new/x/../../people", true), ("new/x/../../people/P1.json", true), ("new/x/../../study.sqlite", true), ("new/people", false), ("study.sqlite-other", false), ("people2/P1.json", false), ("data/a", false), ("data/people", false), ("way", false),
  ])
  func protected(_ path: String, _ isProtected: Bool) throws {
    let protected = ProtectedPaths([.init("the participants folder", path: folder.path("people")), .init("the database", path: folder.path("study.sqlite"), suffixes: ["-wal"])])
    if isProtected {
      let error = try #require(throws: ProcessorError.self) { try protected.check(folder.path(path), fileSystem) }
      #expect(error.failure.cause == .badRequest && error.failure.message.contains(folder.path(path)))
    } else {
      try protected.check(folder.path(path), fileSystem)
    }
  }

  @Test("a link that is protected is so with what it leads to")
  func protectedLink() throws {
    let protected = ProtectedPaths([.init("the participants folder", path: folder.path("way"))])
    for path in ["way", "people/P1.json"] { #expect(throws: ProcessorError.self) { try protected.check(folder.path(path), fileSystem) } }
  }

  @Test("names that are not UTF-8 are told apart from those that look like them")
  func entries() throws {
    try fileSystem.writeDurably([], to: folder.path("data/\u{FFFD}"))
    let path = Array(folder.path("data/").utf8) + [0xE9, 0x61, 0]
    #expect(close(creat(path.map { CChar(bitPattern: $0) }, 0o600)) == 0)
    #expect(try fileSystem.entries(in: folder.path("data")) == FolderEntries(names: ["link", "\u{FFFD}"], undecodable: [#"\xE9a"#]))
  }
}
