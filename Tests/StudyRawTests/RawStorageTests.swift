import FlowBase
import FlowCore
import FlowCrypto
import FlowObjects
import FlowTesting
import StudyModel
import Testing

@testable import StudyRaw

/// Objects get into the storage, at once or by the next run; what cannot get there stays in the spool, and is said.
@Suite struct RawStorageTests {
  /// Runs one after the other on one disk and one bucket.
  private struct Bench {
    let fileSystem: MemoryFileSystem
    let bucket: ScriptedObjectStorage
    let noted = Locked<[ProcessedObject]>([])
    let faults = FaultPlan()

    init(_ script: @escaping ScriptedObjectStorage.Script = { _, _, _ in nil }) {
      fileSystem = MemoryFileSystem(folders: [".flowrun"])
      bucket = ScriptedObjectStorage(fileSystem, script)
    }

    /// A run that keeps an answer of each participant and ends. Returns what its closing threw.
    func run(
      _ number: Int, _ participants: [String], finishing: Bool = true, noteFailure: (any Error)? = nil,
      meanwhile: @escaping @Sendable (RawStorage, ManualTime) async throws -> Void = { _, _ in }
    ) throws -> (any Error)? {
      let executor = ManualExecutor(seed: UInt64(number), time: ManualTime(now: RawBench.fetched))
      let environment = RuntimeEnvironment.testing(
        executor: executor, fileSystem: GuardedFileSystem(fileSystem, faults: faults), run: "20260106T101500Z-000\(number)")
      return try executor.run { [self] in
        let values = PropertyValues().replacing(RawStorage.url, with: bucket.location)
        let storage = RawStorage(values: values, environment: environment) { _, _ in bucket }
        storage.whenStored { objects in
          if let noteFailure { throw noteFailure }
          noted.withLock { $0 += objects }
        }
        try await storage.prepare()
        for participant in participants {
          _ = try await storage.keep(RawBench.answer(participant, ["\(number) \(participant)"]))
          if finishing { environment.participants.record(participant, .complete) }
        }
        try await meanwhile(storage, executor.time)
        do { try await storage.close() } catch { return error }
        return nil
      }
    }

    func key(_ number: Int, _ participant: String) -> String {
      RawKey(provider: "fitbit", date: "2026-01-06", run: "20260106T101500Z-000\(number)", participant: participant).text
    }
    var bodies: [String] { get throws { try bucket.objects.sorted { $0.key < $1.key }.flatMap { try RawBench.bodies($0.value) } } }
    var spoolFiles: [String] { fileSystem.paths().filter { $0.hasPrefix(".flowrun/raw/") && $0.split(separator: "/").count > 3 } }
  }

  private static func away(_ message: String = "no route to the host") -> ObjectStorageError { ObjectStorageError(.away, message) }

  @Test("An empty address keeps nothing and touches nothing")
  func off() async throws {
    let fileSystem = MemoryFileSystem()
    let storage = RawStorage(values: PropertyValues().replacing(RawStorage.url, with: ""), environment: .undriven(fileSystem: fileSystem))
    #expect(!storage.isOn)
    try await storage.prepare()
    try await storage.close()
    #expect(fileSystem.calls.isEmpty)
  }

  @Test("A participant's object is in the storage while the run goes on, those of others at its end, and nothing stays in the spool", arguments: [true, false])
  func stored(finishing: Bool) throws {
    let bench = Bench()
    let early = Locked(0)
    let failure = try bench.run(1, ["P1", "P2", "P3"], finishing: finishing) { _, time in
      await time.sleep(for: .seconds(1))
      early.withLock { $0 = bench.bucket.objects.count }
    }
    #expect(failure == nil && early.withLock { $0 } == (finishing ? 3 : 0))
    #expect(bench.bucket.objects.keys.sorted() == ["P1", "P2", "P3"].map { bench.key(1, $0) })
    #expect(try bench.bodies == ["1 P1", "1 P2", "1 P3"])
    #expect(bench.spoolFiles == [])
    #expect(bench.noted.withLock { $0.map(\.key) }.sorted() == bench.bucket.objects.keys.sorted())
    for object in bench.noted.withLock({ $0 }) {
      #expect(object.sha256 == bench.bucket.objects[object.key].map { Hexadecimal.text(SHA256.digest(of: $0)) })
    }
  }

