import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowTesting
import Foundation
import Testing

@testable import FlowProcessors

@Suite("The files that GetFile and ListFile see")
struct FileListingTests: FileProcessorSuite {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

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

  @Test("absolute.path begins at the root, however the folder is named", arguments: [".", "./"])
  func relative(_ name: String) async throws {
    // The files beside which the tests run.
    let test = try ProcessorTest(
      ListFile.self, ["input_directory": .text(name), "recurse_subdirectories": "false", "file_filter": ".*"], compiler: CompiledExpressions(parameters: []), environment: environment())
    let place = try #require(try fileSystem.resolved("."))
    let listed = await test.run()["success"]
    #expect(!listed.isEmpty && Set(listed.map { $0["absolute.path"] }) == [place + "/"] && Set(listed.map { $0["path"] }) == ["./"])
  }

  @Test("a link to a folder is not followed, so a circle of them ends")
  func links() async throws {
    try put("inbox/a.csv")
    try FileManager.default.createSymbolicLink(atPath: folder.path("inbox/again"), withDestinationPath: folder.path("inbox"))
    #expect(names(await (try test(GetFile.self)).runAll()) == ["a.csv"])
  }

  @Test("links to files and folders are left out, counted and told; those that a filter leaves out are not", arguments: [true, false])
  func linkedFiles(_ takes: Bool) async throws {
    for name in ["inbox/a.csv", "outside/secret.csv", "outside/note.txt"] { try put(name) }
    for (link, target) in [("one.csv", "outside/secret.csv"), ("note.txt", "outside/note.txt"), ("gone.csv", "nowhere"), ("more.csv", "outside")] {
      try FileManager.default.createSymbolicLink(atPath: folder.path("inbox/\(link)"), withDestinationPath: folder.path(target))
    }
    let outcome = await (takes ? try test(GetFile.self, ["file_filter": #".*\.csv"#]) : try test(ListFile.self, ["file_filter": #".*\.csv"#])).run()
    #expect(names([outcome]) == ["a.csv"] && outcome.counters["files left out"] == 3)
    #expect(outcome.bulletins.map { $0.detail.contains("symbolic link") } == [true, true, true])
    #expect(outcome.bulletins.contains { $0.detail.hasPrefix(folder.path("inbox/one.csv") + ": ") && $0.detail.contains("expected") })
  }

  @Test("names that are not UTF-8 are counted and told, and no other file is taken for one of them")
  func undecodable() async throws {
    try put("inbox/caf\u{FFFD}.csv")
    for byte in [0xE9, 0xFF] as [UInt8] {
      let path = Array(folder.path("inbox/caf").utf8) + [byte] + Array(".csv".utf8) + [0]
      #expect(close(creat(path.map { CChar(bitPattern: $0) }, 0o600)) == 0)
    }
    let outcome = await (try test(GetFile.self)).run()
    #expect(names([outcome]) == ["caf\u{FFFD}.csv"] && outcome.counters["files left out"] == 2)
    #expect(outcome.bulletins.map { $0.detail.contains("not UTF-8") } == [true, true])
    #expect(outcome.bulletins.map { $0.detail.contains(#"caf\xE9.csv"#) } == [true, false])
  }

  @Test("what this user may not look at is counted and told; what went away meanwhile is not", arguments: [(EACCES, 2), (ENOENT, 0)] as [(Int32, Int64)])
  func forbidden(_ errno: Int32, _ count: Int64) async throws {
    for name in ["a.csv", "closed/x.csv", "open/b.csv", "open/c.csv"] { try put("inbox/\(name)") }
    let guarded = GuardedFileSystem(fileSystem) { boundary, path in
      if boundary == "file.names" && path.hasSuffix("/closed/") || boundary == "file.status" && path.hasSuffix("/c.csv") {
        throw FileSystemError(operation: "look at", path: path, errno: errno, reason: "made to fail")
      }
    }
    let outcome = await (try test(GetFile.self, [:], guarded)).run()
    #expect(names([outcome]) == ["a.csv", "b.csv"] && outcome.counters["files left out", default: 0] == count && Int64(outcome.bulletins.count) == count)
    #expect(outcome.bulletins.allSatisfy { $0.detail.contains("this user may not look at it") })
    let told = outcome.bulletins.compactMap { bulletin -> Substring? in bulletin.detail.split(separator: ":").first }
    #expect(told.sorted() == (count == 0 ? [] : [Substring(folder.path("inbox/closed")), Substring(folder.path("inbox/open/c.csv"))]))
  }

  @Test("files of the run itself are left out, and a folder of them is refused")
  func protectedFiles() async throws {
    for name in ["inbox/a.csv", "inbox/study.sqlite", "inbox/people/P1.json"] { try put(name) }
    let environment = environment()
    environment.shared.put(ProtectedPaths([.init("the participants folder", path: folder.path("inbox/people")), .init("the database", path: folder.path("inbox/study.sqlite"))]))
    func run(_ name: String) async throws -> ProcessorTest.Outcome {
      let properties: [String: PropertyLiteral] = ["input_directory": .text(folder.path(name))]
      return await (try ProcessorTest(GetFile.self, properties, compiler: CompiledExpressions(parameters: []), environment: environment)).run()
    }
    let outcome = try await run("inbox")
    #expect(names([outcome]) == ["a.csv"] && outcome.counters["files left out"] == 2)
    let refused = try await run("inbox/../inbox/people").failure
    #expect(refused?.cause == .badRequest && refused?.message.contains("the participants folder") == true)
  }

  @Test("the attributes of a file lead to it without '..', which FetchFile would refuse")
  func parents() async throws {
    try put("inbox/sub/a.csv")
    try put("other/b")
    let listed = try #require(await (try test(ListFile.self, in: "other/../inbox")).run()["success"].first)
    #expect(listed["absolute.path"] == (try fileSystem.resolved(folder.path("inbox/sub")).map { $0 + "/" }))
    let fetching = try test(FetchFile.self)
    #expect(await fetching.run([fetching.flowFile(listed.attributes)])["success"].count == 1)
  }

  @Test("a folder that is not there, and a pattern that is none, are said")
  func mistakes() async throws {
    #expect(await (try test(GetFile.self, in: "nowhere")).run().failure?.cause == .notFound)
    #expect(throws: Diagnostics.self) { try test(GetFile.self, ["file_filter": "(" ]) }
  }
}
