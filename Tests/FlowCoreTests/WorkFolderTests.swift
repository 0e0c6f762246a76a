import FlowCore
import FlowFileSystem
import FlowTesting
import Testing

@Suite("A process's folder of temporary files")
struct WorkFolderTests {
  private let fixture: FileSystemFixture
  private let fileSystem = POSIXFileSystem()

  init() throws { fixture = try FileSystemFixture() }

  private var parent: String { fixture.path + "/work" }

  /// What a killed process left behind.
  private func leave(_ name: String) throws {
    try fileSystem.makeFolder("\(parent)/\(name)")
    for file in ["lock", "1"] { try fileSystem.writeDurably([1], to: "\(parent)/\(name)/\(file)") }
  }

  @Test("what others left behind is removed, what they use stays, and what is made is removed with all that is in it")
  func leftovers() throws {
    for name in ["dead-1", "dead-2"] { try leave(name) }
    // Half removed, and of a version that had single files.
    try fileSystem.makeFolder(parent + "/.removed-dead-0")
    try fileSystem.writeDurably([1], to: parent + "/.removed-dead-0/1")
    try fileSystem.writeDurably([1], to: parent + "/partition-1")
    let first = WorkFolder("a", in: parent, fileSystem)
    try first.make()
    #expect(try fileSystem.names(in: parent) == ["a"])
    let second = WorkFolder("b", in: parent, fileSystem)
    try second.make()
    #expect(try fileSystem.names(in: parent) == ["a", "b"])
    #expect(first.path == parent + "/a" && second.path == parent + "/b")
    try fileSystem.writeDurably([1], to: parent + "/a/1")
    try first.remove()
    #expect(first.path == nil)
    #expect(try fileSystem.names(in: parent) == ["b"])
    try second.remove()
    #expect(try fileSystem.names(in: parent) == [])
  }

  @Test("what somebody else has put beside it stays")
  func others() throws {
    try fileSystem.makeFolder(parent + "/exported/part")
    for file in ["exported/part/rows.csv", "notes.txt"] { try fileSystem.writeDurably([1], to: "\(parent)/\(file)") }
    let folder = WorkFolder("a", in: parent, fileSystem)
    try folder.make()
    try folder.remove()
    #expect(try fixture.tree("work/") == ["work/exported/", "work/exported/part/", "work/exported/part/rows.csv", "work/notes.txt"])
  }

  @Test("of two with one name, each has a folder of its own")
  func sameName() throws {
    let first = WorkFolder("a", in: parent, fileSystem), second = WorkFolder("a", in: parent, fileSystem)
    try first.make()
    try second.make()
    #expect(first.path == parent + "/a" && second.path == parent + "/a-2")
    try first.remove()
    #expect(try fileSystem.names(in: parent) == ["a-2"])
  }

  /// The other process starts, or starts and ends, before one of the calls.
  enum Other: CaseIterable, Sendable { case stays, ends }

  @Test("another that starts before any of its calls takes nothing away, and gets its own", arguments: Other.allCases, [false, true])
  func startingBeside(_ other: Other, _ hasLeftovers: Bool) throws {
    var call = 0, wasReached = true
    while wasReached {
      call += 1
      if hasLeftovers { for name in ["dead-1", "dead-2"] { try leave(name) } }
      let beside = WorkFolder("b", in: parent, fileSystem), count = Locked(0)
      let watched = GuardedFileSystem(fileSystem) { [call] _, _ in
        guard count.withLock({ count in
          count += 1
          return count == call
        }) else { return }
        try beside.make()
        if other == .ends { try beside.remove() }
      }
      let folder = WorkFolder("a", in: parent, watched)
      try folder.make()
      let path = try #require(folder.path)
      try fileSystem.writeDurably([1], to: path + "/1")
      try folder.remove()
      wasReached = count.withLock { $0 } >= call
      if wasReached && other == .stays {
        try fileSystem.writeDurably([1], to: try #require(beside.path) + "/1")
        try beside.remove()
      }
      // What both were about to remove may be left for the next.
      let next = WorkFolder("next", in: parent, fileSystem)
      try next.make()
      try next.remove()
      #expect(try fileSystem.names(in: parent) == [], "call \(call)")
    }
    #expect(call > 5, "creating, opening, locking, looking again, listing")
  }

  @Test("a call that fails is reported or without effect, and the next process can clear up", arguments: [false, true])
  func failing(_ isLasting: Bool) throws {
    var call = 0, wasReached = true
    while wasReached {
      call += 1
      try leave("dead")
      let failing = FailingFileSystem(fileSystem, failing: call, pattern: isLasting ? .everAfter : .once, error: 28)
      do {
        let folder = WorkFolder("a", in: parent, failing)
        do {
          try folder.make()
          #expect(try fileSystem.status(try #require(folder.path))?.isFolder == true)
          try folder.remove()
        } catch is FileSystemError {}
      }
      wasReached = failing.callCount >= call
      let next = WorkFolder("next", in: parent, fileSystem)
      try next.make()
      try next.remove()
      #expect(try fileSystem.names(in: parent) == [], "call \(call)")
    }
    #expect(call > 6)
  }

  @Test("where there are no locks, nothing is taken for a leftover")
  func withoutLocks() throws {
    let lockless = GuardedFileSystem(fileSystem) { boundary, path in
      if boundary == "file.lock" { throw FileSystemError(operation: "lock", path: path, errno: 37, reason: "no locks available") }
    }
    let first = WorkFolder("a", in: parent, lockless), second = WorkFolder("b", in: parent, lockless)
    try first.make()
    try second.make()
    #expect(try fileSystem.names(in: parent) == ["a", "b"])
    try first.remove()
    try second.remove()
    #expect(try fileSystem.names(in: parent) == [])
  }
}
