import FlowCore
import FlowErrors
import FlowFileSystem
import StudyModel
import StudyParticipants
import Testing

@testable import FlowRuntime
@testable import flowrun

@Suite("The sweep at the end of a run")
struct ErrorSweepTests {
  private func sweep(_ bench: EntryBench, _ fileSystem: any FileSystem, _ register: ParticipantRegister, indexes: String? = nil) -> ErrorSweep {
    let environment = Machine.here(fileSystem).toolEnvironment
    return ErrorSweep(
      folder: ErrorFolder(folder: bench.path, fileSystem: fileSystem, lane: environment.lane("error folder"), indexes: indexes),
      ownership: EntryOwnership(bench.graph, [], environment), environment: environment, register: register,
      now: Instant(seconds: 1_790_000_000), failedHere: []) {}
  }

  @Test("a shard's sweep judges its own entries only, and counts only them")
  func shard() async throws {
    let bench = try EntryBench()
    let names = (1...8).map { "P000\($0)" }
    for name in names { _ = try await bench.entry(at: "refresh token", .tokenInDoubt, attributes: ["participant": name]) }
    let register = ParticipantRegister()
    for name in names { register.recordSuccess(name, processorType: "RefreshToken") }
    let shard = try #require(ParticipantShard(index: 0, of: 2))
    let sweep = sweep(bench, POSIXFileSystem(), register)
    sweep.environment.shared.put(ParticipantSelection(shard: shard))
    #expect(try await sweep.run(flow: bench.graph.name, currentRun: "run-2").count == 0)
    let left = try await bench.errors.entries().entries.compactMap(\.participant)
    #expect(Set(left) == Set(names.filter { !shard.includes($0) }) && !left.isEmpty && left.count < 8)
  }

  @Test("an entry of an earlier run that can succeed later is work that is left, unless its participant is not collected")
  func retryable() async throws {
    let bench = try EntryBench()
    let register = ParticipantRegister()
    _ = try await bench.entry(at: "refresh token", .needsConsent, attributes: ["participant": "P0001"])
    func left() async throws -> ErrorSweep.Remainder { try await sweep(bench, POSIXFileSystem(), register).run(flow: bench.graph.name, currentRun: "run-2") }
    var remainder = try await left()
    #expect(remainder.count == 1 && !remainder.hasRetryable)
    _ = try await bench.entry(at: "get latest sync", .serverError, attributes: ["participant": "P0002"])
    remainder = try await left()
    #expect(remainder.count == 2 && remainder.hasRetryable)
    // What needs a person comes first.
    #expect(remainder.troubles.map(\.cause) == ["needs_consent", "server_error"] && remainder.troubles.map(\.participants) == [["P0001"], ["P0002"]])
    register.record("P0002", .skipped)
    remainder = try await left()
    #expect(remainder.count == 2 && !remainder.hasRetryable)
  }

  @Test("it reads each entry once, and clears entries whose slice or participant succeeded")
  func once() async throws {
    let bench = try EntryBench()
    let reads = Locked<[String]>([])
    for day in 1...9 {
      let slice = EntryBench.slice("2026-03-0\(day)T00:00:00Z", to: "2026-03-\(day + 1 < 10 ? "0" : "")\(day + 1)T00:00:00Z")
      _ = try await bench.entry(at: "write heart", .database, attributes: slice)
    }
    _ = try await bench.entry(at: "write heart", .timeout, attributes: EntryBench.slice("2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z"), run: "run-2")
    _ = try await bench.entry(at: "refresh token", .tokenInDoubt, attributes: ["participant": "P0001"])
    _ = try await bench.entry(at: "refresh token", .needsConsent, attributes: ["participant": "P0002"])
    let counting = GuardedFileSystem(POSIXFileSystem()) { boundary, path in
      if boundary == "file.read", path.hasSuffix("flowfile.json") { reads.withLock { $0.append(path) } }
    }
    let register = ParticipantRegister()
    register.recordSuccess("P0001", processorType: "RefreshToken")
    let left = try await sweep(bench, counting, register).run(flow: bench.graph.name, currentRun: "run-2").count
    #expect(left == 10)
    #expect(reads.withLock { $0.count } == 12 && Set(reads.withLock { $0 }).count == 12)
    let entries = try await bench.errors.entries().entries
    #expect(entries.count == 10)
    #expect(entries.contains { $0.participant == "P0002" } && !entries.contains { $0.cause == .tokenInDoubt })
    #expect(entries.filter { $0.document.attributes["slice.start"] == "2026-03-01T00:00:00Z" }.map(\.document.run) == ["run-2"])
  }

  @Test("a later sweep reads only what is new, and clears what an earlier one left")
  func again() async throws {
    let bench = try EntryBench()
    for participant in ["P0001", "P0002", "P0003"] {
      _ = try await bench.entry(at: "refresh token", .tokenInDoubt, attributes: ["participant": participant])
    }
    let reads = Locked(0)
    let counting = GuardedFileSystem(POSIXFileSystem()) { boundary, path in
      if boundary == "file.read", path.hasSuffix("flowfile.json") { reads.withLock { $0 += 1 } }
    }
    let register = ParticipantRegister()
    func left(_ run: String) async throws -> Int {
      try await sweep(bench, counting, register, indexes: bench.path + "-index").run(flow: bench.graph.name, currentRun: run).count
    }
    #expect(try await left("run-2") == 3)
    #expect(reads.withLock { $0 } == 3)
    _ = try await bench.entry(at: "refresh token", .needsConsent, attributes: ["participant": "P0004"], run: "run-3")
    #expect(try await left("run-3") == 4)
    #expect(reads.withLock { $0 } == 4)
    // The one that goes is read once more: no entry is removed because of the index alone.
    register.recordSuccess("P0002", processorType: "RefreshToken")
    #expect(try await left("run-4") == 3)
    #expect(reads.withLock { $0 } == 5)
    #expect(try await bench.errors.entries().entries.compactMap(\.participant).sorted() == ["P0001", "P0003", "P0004"])
    #expect(try await left("run-5") == 3)
    #expect(reads.withLock { $0 } == 5)
  }

  @Test("entries of another database or provider are left alone and not counted")
  func others() async throws {
    let bench = try EntryBench()
    let other = EntryBelonging(database: EntryDatabase(id: "other", path: "other.sqlite"))
    let google = EntryBelonging(provider: EntryProvider(name: "google-health", address: "https://health.example"))
    for belonging in [other, google, EntryBelonging()] {
      _ = try await bench.entry(at: "refresh token", .tokenInDoubt, attributes: ["participant": "P0001"], belonging: belonging)
    }
    let register = ParticipantRegister()
    register.recordSuccess("P0001", processorType: "RefreshToken")
    let left = try await sweep(bench, POSIXFileSystem(), register).run(flow: bench.graph.name, currentRun: "run-2").count
    #expect(left == 0)
    #expect(try await bench.errors.entries().entries.count == 2)
  }
}
