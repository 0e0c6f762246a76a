import FlowCore
import FlowFileSystem
import FlowTesting
import Foundation
import Testing

@testable import FlowRuntime

@Suite("The ways of FlowFiles in a state folder: bounds")
struct ProvenanceFolderTests {
  private static let now = Instant(seconds: 1_767_571_200)

  private static func folder(_ files: [(run: String, age: Int64, size: Int)], in temporary: TemporaryFolder) throws -> ProvenanceFolder {
    let folder = ProvenanceFolder(state: temporary.path, POSIXFileSystem())
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    for file in files {
      let path = folder.file(of: file.run)
      try Data(count: file.size).write(to: URL(filePath: path))
      try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: Double(now.seconds - file.age))], ofItemAtPath: path)
    }
    return folder
  }

  @Test("what is too old goes, and then the oldest until the rest is small enough")
  func bounds() throws {
    let temporary = try TemporaryFolder()
    let folder = try Self.folder([("20260101", 40 * 86_400, 10), ("20260102", 3 * 86_400, 60), ("20260103", 2 * 86_400, 60), ("20260104", 86_400, 30)], in: temporary)
    try folder.prune(now: Self.now, largestBytes: 100)
    #expect(try folder.runs() == ["20260104", "20260103"])
    #expect(try folder.removed() == ProvenanceFolder.Removed(pruned: nil, crowdedOut: "20260102"), "what is older than the limit needs no note")
    try folder.prune(now: Self.now, olderThan: .seconds(86_400 + 3600), largestBytes: 100)
    #expect(try folder.runs() == ["20260104"])
    #expect(try folder.removed() == ProvenanceFolder.Removed(pruned: (Self.now - .seconds(86_400 + 3600)).text, crowdedOut: "20260102"))
  }

  @Test("the file of a run under way stays, whatever its age and size")
  func inUse() throws {
    let temporary = try TemporaryFolder(), fileSystem = POSIXFileSystem()
    let folder = try Self.folder([("20260101", 40 * 86_400, 200)], in: temporary)
    let descriptor = try fileSystem.open(folder.file(of: "20260101"), .readWrite(mode: 0o600))
    #expect(try fileSystem.lock(descriptor, offset: 0, length: 1, path: folder.file(of: "20260101")))
    try folder.prune(now: Self.now, largestBytes: 100)
    #expect(try folder.runs() == ["20260101"])
    fileSystem.close(descriptor)
    try folder.prune(now: Self.now, largestBytes: 100)
    #expect(try folder.runs().isEmpty)
  }

  @Test("before the first run there is nothing, and nothing to remove")
  func nothing() throws {
    let folder = ProvenanceFolder(state: try TemporaryFolder().path, POSIXFileSystem())
    try folder.prune(now: Self.now)
    #expect(try folder.runs().isEmpty)
  }
}