  @Test("Durable before it is uploaded: the storage may be another host's")
  func order() throws {
    let bench = Bench()
    let isDurable = Locked<[Bool]>([])
    bench.bucket.set { [fileSystem = bench.fileSystem] call, _, _ in
      let journals = fileSystem.afterCrash(losingUnsynchronized: true).paths().filter { $0.hasSuffix(RawKey.suffix) }
      isDurable.withLock { $0.append(call != .put || journals.contains { fileSystem.afterCrash(losingUnsynchronized: true).text($0)?.isEmpty == false }) }
      return nil
    }
    #expect(try bench.run(1, ["P1"]) == nil)
    #expect(isDurable.withLock { $0 } == [true])
  }

  @Test("Away for a whole run: work is left, with the reason; the next run puts it there, and its own", arguments: [ObjectStorageError.Kind.away, .denied, .invalid])
  func away(kind: ObjectStorageError.Kind) throws {
    let bench = Bench { _, _, _ in ObjectStorageError(kind, "no route to the host") }
    let failure = try #require(try bench.run(1, ["P1", "P2", "P3"]) as? WorkLeft)
    #expect(failure.description.contains("3 objects") && failure.description.contains("no route to the host") && failure.description.contains("next run"))
    #expect(bench.bucket.objects.isEmpty && bench.noted.withLock { $0.isEmpty })
    bench.bucket.set { _, _, _ in nil }
    #expect(try bench.run(2, ["P1"]) == nil)
    #expect(try bench.bodies == ["1 P1", "1 P2", "1 P3", "2 P1"])
    #expect(bench.spoolFiles == [] && bench.noted.withLock { $0.count } == 4)
  }

  @Test("Away in the middle: the rest goes up when it is back, or at the end", arguments: [true, false])
  func awayMeanwhile(waits: Bool) throws {
    let bench = Bench { call, _, count in call == .put && (2...5).contains(count) ? Self.away() : nil }
    let failure = try bench.run(1, (1...8).map { "P\($0)" }) { _, time in if waits { await time.sleep(for: .seconds(300)) } }
    #expect(failure == nil || failure is WorkLeft)
    let last = try bench.run(2, [])
    #expect(last == nil)
    #expect(try bench.bodies == (1...8).map { "1 P\($0)" })
    #expect(bench.spoolFiles == [])
  }

  @Test("An object that is there already with the same bytes is stored; with more of the same, too")
  func alreadyThere() throws {
    let bench = Bench { _, _, _ in Self.away() }
    _ = try bench.run(1, ["P1", "P1", "P2"], finishing: false)
    bench.bucket.set { _, _, _ in nil }
    let copy = Bench()
    _ = try copy.run(1, ["P1", "P1", "P2"], finishing: false)
    for (key, bytes) in copy.bucket.objects {
      // As if a part of the journals had been removed before the kill.
      let more = key == bench.key(1, "P2") ? [] : bytes
      bench.bucket.place(bytes + more, key)
    }
    #expect(try bench.run(2, []) == nil)
    #expect(bench.spoolFiles == [])
    for object in bench.noted.withLock({ $0 }) {
      #expect(object.sha256 == bench.bucket.objects[object.key].map { Hexadecimal.text(SHA256.digest(of: $0)) }, "of what is in the storage")
    }
  }

  @Test("An object that holds other bytes is not overwritten; the others are stored, and the run says what is left")
  func conflict() throws {
    let bench = Bench()
    let other = Array("other".utf8)
    bench.bucket.place(other, bench.key(1, "P1"))
    let failure = try #require(try bench.run(1, ["P1", "P2", "P3"]) as? WorkLeft)
    #expect(failure.description.contains("1 object ") && failure.description.contains("other bytes"))
    #expect(bench.bucket.objects[bench.key(1, "P1")] == other && bench.bucket.objects.count == 3)
    #expect(try bench.run(2, ["P1"]) is WorkLeft)
    #expect(bench.bucket.objects[bench.key(2, "P1")] != nil && bench.bucket.objects[bench.key(1, "P1")] == other)
  }

