import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowTesting
import Foundation
import Testing

@testable import FlowProcessors

@Suite("ListFile")
struct ListFileTests: FileProcessorSuite {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("a run lists what is new or has changed since the last one")
  func listing() async throws {
    func run(_ outcome: LineageOutcome = Ended.finished) async throws -> [String] {
      let outcomes = await (try test(ListFile.self)).runAll()
      for made in outcomes { for flowFile in made["success"] { try await made.end(flowFile, with: outcome) } }
      return names(outcomes)
    }
    try put("inbox/a")
    try put("inbox/b")
    #expect(try await run(Ended.deferred) == ["a", "b"])
    #expect(try await run() == ["a", "b"])
    #expect(try await run() == [])
    try put("inbox/c")
    try put("inbox/a", "changed")
    #expect(try await run(Ended.failed) == ["a", "c"])
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
      for made in outcomes { for flowFile in made["success"] { group.addTask { try await made.end(flowFile, with: Ended.finished) } } }
      try await group.waitForAll()
    }
    #expect(names(await (try test(ListFile.self)).runAll()) == [])
  }

  @Test("what is known belongs to one folder; a damaged file is named")
  func memory() async throws {
    try put("inbox/a")
    try put("other/a")
    let first = await (try test(ListFile.self)).run()
    try await first.end(try #require(first["success"].first), with: Ended.finished)
    #expect(names([await (try test(ListFile.self, in: "other")).run()]) == ["a"])
    let memory = folder.path("state/listed/files+test.jsonl")
    try fileSystem.writeDurably(Array("{".utf8), to: memory)
    #expect(await (try test(ListFile.self)).run().failure?.message.contains(memory) == true)
  }
}
