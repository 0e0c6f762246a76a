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
}
