import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowTesting
import Foundation
import Testing

@testable import FlowProcessors

@Suite("GetFile, ListFile and FetchFile")
struct FileSourceTests {
  let folder: TemporaryFolder
  let fileSystem = POSIXFileSystem()

  init() throws { folder = try TemporaryFolder() }

  private func put(_ name: String, _ text: String = "text") throws {
    let path = folder.path(name)
    try fileSystem.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    try fileSystem.writeDurably(Array(text.utf8), to: path, mode: 0o640)
  }

  private func environment(_ fileSystem: (any FileSystem)? = nil) -> RuntimeEnvironment {
    let environment = RuntimeEnvironment.undriven(time: ManualTime(now: Instant(seconds: 4_000_000_000)), fileSystem: fileSystem ?? self.fileSystem)
    environment.shared.put(RunStateFolder(path: folder.path("state"), flow: "files"))
    return environment
  }

  private func test(_ type: any Processor.Type, _ properties: [String: PropertyLiteral] = [:], in name: String = "inbox", _ fileSystem: (any FileSystem)? = nil) throws -> ProcessorTest {
    let folder = type == FetchFile.self ? [:] : ["input_directory": PropertyLiteral.text(self.folder.path(name))]
    return try ProcessorTest(type, folder.merging(properties) { $1 }, compiler: CompiledExpressions(parameters: []), environment: environment(fileSystem))
  }

  private func names(_ outcomes: [ProcessorTest.Outcome]) -> [String] { outcomes.flatMap { $0["success"] }.compactMap { $0["filename"] } }
  private var left: [String] { get throws { try fileSystem.names(in: folder.path("inbox")) } }

  private static let finished: LineageOutcome = {
    var outcome = LineageOutcome()
    outcome.finished = 1
    return outcome
  }()
  private static let failed: LineageOutcome = {
    var outcome = LineageOutcome()
    outcome.add(FlowFileFailure(cause: .badData, message: "bad"))
    return outcome
  }()
  private static let deferred: LineageOutcome = {
    var outcome = finished
    outcome.deferred = 1
    return outcome
  }()

  // MARK: The listing

