import FlowCore
import FlowDefinition
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

@Suite("PutParquet")
struct PutParquetTests {
  private static let key = "heart/day=${slice.date}/${participant}.parquet"

  private static func test(
    _ objects: MemoryObjects, object: PropertyLiteral = .text(key), ledger: [LedgerSlice] = []
  ) throws -> ProcessorTest {
    try ProcessorTest(
      PutParquet.self, ["objects": "objects", "ledger": "ledger", "table": "heart", "key": ["instant"], "object": object],
      services: ["objects": objects, "ledger": MemoryLedger(ledger)], tables: [DatabaseBench.table], compiler: CompiledExpressions(parameters: []))
  }

  private static func slice(_ more: [String: String] = [:]) -> Attributes {
    DatabaseBench.slice("P1", ["slice.date": "2026-01-05", "slice.end_date": "2026-01-06"].merging(more) { $1 })
  }

  @Test("a slice's rows become one object, and go on as they are")
  func oneSlice() async throws {
    let objects = MemoryObjects()
    let test = try Self.test(objects)
    let rows = DatabaseBench.records([60: 70, 120: 71])
    let outcome = await test.run([test.flowFile(Self.slice(), content: rows)])
    let flowFile = try #require(outcome["success"].first)
    #expect(flowFile["parquet.object"] == "s3://bucket/heart/day=2026-01-05/P1.parquet" && flowFile["parquet.rows"] == "2")
    guard case .records(let batch) = flowFile.content, case .records(let given) = rows else { throw Unexpected() }
    #expect(batch == given)
    let object = try #require(objects.put.first)
    #expect(objects.put.count == 1 && object.batch == given && object.participant == "P1" && object.table == DatabaseBench.table && object.replaces)
    #expect(object.metadata.map(\.key) == ["flowrun.table", "flowrun.flow_sha256", "flowrun.data_type"])
    #expect(outcome.counters["objects put"] == 1)
  }

  private struct Unexpected: Error {}

  @Test("each of several slices has an object of its own, one without rows too")
  func severalSlices() async throws {
    let objects = MemoryObjects()
    let test = try Self.test(objects)
    let day: Int64 = 86_400
    let parts = (0..<3 as Range<Int64>).map { SlicePart(start: DatabaseBench.day + $0 * day, end: DatabaseBench.day + ($0 + 1) * day) }
    let attributes = Self.slice([
      "slice.end": Instant(seconds: parts[2].end).text, "slice.parts": SlicePart.text(of: parts), "slice.rows": "2,0,1",
    ])
    let outcome = await test.run([test.flowFile(attributes, content: DatabaseBench.records([60: 70, 120: 71, 2 * day: 72]))])
    let flowFile = try #require(outcome["success"].first)
    #expect(objects.put.map(\.key) == ["05", "06", "07"].map { "heart/day=2026-01-\($0)/P1.parquet" })
    #expect(objects.put.map(\.batch.count) == [2, 0, 1])
    #expect(flowFile["parquet.object"]?.split(separator: "\n").count == 3 && flowFile["parquet.rows"] == "3")
    // Its own attributes are those of all slices.
    #expect(flowFile["slice.parts"] == SlicePart.text(of: parts))
  }

  @Test("an answer that is not finished replaces no object")
  func unfinished() async throws {
    let objects = MemoryObjects()
    let test = try Self.test(objects)
    _ = await test.run([test.flowFile(Self.slice(["slice.unfinished": "true"]), content: DatabaseBench.records([60: 70]))])
    #expect(objects.put.map(\.replaces) == [false])
  }

  @Test("an answer that the ledger has a newer one for is not put; one that is put again, or that no newer one covers, is", arguments: AnswerAgeCase.all)
  func stale(_ example: AnswerAgeCase) async throws {
    let objects = MemoryObjects()
    let test = try Self.test(objects, ledger: example.known)
    let outcome = await test.run([test.flowFile(Self.slice(), content: DatabaseBench.records([60: 70]))])
    #expect(objects.put.count == (example.isStale ? 0 : 1))
    let flowFile = try #require(outcome["success"].first)
    #expect(flowFile["parquet.object"]?.isEmpty == example.isStale && flowFile["parquet.rows"] == (example.isStale ? "0" : "1"))
    #expect(outcome.counters["stale answers"] == (example.isStale ? 1 : nil) && outcome.counters["objects put"] == (example.isStale ? 0 : 1))
  }

  @Test("a storage that is switched off lets everything pass")
  func off() async throws {
    let objects = MemoryObjects(isOn: false)
    let test = try Self.test(objects)
    let outcome = await test.run([test.flowFile(Self.slice(), content: DatabaseBench.records([60: 70]))])
    #expect(outcome["success"].first?["parquet.object"] == nil && outcome["success"].count == 1 && objects.put.isEmpty)
  }

  @Test("a storage that is away fails the FlowFile, and it may be tried again; one that refuses everybody stops the run")
  func failures() async throws {
    let away = try Self.test(MemoryObjects(faults: FaultPlan().fail(call: 1, with: ProcessorError(.connection, "away"))))
    let outcome = await away.run([away.flowFile(Self.slice(), content: DatabaseBench.records([60: 70]))])
    #expect((outcome.error as? ProcessorError)?.failure.cause == .connection && outcome.sent.isEmpty)
    let denied = try Self.test(MemoryObjects(faults: FaultPlan().fail(call: 1, with: StopRun(.unavailable, .clientRefused, "denied"))))
    #expect(await denied.run([denied.flowFile(Self.slice(), content: DatabaseBench.records([60: 70]))]).error is StopRun)
  }

  @Test("content that is not records is refused")
  func noRecords() async throws {
    let objects = MemoryObjects()
    let test = try Self.test(objects)
    let outcome = await test.run([test.flowFile(Self.slice(), content: .bytes([1]))])
    #expect((outcome.error as? ProcessorError)?.failure.cause == .badData && objects.put.isEmpty)
  }
}
