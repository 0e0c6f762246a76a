import FlowCore
import FlowFileSystem
import FlowTesting
import Testing

@Suite("The file system that loses unsynchronised data")
struct PowerCutFileSystemTests {
  /// All possible states after a power cut, over many seeds.
  private static func outcomes(
    _ prepare: (FileSystemFixture) throws -> Void, _ work: (any FileSystem, String) throws -> Void
  ) async throws -> Set<[String]> {
    var outcomes: Set<[String]> = []
    for seed in 1...60 as ClosedRange<UInt64> {
      let fixture = try FileSystemFixture()
      try prepare(fixture)
      #expect(try await PowerCut.at(nil, seed: seed, fixture, work))
      outcomes.insert(
        try fixture.tree().map { path in
          try path.hasSuffix("/") ? path : "\(path)=\(String(decoding: fixture.fileSystem.read(fixture.path + "/" + path), as: UTF8.self))"
        })
    }
    return outcomes
  }

  @Test("data without fsync may be present, absent or truncated, and so may its name")
  func unsynchronised() async throws {
    let left = try await Self.outcomes({ _ in }) { files, root in
      let descriptor = try files.open(root + "/a", .replace(mode: 0o600))
      defer { files.close(descriptor) }
      try files.write(Array("ab".utf8), to: descriptor, path: root + "/a")
    }
    #expect(left == [[], ["a="], ["a=a"], ["a=ab"]])
  }

  @Test("fsync of the file saves only the data; fsync of the folder saves the name")
  func synchronised() async throws {
    let file = try await Self.outcomes({ _ in }) { files, root in try files.writeDurably(Array("ab".utf8), to: root + "/a") }
    #expect(file == [[], ["a=ab"]])
    let both = try await Self.outcomes({ _ in }) { files, root in
      try files.writeDurably(Array("ab".utf8), to: root + "/a")
      try files.synchronizeFolder(root)
    }
    #expect(both == [["a=ab"]])
  }

  @Test("a rename without fsync of the folder may be lost; a rename of data without fsync may leave an empty file")
  func renames() async throws {
    func prepare(_ fixture: FileSystemFixture) throws {
      try fixture.fileSystem.writeDurably(Array("old".utf8), to: fixture.path + "/a")
      try fixture.fileSystem.writeDurably(Array("new".utf8), to: fixture.path + "/b")
    }
    let renamed = try await Self.outcomes(prepare) { files, root in try files.rename(root + "/b", to: root + "/a") }
    #expect(renamed == [["a=old", "b=new"], ["a=new"]])
    let durable = try await Self.outcomes(prepare) { files, root in
      try files.replaceDurably(root + "/a", with: Array("newer".utf8), temporary: root + "/b")
    }
    #expect(durable == [["a=newer"]])
    let careless = try await Self.outcomes(prepare) { files, root in
      let descriptor = try files.open(root + "/c", .replace(mode: 0o600))
      defer { files.close(descriptor) }
      try files.write([0x63], to: descriptor, path: root + "/c")
      try files.rename(root + "/c", to: root + "/a")
      try files.synchronizeFolder(root)
    }
    #expect(careless == [["a=", "b=new"], ["a=c", "b=new"]])
  }

  @Test("created and removed folders are durable after fsync of their parents")
  func folders() async throws {
    let made = try await Self.outcomes({ _ in }) { files, root in
      try files.makeFolder(root + "/x/y")
      try files.writeDurably([0x61], to: root + "/x/y/a")
      try files.synchronizeFolder(root + "/x/y")
    }
    #expect(made == [[], ["x/"], ["x/", "x/y/", "x/y/a=a"]])
    let removed = try await Self.outcomes({ fixture in
      try fixture.fileSystem.makeFolder(fixture.path + "/x")
      try fixture.fileSystem.writeDurably([0x61], to: fixture.path + "/x/a")
    }) { files, root in
      try files.removeFolder(root + "/x")
      try files.synchronizeFolder(root)
    }
    #expect(removed == [[]])
  }
}
