import FlowCore
import FlowFileSystem
import FlowTesting
import StudyModel
import Testing

@testable import StudyRaw

/// Whatever call fails, and whenever the process is killed or the power fails: what was said to be durable is in the storage or in the spool.
@Suite struct SpoolCrashTests {
  /// What the process that died had been told, and where its objects went.
  private final class Told: Sendable {
    let durable = Locked<[String]>([])
    let stored = Locked<[String: [UInt8]]>([:])
  }

  private static let folder = "state/raw/spool"

  /// A run: answers of three participants in short journals, an fsync after every second one, and objects that are stored one by one.
  private static func work(_ fileSystem: any FileSystem, folder: String = Self.folder, _ told: Told) async throws {
    let spool = RawSpool(folder: folder, environment: RawBench.environment(fileSystem), journalBytes: 900)
    var appended: [String] = []
    for number in 0..<12 {
      let participant = "P\(number % 3)"
      _ = try await spool.append(RawBench.answer(participant, ["\(participant)-\(number)"]))
      appended.append("\(participant)-\(number)")
      if number % 2 == 1 {
        try await spool.makeDurable()
        told.durable.withLock { [appended] in $0 = appended }
      }
      if number == 7 { try await store(try await spool.close("P1"), spool, fileSystem, told) }
    }
    try await store(try await spool.close(), spool, fileSystem, told)
    try await spool.end()
    told.durable.withLock { [appended] in $0 = appended }
  }

  private static func store(_ segments: [SpoolState.Segment], _ spool: RawSpool, _ fileSystem: any FileSystem, _ told: Told) async throws {
    for segment in segments {
      try await spool.makeDurable()
      let bytes = try await spool.bytes(segment, fileSystem)
      told.stored.withLock { $0[segment.key.text] = bytes }
      try await spool.stored(segment)
    }
  }

  /// What the next process finds, together with what is stored.
  private static func check(_ fileSystem: any FileSystem, folder: String = Self.folder, _ told: Told, _ comment: Comment) async throws {
    let spool = RawSpool(folder: folder, environment: RawBench.environment(fileSystem, run: "20260107T101500Z-00aa"))
    let found = try await spool.recover()
    #expect(found.damage.isEmpty && found.busy == 0, comment)
    var objects = told.stored.withLock { $0 }
    for segment in found.segments {
      let bytes = try await spool.bytes(segment, fileSystem)
      if let stored = objects[segment.key.text] {
        let known = try RawBench.bodies(stored)
        #expect(try RawBench.bodies(bytes).allSatisfy(known.contains), "what is left of a stored object is a part of it: \(comment)")
      } else {
        objects[segment.key.text] = bytes
      }
    }
    let bodies = try objects.values.flatMap { try RawBench.bodies($0) }
    #expect(Set(bodies).count == bodies.count, "nothing is doubled: \(comment)")
    #expect(Set(told.durable.withLock { $0 }).isSubset(of: bodies), comment)
    for segment in found.segments { try await spool.stored(segment) }
    try await spool.end()
    #expect(try fileSystem.status(folder) == nil || fileSystem.names(in: folder).filter { $0.hasSuffix(RawKey.suffix) } == [], comment)
  }

  @Test("Killed or without power at any call", arguments: [false, true])
  func everyCall(losesPower: Bool) async throws {
    var call = 1
    while true {
      let fileSystem = MemoryFileSystem(folders: ["state"])
      fileSystem.set(.crash(call: call))
      let told = Told()
      var isWhole = false
      do {
        try await Self.work(fileSystem, told)
        isWhole = true
      } catch {}
      try await Self.check(fileSystem.afterCrash(losingUnsynchronized: losesPower), told, "call \(call): \(fileSystem.calls.last ?? "")")
      if isWhole { break }
      call += 1
    }
    #expect(call > 50)
  }

  @Test("A call that fails once, without effect or after it: the spool says so or goes on, and the next process has everything", arguments: [false, true])
  func failingOnce(isLate: Bool) async throws {
    var call = 1, wholeCount = 0
    while true {
      let fileSystem = MemoryFileSystem(folders: ["state"])
      fileSystem.set(isLate ? .lateFailure(call: call) : .failure(call: call))
      let told = Told()
      do {
        try await Self.work(fileSystem, told)
        wholeCount += 1
      } catch {}
      let isPast = fileSystem.calls.count < call
      try await Self.check(fileSystem.afterCrash(losingUnsynchronized: false), told, "call \(call)")
      if isPast { break }
      call += 1
    }
    #expect(wholeCount >= 1)
  }

  @Test("After a power cut as POSIX allows it, whatever of the unsynchronized bytes is there", arguments: Seeds.chosen(usual: 60))
  func powerCut(seed: UInt64) async throws {
    let disk = try FileSystemFixture()
    let power = try PowerCutFileSystem(disk.fileSystem, root: disk.path)
    let faults = FaultPlan()
    power.losePower(at: Int(1 + seed * 7 % 160), of: faults)
    let told = Told()
    do { try await Self.work(GuardedFileSystem(power, faults: faults), folder: disk.path + "/spool", told) } catch {}
    try power.cutPower(seed: seed)
    try await Self.check(disk.fileSystem, folder: disk.path + "/spool", told, "seed \(seed)")
  }

  @Test("After an fsync that failed nothing is durable any more, although the next one would succeed")
  func failedSynchronization() async throws {
    let fileSystem = MemoryFileSystem(folders: ["state"])
    let faults = FaultPlan()
    let spool = RawSpool(folder: Self.folder, environment: RawBench.environment(GuardedFileSystem(fileSystem, faults: faults)))
    _ = try await spool.append(RawBench.answer("P1", ["1"]))
    let error = FileSystemError(operation: "fsync", path: "journal", errno: 5, reason: "Input/output error")
    faults.fail("file.synchronize", call: (faults.calls["file.synchronize"] ?? 0) + 1, with: error)
    for _ in 0..<3 {
      let failure = await #expect(throws: ProcessorError.self) { try await spool.makeDurable() }
      #expect(failure?.failure.cause == .disk)
      _ = try await spool.append(RawBench.answer("P1", ["2"]))
    }
    await #expect(throws: ProcessorError.self) { try await spool.end() }
    #expect(fileSystem.openCount == 0)
  }
}
