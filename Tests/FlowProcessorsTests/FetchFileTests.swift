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

  @Test("a file that has changed since it was read is neither deleted nor moved, and a bulletin says so", arguments: ["delete_file", "move_file"], [true, false])
  func changed(_ strategy: String, _ hasGrown: Bool) async throws {
    try put("inbox/a")
    let test = try test(FetchFile.self, [
      "completion_strategy": .text(strategy), "move_destination_directory": .text(folder.path("done")), "file_to_fetch": .text(folder.path("inbox/a")),
    ])
    let outcome = await test.run([test.flowFile()])
    if hasGrown { try put("inbox/a", "text and more") } else { try forge("inbox/a") }
    try await outcome.end(try #require(outcome["success"].first), with: Ended.finished)
    #expect(try left == ["a"] && fileSystem.status(folder.path("done")) == nil)
    let bulletins = test.environment.handlerBulletins.waiting
    #expect(bulletins.count == 1 && bulletins.first?.subject == "a file has changed since it was read, and stays")
    #expect(bulletins.first?.detail.contains(folder.path("inbox/a")) == true)
  }

  @Test("a file that changes while it is read is a failure that another try may heal", arguments: ["none", "delete_file"])
  func changing(_ strategy: String) async throws {
    try put("inbox/a", "half")
    let files = interrupted { try put("inbox/a", "half and half") }
    let test = try test(FetchFile.self, ["file_to_fetch": .text(folder.path("inbox/a")), "completion_strategy": .text(strategy)], files)
    let failed = try #require(await test.run([test.flowFile()])["failure"].first)
    #expect(failed.failure?.cause == .disk && failed.failure?.isWorthRepeating == true && failed["fetch.failure.reason"]?.contains("changed while it was read") == true)
    #expect(await test.run([test.flowFile()])["success"].first?.content == .bytes(Array("half and half".utf8)))
    #expect(try left == ["a"])
  }

  @Test("a link, a folder, and a path in which an attribute leads to a parent folder are refused", arguments: [
    ("inbox/link", "a symbolic link"), ("inbox", "a folder"), ("inbox/sub/../a", "leads to a parent folder"), ("inbox/../outside", "leads to a parent folder"),
  ])
  func refusedPaths(_ name: String, _ words: String) async throws {
    for file in ["inbox/a", "inbox/sub/b", "outside"] { try put(file) }
    try FileManager.default.createSymbolicLink(atPath: folder.path("inbox/link"), withDestinationPath: folder.path("outside"))
    let test = try test(FetchFile.self, ["file_to_fetch": .text(folder.path("${name}")), "completion_strategy": "delete_file"])
    let outcome = await test.run([test.flowFile(["name": name])])
    let failure = try #require(outcome["failure"].first?.failure)
    #expect(failure.cause == .badRequest && failure.message.contains(words) && failure.message.contains("expected"), "\(failure.message)")
    #expect(outcome["success"].isEmpty && outcome.created.isEmpty)
  }

  @Test("a path of the flow's own text may lead to a parent folder, and so may one of two links' folders")
  func ownPaths() async throws {
    try put("inbox/a")
    try FileManager.default.createSymbolicLink(atPath: folder.path("way"), withDestinationPath: folder.path("inbox"))
    for path in ["inbox/../inbox/${name}", "way/${name}"] {
      let test = try test(FetchFile.self, ["file_to_fetch": .text(folder.path(path))])
      #expect(await test.run([test.flowFile(["name": "a"])])["success"].count == 1)
    }
  }

  @Test("files of the run itself are not fetched, by whatever way, and nothing is moved among them", arguments: [
    "participants/P1.json", "participants/./P1.json", "inbox/../participants/P1.json", "way/P1.json", "study.sqlite", "study.sqlite-wal",
  ])
  func protectedFiles(_ name: String) async throws {
    for file in ["inbox/a", "participants/P1.json", "study.sqlite", "study.sqlite-wal"] { try put(file) }
    try FileManager.default.createSymbolicLink(atPath: folder.path("way"), withDestinationPath: folder.path("participants"))
    let environment = environment()
    environment.shared.put(protected)
    let fetching = try ProcessorTest(
      FetchFile.self, ["file_to_fetch": .text(folder.path(name))], compiler: CompiledExpressions(parameters: []), environment: environment)
    let failure = await fetching.run([fetching.flowFile()])["failure"].first?.failure
    #expect(failure?.cause == .badRequest && failure?.message.contains("belongs to the") == true, "\(failure?.message ?? "none")")
    let path = folder.path(name), slash = try #require(path.lastIndex(of: "/"))
    try put("inbox/\(path[path.index(after: slash)...])")
    let moving = try ProcessorTest(
      FetchFile.self,
      [
        "file_to_fetch": .text(folder.path("inbox/\(path[path.index(after: slash)...])")), "completion_strategy": "move_file", "move_conflict_strategy": "replace_file",
        "move_destination_directory": .text(String(path[..<slash])),
      ], compiler: CompiledExpressions(parameters: []), environment: environment)
    #expect(await moving.run([moving.flowFile()])["failure"].first?.failure?.cause == .badRequest)
  }

  private var protected: ProtectedPaths {
    ProtectedPaths([.init("the participants folder", path: folder.path("participants")), .init("the database", path: folder.path("study.sqlite"), suffixes: ["-wal"])])
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
