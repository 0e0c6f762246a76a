import FlowCompression
import FlowCore
import FlowFileSystem
import FlowTesting
import StudyModel
import Testing

@testable import StudyRaw

/// The spool on real files: answers of many at once, several journals, and what a later process finds.
@Suite struct RawSpoolTests {
  private let disk: FileSystemFixture
  private var folder: String { disk.path + "/spool" }

  init() throws { disk = try FileSystemFixture() }

  private func spool(
    _ run: String = RawBench.run, journalBytes: Int64 = RawSpool.journalBytes, memoryBytes: Int = RawSpool.memoryBytes, lane: @escaping @Sendable (String) -> any Lane = { _ in InlineLane() }
  ) -> RawSpool {
    RawSpool(folder: folder, environment: RawBench.environment(disk.fileSystem, run: run, lane: lane), journalBytes: journalBytes, memoryBytes: memoryBytes)
  }
  private func names(_ suffix: String = RawKey.suffix) throws -> [String] { try disk.fileSystem.names(in: folder).filter { $0.hasSuffix(suffix) } }
  private func bytes(_ name: String) throws -> [UInt8] { try disk.fileSystem.read("\(folder)/\(name)") }

  /// Keeps an answer of each participant, durably, and ends the spool as a killed run does: with its files as they are.
  private func leave(_ participants: [String], run: String = RawBench.run) async throws {
    let spool = spool(run)
    for (number, participant) in participants.enumerated() { _ = try await spool.append(RawBench.answer(participant, ["\(number)"])) }
    try await spool.end()
  }