  @Test("filters choose the files", arguments: [
    ([:], ["a.csv", "b.txt", "deep.csv"]), (["recurse_subdirectories": "false"], ["a.csv", "b.txt"]), (["file_filter": #".*\.csv"#], ["a.csv", "deep.csv"]),
    (["file_filter": "a"], []), (["ignore_hidden_files": "false", "file_filter": ".*"], [".hidden", "a.csv", "b.txt", "deep.csv"]),
    (["minimum_file_size": "5 B"], ["b.txt"]), (["maximum_file_size": "4 B"], ["a.csv", "deep.csv"]), (["minimum_file_age": "36500 d"], []), (["maximum_file_age": "1 h"], []),
  ] as [([String: PropertyLiteral], [String])])
  func filters(_ properties: [String: PropertyLiteral], _ expected: [String]) async throws {
    try put("inbox/a.csv")
    try put("inbox/b.txt", "longer")
    try put("inbox/.hidden")
    try put("inbox/sub/further/deep.csv")
    for type in [GetFile.self, ListFile.self] as [any Processor.Type] {
      #expect(names(await (try test(type, properties)).runAll()) == expected, "\(type)")
    }
  }

  @Test("path_filter is for the whole path of a subfolder; GetFile always takes the files of the folder itself, as in NiFi", arguments: [
    ("sub/.*", ["a.csv", "deep.csv"], ["deep.csv"]), ("sub", ["a.csv"], []), ("", ["a.csv", "deep.csv"], ["a.csv", "deep.csv"]), ("(sub/.*)?", ["a.csv", "deep.csv"], ["a.csv", "deep.csv"]),
  ])
  func paths(_ pattern: String, _ taken: [String], _ listed: [String]) async throws {
    try put("inbox/a.csv")
    try put("inbox/sub/further/deep.csv")
    let properties: [String: PropertyLiteral] = pattern.isEmpty ? [:] : ["path_filter": .text(pattern)]
    #expect(names(await (try test(GetFile.self, properties)).runAll()) == taken)
    #expect(names(await (try test(ListFile.self, properties)).runAll()) == listed)
  }

  @Test("patterns are Java's: a point is a character of the text, and not what a reader takes for one", arguments: [(#"..\.csv"#, true), (#".\.csv"#, false), (#"\p{javaLowerCase}.*"#, true)])
  func patterns(_ pattern: String, _ isTaken: Bool) async throws {
    // An e and an accent.
    try put("inbox/e\u{301}.csv")
    #expect(names(await (try test(GetFile.self, ["file_filter": .text(pattern)])).runAll()).count == (isTaken ? 1 : 0))
  }

  @Test("attributes say where a file is and what it is")
  func attributes() async throws {
    try put("inbox/sub/a.csv")
    let flowFile = try #require(await (try test(GetFile.self)).run()["success"].first)
    #expect(flowFile.content == .bytes(Array("text".utf8)) && flowFile["filename"] == "a.csv" && flowFile["path"] == "sub/")
    #expect(flowFile["absolute.path"] == folder.path("inbox/sub/") && flowFile["file.size"] == "4" && flowFile["file.permissions"] == "rw-r-----")
    #expect(flowFile["file.lastModifiedTime"]?.contains(#/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/#) == true)
  }

  @Test("a link to a folder is not followed, so a circle of them ends")
  func links() async throws {
    try put("inbox/a.csv")
    try FileManager.default.createSymbolicLink(atPath: folder.path("inbox/again"), withDestinationPath: folder.path("inbox"))
    #expect(names(await (try test(GetFile.self)).runAll()) == ["a.csv"])
  }

  @Test("a folder that is not there, and a pattern that is none, are said")
  func mistakes() async throws {
    #expect(await (try test(GetFile.self, in: "nowhere")).run().failure?.cause == .notFound)
    #expect(throws: Diagnostics.self) { try test(GetFile.self, ["file_filter": "(" ]) }
  }

  // MARK: GetFile

  @Test("files come in batches, and the source is exhausted after the last")
  func batches() async throws {
    for number in 10..<35 { try put("inbox/\(number)") }
    let outcomes = await (try test(GetFile.self)).runAll()
    #expect(outcomes.map { $0["success"].count } == [10, 10, 5] && outcomes.map(\.isExhausted) == [false, false, true])
    #expect(await (try test(GetFile.self, ["batch_size": "100"])).run()["success"].count == 25)
  }

  @Test("a file is removed once its FlowFile has ended, and not before", arguments: [(finished, true), (failed, true), (deferred, false)])
  func removal(_ outcome: LineageOutcome, isRemoved: Bool) async throws {
    try put("inbox/a.csv")
    let taken = await (try test(GetFile.self)).run()
    #expect(try left == ["a.csv"])
    try await taken.end(try #require(taken["success"].first), with: outcome)
    #expect(try left == (isRemoved ? [] : ["a.csv"]))
  }

  @Test("a file stays if it is to be kept, or if it was written again meanwhile")
  func kept() async throws {
    try put("inbox/a.csv")
    let kept = await (try test(GetFile.self, ["keep_source_file": "true"])).run()
    try await kept.end(try #require(kept["success"].first), with: Self.finished)
    let taken = await (try test(GetFile.self)).run()
    try put("inbox/a.csv", "written again")
    try await taken.end(try #require(taken["success"].first), with: Self.finished)
    #expect(try left == ["a.csv"])
  }

  @Test("a file that cannot be read stays, and the others are taken")
  func unreadable() async throws {
    for name in ["a", "b", "c"] { try put("inbox/\(name)") }
    let guarded = GuardedFileSystem(fileSystem) { boundary, path in
      if boundary == "file.open", path.hasSuffix("/b") { throw FileSystemError(operation: "open", path: path, errno: 13, reason: "made to fail") }
    }
    let outcome = await (try test(GetFile.self, [:], guarded)).run()
    #expect(names([outcome]) == ["a", "c"] && outcome.counters["files unreadable"] == 1 && outcome.bulletins.count == 1)
  }

  @Test("a large file goes through a file of the run")
  func large() async throws {
    try put("inbox/a", String(repeating: "x", count: 3 << 20))
    let test = try test(GetFile.self)
    let contents = ContentFolder(folder: folder.path("content"), run: "run-1", claimBytes: 1 << 16, fileSystem: fileSystem, lane: InlineLane())
    try contents.prepare()
    test.environment.shared.put(contents)
    let flowFile = try #require(await test.run()["success"].first)
    guard case .claim(let claim) = flowFile.content else { return #expect(Bool(false), "it is in memory") }
    #expect(claim.sizeBytes == 3 << 20)
    #expect(try await flowFile.content.loaded(contents) == [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20))
  }

  // MARK: ListFile

  @Test("a run lists what is new or has changed since the last one")
  func listing() async throws {
    func run(_ outcome: LineageOutcome = Self.finished) async throws -> [String] {
      let outcomes = await (try test(ListFile.self)).runAll()
      for made in outcomes { for flowFile in made["success"] { try await made.end(flowFile, with: outcome) } }
      return names(outcomes)
    }
    try put("inbox/a")
    try put("inbox/b")
    #expect(try await run(Self.deferred) == ["a", "b"])
    #expect(try await run() == ["a", "b"])
    #expect(try await run() == [])
    try put("inbox/c")
    try put("inbox/a", "changed")
    #expect(try await run(Self.failed) == ["a", "c"])
    #expect(try await run() == [])
    try fileSystem.removeFile(folder.path("inbox/b"))
    #expect(try await run() == [])
    try put("inbox/b")
    #expect(try await run() == ["b"])
  }

  @Test("many files, noted at the same time, are all known afterwards")
  func many() async throws {
    for number in 0..<250 { try put("inbox/\(number)") }
    let outcomes = await (try test(ListFile.self)).runAll()
    #expect(outcomes.map { $0["success"].count } == [100, 100, 50])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for made in outcomes { for flowFile in made["success"] { group.addTask { try await made.end(flowFile, with: Self.finished) } } }
      try await group.waitForAll()
    }
    #expect(names(await (try test(ListFile.self)).runAll()) == [])
  }

  @Test("what is known belongs to one folder; a damaged file is named")
  func memory() async throws {
    try put("inbox/a")
    try put("other/a")
    let first = await (try test(ListFile.self)).run()
    try await first.end(try #require(first["success"].first), with: Self.finished)
    #expect(names([await (try test(ListFile.self, in: "other")).run()]) == ["a"])
    let memory = folder.path("state/listed/files+test.jsonl")
    try fileSystem.writeDurably(Array("{".utf8), to: memory)
    #expect(await (try test(ListFile.self)).run().failure?.message.contains(memory) == true)
  }

  // MARK: FetchFile

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
    try await outcome.end(fetched, with: Self.deferred)
    #expect(try left == ["a"])
    let again = await test.run([test.flowFile()])
    try await again.end(try #require(again["success"].first), with: Self.finished)
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
