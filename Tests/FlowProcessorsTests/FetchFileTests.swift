import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowTesting
import Foundation
import Testing

@testable import FlowProcessors

@Suite("FetchFile")
struct FetchFileTests: FileProcessorSuite {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("a file is fetched, and the attributes stay")
  func fetched() async throws {
    try put("inbox/a")
    let test = try test(FetchFile.self)
    let asked = test.flowFile(["absolute.path": folder.path("inbox/"), "filename": "a", "kept": "yes"])
    let outcome = await test.run([asked])
    let fetched = try #require(outcome["success"].first)
    #expect(fetched.id == asked.id && fetched.content == .bytes(Array("text".utf8)) && fetched["kept"] == "yes")
  }

  @Test("what cannot be fetched says why", arguments: [("nothing", "not.found", 2), ("a/b", "not.found", 20), ("a", "permission.denied", 13), ("a", "failure", 5)])
  func refused(_ name: String, _ way: String, _ errno: Int32) async throws {
    try put("inbox/a")
    let guarded = GuardedFileSystem(fileSystem) { boundary, path in
      if boundary == "file.open" { throw FileSystemError(operation: "open", path: path, errno: errno, reason: "made to fail") }
    }
    let test = try test(FetchFile.self, ["file_to_fetch": .text(folder.path("inbox/\(name)"))], guarded)
    let flowFile = try #require(await test.run([test.flowFile()])[way].first)
    #expect(flowFile["fetch.failure.reason"]?.contains("made to fail") == true && flowFile.failure != nil)
  }

  @Test("the file is deleted or moved when all is done, and not before", arguments: [
    ("delete_file", "rename", []), ("move_file", "rename", ["a", "a-"]), ("move_file", "replace_file", ["a"]), ("move_file", "keep_existing", ["a"]),
  ])
  func completion(_ strategy: String, _ conflict: String, _ moved: [String]) async throws {
    try put("inbox/a", "new")
    try put("done/a", "old")
    let test = try test(FetchFile.self, [
      "completion_strategy": .text(strategy), "move_destination_directory": .text(folder.path("done")), "move_conflict_strategy": .text(conflict),
      "file_to_fetch": .text(folder.path("inbox/a")),
    ])
    let outcome = await test.run([test.flowFile()])
    let fetched = try #require(outcome["success"].first)
    try await outcome.end(fetched, with: Ended.deferred)
    #expect(try left == ["a"])
    let again = await test.run([test.flowFile()])
    try await again.end(try #require(again["success"].first), with: Ended.finished)
    #expect(try left == [])
    let found = try fileSystem.names(in: folder.path("done"))
    #expect(strategy == "delete_file" ? found == ["a"] : zip(found, moved).allSatisfy { $0.hasPrefix($1) } && found.count == moved.count)
    #expect(try String(decoding: fileSystem.read(folder.path("done/a")), as: UTF8.self) == (conflict == "replace_file" ? "new" : "old"))
  }

  @Test("with the conflict strategy fail nothing is read where the destination has one of the name")
  func conflict() async throws {
    try put("inbox/a", "new")
    try put("done/a", "old")
    let test = try test(FetchFile.self, [
      "completion_strategy": "move_file", "move_destination_directory": .text(folder.path("done")), "move_conflict_strategy": "fail", "file_to_fetch": .text(folder.path("inbox/a")),
    ])
    #expect(await test.run([test.flowFile()])["failure"].first?.failure?.cause == .badData)
    #expect(try left == ["a"])
  }
}