  @Test("Answers that many append at once are each in their participant's object, in order", .timeLimit(.minutes(5)), arguments: [Int64(1) << 20, 2000])
  func concurrent(journalBytes: Int64) async throws {
    let spool = spool(journalBytes: journalBytes, memoryBytes: journalBytes == 2000 ? 0 : RawSpool.memoryBytes) { DispatchLane(label: $0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for participant in 0..<6 {
        group.addTask {
          for number in 0..<20 {
            let key = try await spool.append(RawBench.answer("P\(participant)", ["\(participant)-\(number)"]))
            #expect(RawKey(key)?.participant == "P\(participant)")
            try await spool.makeDurable()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try names().count > (journalBytes == 2000 ? 3 : 0))
    let segments = try await spool.close()
    #expect(segments.count == 6)
    for segment in segments {
      let object = try await spool.bytes(segment, disk.fileSystem)
      let expected = (0..<20).map { "\(segment.key.participant.dropFirst())-\($0)" }
      #expect(try RawBench.bodies(object) == expected)
      #expect(try RawBench.lines(object).allSatisfy { $0.object == segment.key.text && $0.run == RawBench.run })
      try await spool.stored(segment)
    }
    try await spool.end()
    #expect(try names() == [])
  }

  @Test("A journal takes no new answers once it is long enough, and goes when its objects are stored")
  func rotation() async throws {
    let spool = spool(journalBytes: 1)
    for number in 0..<3 { _ = try await spool.append(RawBench.answer("P\(number)", ["\(number)"])) }
    #expect(try names().count == 3)
    let segments = try await spool.close()
    try await spool.stored(segments[1])
    #expect(try names().count == 2)
    try await spool.stored(segments[2])
    #expect(try names().count == 2, "the newest one is being written")
    try await spool.end()
    #expect(try names().count == 1)
    let left = try await self.spool().recover()
    #expect(left.segments.map(\.key) == [segments[0].key] && left.damage.isEmpty)
  }

  @Test("An answer that comes while its participant's object is closed is in the object or in the next one", .timeLimit(.minutes(5)), arguments: 0..<10)
  func closing(round: Int) async throws {
    let spool = spool { DispatchLane(label: $0) }
    let given = Locked<[SpoolState.Segment]>([])
    await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<20 { group.addTask { _ = try await spool.append(RawBench.answer("P1", ["\(number)"])) } }
      for _ in 0..<5 { group.addTask { try await spool.close("P1") { segments in given.withLock { $0 += segments } } } }
    }
    let segments = given.withLock { $0 } + (try await spool.close())
    var bodies: [String] = []
    for segment in segments { bodies += try await spool.bodies(segment, disk.fileSystem) }
    #expect(bodies.count == 20 && Set(bodies).count == 20 && Set(segments.map(\.key)).count == segments.count)
    try await spool.end()
  }

  // MARK: What a later process finds

  @Test("What a killed run has left is taken over whole, with its keys")
  func recovered() async throws {
    try await leave(["P1", "P2", "P1"])
    let later = spool("20260107T101500Z-00aa")
    let found = try await later.recover()
    #expect(found.segments.map(\.key.participant) == ["P1", "P2"] && found.damage.isEmpty && found.busy == 0)
    #expect(found.segments.allSatisfy { $0.key.run == RawBench.run && $0.isClosed })
    #expect(try await later.bodies(found.segments[0], disk.fileSystem) == ["0", "2"])
    _ = try await later.append(RawBench.answer("P1", ["new"]))
    for segment in found.segments { try await later.stored(segment) }
    let new = try await later.close()
    #expect(new.map(\.key.run) == ["20260107T101500Z-00aa"])
    for segment in new { try await later.stored(segment) }
    try await later.end()
    #expect(try names("") == [])
  }

  @Test("Frames of one object in several journals come in the order in which they were written, beyond nine journals too")
  func order() async throws {
    let first = spool(journalBytes: 1)
    for number in 0..<12 { _ = try await first.append(RawBench.answer("P1", ["\(number)"])) }
    try await first.end()
    let later = spool("20260107T101500Z-00aa")
    let segment = try #require(try await later.recover().segments.first)
    #expect(try await later.bodies(segment, disk.fileSystem) == (0..<12).map { "\($0)" })
    try await later.end()
  }

  @Test("A journal of a process that lives is left alone, also before anything is in it")
  func living() async throws {
    let first = spool()
    _ = try await first.append(RawBench.answer("P1", ["1"]))
    let second = spool("20260107T101500Z-00aa")
    let found = try await second.recover()
    #expect(found.segments.isEmpty && found.busy == 1)
    let segments = try await first.close()
    #expect(try await first.bodies(segments[0], disk.fileSystem) == ["1"])
    try await first.end()
    try await second.end()
    #expect(try await spool("20260108T101500Z-00aa").recover().segments.count == 1)
  }

  @Test("A second spool of the same run does not write over the first one's journals")
  func sameRun() async throws {
    let first = spool(), second = spool()
    _ = try await first.append(RawBench.answer("P1", ["first"]))
    _ = try await second.append(RawBench.answer("P2", ["second"]))
    for spool in [first, second] { try await spool.end() }
    let later = spool("20260107T101500Z-00aa")
    var bodies: [String] = []
    for segment in try await later.recover().segments { bodies += try await later.bodies(segment, disk.fileSystem) }
    #expect(bodies == ["first", "second"])
  }

  // MARK: Damage

  enum Tail: String, CaseIterable, Sendable { case half, oneByte, zeros, zerosOfAPage, halfAndZeros }

  @Test("What a power cut leaves behind the last durable answer is no damage: a broken frame, zeros", arguments: Tail.allCases)
  func tail(_ tail: Tail) async throws {
    try await leave(["P1", "P2"])
    let name = try #require(try names().first)
    let frame = try Zstandard.frame(RawBench.answer("P1", ["torn", String(repeating: "x", count: 5000)]).lines(of: "o", run: "r"))
    let added: [UInt8] =
      switch tail {
      case .half: Array(frame.prefix(frame.count / 2))
      case .oneByte: Array(frame.prefix(1))
      case .zeros: Array(repeating: 0, count: 7)
      case .zerosOfAPage: Array(repeating: 0, count: 3 << 20)
      case .halfAndZeros: Array(frame.prefix(5)) + Array(repeating: 0, count: 300)
      }
    try disk.fileSystem.writeDurably(try bytes(name) + added, to: "\(folder)/\(name)")
    let found = try await spool("20260107T101500Z-00aa").recover()
    #expect(found.segments.map(\.key.participant) == ["P1", "P2"])
    // A frame that begins and goes on with zeros may be one that was whole: it is not thrown away.
    if tail != .halfAndZeros { #expect(found.damage.isEmpty, "\(found.damage)") }
  }

  @Test("A journal with a damaged middle is read up to there, then put aside, and said", arguments: [false, true])
  func middle(isFirstFrame: Bool) async throws {
    try await leave(["P1", "P2", "P3"])
    let name = try #require(try names().first)
    let path = "\(folder)/\(name)"
    var damaged = try bytes(name)
    let frames = try JournalScan(path: path, fileSystem: disk.fileSystem).run().frames
    damaged[Int(frames[isFirstFrame ? 0 : 1].offset) + frames[1].count / 2] ^= 0x40
    try disk.fileSystem.writeDurably(damaged, to: path)
    let later = spool("20260107T101500Z-00aa")
    let found = try await later.recover()
    #expect(found.damage.map(\.path) == [path] && found.damage[0].reason.contains("byte \(isFirstFrame ? 0 : frames[1].offset)"))
    #expect(found.segments.map(\.key.participant) == (isFirstFrame ? [] : ["P1"]))
    for segment in found.segments { try await later.stored(segment) }
    try await later.end()
    #expect(try names("") == [name + ".damaged"])
    #expect(try bytes(name + ".damaged") == damaged)
    #expect(try await spool("20260108T101500Z-00aa").recover().segments.isEmpty)
  }

  @Test("A file that is no journal is damage, not answers", arguments: ["notes", "(\u{1}"])
  func foreign(text: String) async throws {
    try disk.fileSystem.makeFolder(folder)
    try disk.fileSystem.writeDurably(Array(text.utf8), to: "\(folder)/other-1.jsonl.zst")
    let found = try await spool().recover()
    #expect(found.segments.isEmpty)
    #expect(try names(".damaged").count + names().count == (found.damage.isEmpty ? 0 : 1))
  }
}
