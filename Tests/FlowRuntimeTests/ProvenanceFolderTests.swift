import FlowCore
import FlowFileSystem
import FlowTesting
import Foundation
import Testing

@testable import FlowRuntime

@Suite("The ways of FlowFiles in a state folder: bounds")
struct ProvenanceFolderTests {
  private static let now = Instant(seconds: 1_767_571_200)

  private static func folder(
    _ files: [(run: String, age: Int64, size: Int)], in temporary: TemporaryFolder, _ fileSystem: any FileSystem = POSIXFileSystem()
  ) throws -> ProvenanceFolder {
    let folder = ProvenanceFolder(state: temporary.path, fileSystem)
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

  @Test("broken off at any call, the reason is known of whatever is gone")
  func brokenOff() throws {
    let files: [(run: String, age: Int64, size: Int)] = [("20260101", 3 * 86_400, 60), ("20260102", 2 * 86_400, 60), ("20260103", 86_400, 60)]
    let age = Duration.seconds(2 * 86_400 + 3600)
    let counting = FailingFileSystem(POSIXFileSystem()), whole = try TemporaryFolder()
    try Self.folder(files, in: whole, counting).prune(now: Self.now, olderThan: age, largestBytes: 100)
    var partial = 0
    for call in 1...counting.callCount {
      let temporary = try TemporaryFolder()
      let folder = try Self.folder(files, in: temporary, FailingFileSystem(POSIXFileSystem(), failing: call, pattern: .everAfter))
      #expect(throws: FileSystemError.self) { try folder.prune(now: Self.now, olderThan: age, largestBytes: 100) }
      let left = ProvenanceFolder(state: temporary.path, POSIXFileSystem()), removed = try left.removed(), runs = try left.runs()
      #expect(runs.contains("20260102") || removed.crowdedOut == "20260102", "call \(call)")
      #expect(runs.contains("20260101") || removed.pruned == (Self.now - age).text, "call \(call)")
      if runs.count < 3, runs.contains("20260101") { partial += 1 }
    }
    #expect(partial > 0)
  }

  @Test("before the first run there is nothing, and nothing to remove")
  func nothing() throws {
    let folder = ProvenanceFolder(state: try TemporaryFolder().path, POSIXFileSystem())
    try folder.prune(now: Self.now)
    #expect(try folder.runs().isEmpty)
  }
}
