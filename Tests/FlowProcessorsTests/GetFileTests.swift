import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowTesting
import Foundation
import Testing

@testable import FlowProcessors

@Suite("GetFile")
struct GetFileTests: FileProcessorSuite {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("files come in batches, and the source is exhausted after the last")
  func batches() async throws {
    for number in 10..<35 { try put("inbox/\(number)") }
    let outcomes = await (try test(GetFile.self)).runAll()
    #expect(outcomes.map { $0["success"].count } == [10, 10, 5] && outcomes.map(\.isExhausted) == [false, false, true])
    #expect(await (try test(GetFile.self, ["batch_size": "100"])).run()["success"].count == 25)
  }

  @Test("a file is removed once its FlowFile has ended, and not before", arguments: [(Ended.finished, true), (Ended.failed, true), (Ended.deferred, false)])
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
    try await kept.end(try #require(kept["success"].first), with: Ended.finished)
    let taken = await (try test(GetFile.self)).run()
    try put("inbox/a.csv", "written again")
    try await taken.end(try #require(taken["success"].first), with: Ended.finished)
    #expect(try left == ["a.csv"])
  }

  @Test("a file that changes while it is read is no content: it stays, a bulletin says so, and a later run takes it", arguments: [true, false])
  func changing(_ hasGrown: Bool) async throws {
    try put("inbox/a.csv", "half")
    try put("inbox/b.csv")
    let files = interrupted { try hasGrown ? put("inbox/a.csv", "half and half") : forge("inbox/a.csv") }
    let outcome = await (try test(GetFile.self, [:], files)).run()
    #expect(names([outcome]) == ["b.csv"] && outcome.counters["files changing"] == 1)
    let bulletin = try #require(outcome.bulletins.first)
    #expect(outcome.bulletins.count == 1 && bulletin.detail.contains("a.csv: found a file of \(hasGrown ? 13 : 4) bytes") && bulletin.detail.contains("expected a file of 4 bytes"))
    let later = await (try test(GetFile.self)).run()
    #expect(later["success"].first?.content == .bytes(Array((hasGrown ? "half and half" : "zzzz").utf8)))
  }

  @Test("what is read has as many bytes as the file")
  func short() throws {
    try put("inbox/a.csv", "half and half")
    guard case .file(let state) = try FileSighting(at: folder.path("inbox/a.csv"), fileSystem) else {
      Issue.record("it is a file")
      return
    }
    #expect(try state.change(at: folder.path("inbox/a.csv"), readBytes: 4, fileSystem)?.description.contains("of which 4 bytes were read") == true)
    #expect(try state.change(at: folder.path("inbox/a.csv"), readBytes: 13, fileSystem) == nil)
  }

  @Test("a change of mode or hard links is no change of the file: it is taken once, and removed", arguments: MetadataChange.allCases, [true, false])
  func metadata(_ change: MetadataChange, _ isWhileRead: Bool) async throws {
    try put("inbox/a.csv")
    try change.prepare("inbox/a.csv", in: folder)
    let test = try test(GetFile.self, [:], isWhileRead ? interrupted { [folder] in try change.make("inbox/a.csv", in: folder) } : fileSystem)
    let taken = await test.run()
    #expect(names([taken]) == ["a.csv"] && taken.counters["files changing"] == nil && taken.bulletins.isEmpty)
    if !isWhileRead { try change.make("inbox/a.csv", in: folder) }
    try await taken.end(try #require(taken["success"].first), with: Ended.finished)
    #expect(try left == [] && test.environment.handlerBulletins.waiting.isEmpty)
  }

  @Test("what is said of a change shows what differs: times to the nanosecond, or another file")
  func difference() throws {
    func change(_ body: () throws -> Void) throws -> String {
      try put("inbox/a.csv", "half")
      guard case .file(let state) = try FileSighting(at: folder.path("inbox/a.csv"), fileSystem) else { return "" }
      try body()
      return try state.change(at: folder.path("inbox/a.csv"), fileSystem)?.description ?? "no change"
    }
    let times = try change { try forge("inbox/a.csv") }.matches(of: #/changed at (\S+?\.\d{9}Z)/#).map(\.1)
    #expect(times.count == 2 && times.first != times.last, "\(times)")
    let replaced = try change {
      try put("new", "half")
      try fileSystem.rename(folder.path("new"), to: folder.path("inbox/a.csv"))
    }
    #expect(replaced.contains("a.csv: found another file (inode) of that name, a file of 4 bytes, changed at"), "\(replaced)")
  }

  @Test("a file that has changed until its FlowFile ended stays, also with its size, and a bulletin says so; one that is gone is done", arguments: [true, false])
  func changed(_ hasGrown: Bool) async throws {
    try put("inbox/a.csv")
    try put("inbox/b.csv")
    let test = try test(GetFile.self)
    let taken = await test.run()
    if hasGrown { try put("inbox/a.csv", "text and more") } else { try forge("inbox/a.csv") }
    try fileSystem.removeFile(folder.path("inbox/b.csv"))
    for flowFile in taken["success"] { try await taken.end(flowFile, with: Ended.finished) }
    #expect(try left == ["a.csv"])
    let bulletins = test.environment.handlerBulletins.waiting
    #expect(bulletins.count == 1 && bulletins.first?.level == .warning && bulletins.first?.processor == "test")
    #expect(bulletins.first?.detail.contains(folder.path("inbox/a.csv")) == true)
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
}