  @Test("After an fsync that failed, nothing becomes durable and nothing is uploaded")
  func failedSynchronization() throws {
    let bench = Bench()
    let causes = Locked<[Cause]>([])
    let failure = try bench.run(1, ["P1"], finishing: false) { storage, _ in
      let error = FileSystemError(operation: "fsync", path: "journal", errno: 5, reason: "Input/output error")
      bench.faults.fail("file.synchronize", call: (bench.faults.calls["file.synchronize"] ?? 0) + 1, with: error)
      for _ in 0..<2 {
        do {
          try await storage.makeDurable()
        } catch let error as ProcessorError {
          causes.withLock { $0.append(error.failure.cause) }
        }
      }
    }
    #expect(causes.withLock { $0 } == [.disk, .disk] && bench.bucket.objects.isEmpty)
    #expect((failure as? ProcessorError)?.failure.cause == .disk)
    #expect(bench.fileSystem.openCount == 0)
  }

  @Test("What the database could not note stays in the spool until the next run has noted it")
  func notNoted() throws {
    let bench = Bench()
    let failure = try bench.run(1, ["P1", "P2"], noteFailure: ProcessorError(.database, "the server is away"))
    #expect(failure is WorkLeft && bench.bucket.objects.count == 2)
    #expect(try bench.run(2, []) == nil)
    #expect(bench.noted.withLock { $0.map(\.participant) }.sorted() == ["P1", "P2"] && bench.spoolFiles == [])
  }

  @Test("What is listed and read is what was kept, foreign keys apart; what an earlier run had left is among it")
  func reading() throws {
    let bench = Bench { call, _, _ in call == .put ? Self.away() : nil }
    _ = try bench.run(1, ["P2", "P1"])
    bench.bucket.set { _, _, _ in nil }
    bench.bucket.place([1], "notes.txt")
    let found = Locked<(listing: RawListing, bodies: [String])?>(nil)
    let failure = try bench.run(2, []) { storage, _ in
      let listing = try await storage.listObjects()
      var bodies: [String] = []
      for object in listing.objects {
        let reader = try await storage.open(object)
        while let kept = try await reader.next() { bodies += kept.answer.responses.map { String(decoding: $0.body, as: UTF8.self) } }
        try await reader.close()
      }
      found.withLock { [bodies] in $0 = (listing, bodies) }
    }
    #expect(failure == nil && bench.spoolFiles == [])
    let (listing, bodies) = try #require(found.withLock { $0 })
    #expect(listing.foreign == ["notes.txt"] && listing.objects.map(\.participant) == ["P1", "P2"] && bodies == ["1 P1", "1 P2"])
  }

  @Test("A damaged object is bad data, one that is gone is not found, and a storage that is away is no connection")
  func unreadable() throws {
    let bench = Bench()
    _ = try bench.run(1, ["P1"])
    let key = bench.key(1, "P1")
    var bytes = try #require(bench.bucket.objects[key])
    bytes[bytes.count - 1] ^= 1
    bench.bucket.place(bytes, key)
    let causes = Locked<[Cause]>([])
    _ = try bench.run(2, []) { storage, _ in
      func open(_ key: String) async throws {
        do {
          _ = try await storage.open(RawObject(key: key, participant: "P1", run: "r"))
        } catch let error as ProcessorError {
          causes.withLock { $0.append(error.failure.cause) }
        }
      }
      try await open(key)
      try await open(bench.key(9, "P1"))
      bench.bucket.set { _, _, _ in Self.away() }
      try await open(key)
    }
    #expect(causes.withLock { $0 } == [.badData, .notFound, .connection] && bench.spoolFiles == [])
  }

  @Test("In a folder objects appear whole under their keys, and no unfinished file stays")
  func folder() async throws {
    let disk = try FileSystemFixture()
    let environment = RawBench.environment(disk.fileSystem)
    environment.shared.put(RunStateFolder(path: disk.path + "/state"))
    let storage = RawStorage(values: PropertyValues().replacing(RawStorage.url, with: disk.path + "/raw/"), environment: environment)
    try await storage.prepare()
    let keys = [try await storage.keep(RawBench.answer("P1", ["1"])), try await storage.keep(RawBench.answer("P2", ["2"]))]
    try await storage.close()
    let files = try disk.tree("raw/").filter { !$0.hasSuffix("/") }
    #expect(files == keys.map { "raw/\($0)" })
    #expect(try files.flatMap { try RawBench.bodies(try disk.fileSystem.read(disk.path + "/" + $0)) } == ["1", "2"])
    #expect(try disk.tree("state/raw/").filter { !$0.hasSuffix("/") } == [])
  }
}
