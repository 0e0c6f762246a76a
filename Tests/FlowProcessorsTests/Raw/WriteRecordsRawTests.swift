import FlowCore
import FlowDefinition
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

/// A response is durable before a row that was made from it is visible.
@Suite("WriteRecords waits for the response")
struct WriteRecordsRawTests {
  private static func write(_ store: DatabaseBench, _ storage: MemoryRawStorage, _ more: [String: String]) async throws -> ProcessorTest.Outcome {
    let test = try ProcessorTest(
      WriteRecords.self, DatabaseBench.properties, services: ["store": store.store], tables: [DatabaseBench.table], compiler: CompiledExpressions(parameters: []))
    test.environment.commitBarrier.add(storage)
    return await test.run([test.flowFile(DatabaseBench.slice("P1", more), content: DatabaseBench.records([60: 70]))])
  }

  @Test("rows are not there while the response is made durable, and are there afterwards, with its object, run and FlowFile")
  func order() async throws {
    let store = try await DatabaseBench()
    let seen = Locked<[Int]>([])
    let storage = MemoryRawStorage {
      let count = try await store.ledger().count
      seen.withLock { $0.append(count) }
    }
    let outcome = try await Self.write(store, storage, ["raw.object": "key", "raw.run": "run-1", "raw.flowfile": "flowfile-1"])
    #expect(outcome["success"].count == 1 && seen.withLock { $0 } == [0])
    let row = try #require(try await store.ledger().first)
    #expect(row.object == "key" && row.run == "run-1" && row.flowFile == "flowfile-1")
  }

  @Test("a response that cannot be made durable has no rows")
  func failure() async throws {
    let store = try await DatabaseBench()
    let storage = MemoryRawStorage()
    storage.fail(ProcessorError(.disk, "the response cannot be kept"))
    let outcome = try await Self.write(store, storage, ["raw.object": "key"])
    #expect(outcome.failures.map(\.cause) == [.disk] && outcome["success"].isEmpty)
    #expect(try await store.ledger().isEmpty)
  }

  @Test("rows of a response that is not kept wait for nothing")
  func notKept() async throws {
    let store = try await DatabaseBench()
    let storage = MemoryRawStorage()
    storage.fail(ProcessorError(.disk, "not asked"))
    let outcome = try await Self.write(store, storage, [:])
    #expect(outcome["success"].count == 1)
    #expect(try await store.ledger().map(\.object) == [nil])
  }
}
