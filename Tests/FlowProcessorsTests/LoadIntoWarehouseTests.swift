import FlowCore
import FlowDefinition
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

@Suite("LoadIntoWarehouse")
struct LoadIntoWarehouseTests {
  private static let nights = TableSchema(name: "nights", columns: [.init("log_id", .text), .init("date", .date)], key: ["log_id"])
  private static let daily = TableSchema(name: "daily", columns: [.init("date", .date), .init("value", .integer)], key: ["date"])

  private static func test(
    _ warehouse: MemoryWarehouse, _ table: TableSchema = DatabaseBench.table, _ properties: [String: PropertyLiteral] = [:], ledger: [LedgerSlice] = []
  ) throws -> ProcessorTest {
    let own: [String: PropertyLiteral] = ["warehouse": "warehouse", "ledger": "ledger", "table": .text(table.name), "key": .list(table.key.map { .text($0) })]
    return try ProcessorTest(
      LoadIntoWarehouse.self, own.merging(properties) { $1 }, services: ["warehouse": warehouse, "ledger": MemoryLedger(ledger)], tables: [table],
      compiler: CompiledExpressions(parameters: []))
  }

  private static func slice(_ more: [String: String] = [:]) -> Attributes {
    DatabaseBench.slice("P1", ["slice.date": "2026-01-05", "slice.end_date": "2026-01-07"].merging(more) { $1 })
  }

  private static func dates(_ dates: [String]) -> Content {
    .records(
      RecordBatch(
        columns: [.init(name: "date", values: .text(dates)), .init(name: "value", values: .integer(dates.map { _ in 1 }))], count: dates.count))
  }

  private static func nights(_ ids: [String]) -> Content {
    .records(
      RecordBatch(
        columns: [.init(name: "log_id", values: .text(ids)), .init(name: "date", values: .text(ids.map { _ in "2026-01-05" }))], count: ids.count))
  }

  @Test("rows take the place of those within the slice: by instants, by dates, or by what 'replaces' says")
  func extents() async throws {
    let instants = MemoryWarehouse(), dates = MemoryWarehouse(), values = MemoryWarehouse()
    let first = try Self.test(instants)
    let outcome = await first.run([first.flowFile(Self.slice(["parquet.object": "s3://bucket/a"]), content: DatabaseBench.records([60: 70, 120: 71]))])
    #expect(outcome["success"].count == 1 && outcome.counters["rows loaded"] == 2)
    let loaded = try #require(instants.loaded.first?.first)
    #expect(loaded.extent == .instants(DatabaseBench.day..<DatabaseBench.day + 86_400) && loaded.object == "s3://bucket/a" && loaded.isWhole)
    let second = try Self.test(dates, Self.daily)
    _ = await second.run([second.flowFile(Self.slice(), content: Self.dates(["2026-01-05"]))])
    let (start, end) = (try #require(CivilDate(text: "2026-01-05")), try #require(CivilDate(text: "2026-01-07")))
    #expect(dates.loaded.first?.first?.extent == .dates(start..<end))
    let third = try Self.test(values, Self.nights, ["replaces": ["date": "${slice.date}"], "intervals": ["log_id"]])
    _ = await third.run([third.flowFile(Self.slice(["slice.unfinished": "true"]), content: Self.nights(["1"]))])
    let night = try #require(values.loaded.first?.first)
    #expect(night.extent == .values(["date": "2026-01-05"]) && night.intervals == ["log_id"] && night.isUnfinished && !night.isWhole)
  }

  @Test("several slices are loaded in one transaction, each with its object")
  func severalSlices() async throws {
    let warehouse = MemoryWarehouse()
    let test = try Self.test(warehouse)
    let day: Int64 = 86_400
    let parts = (0..<2 as Range<Int64>).map { SlicePart(start: DatabaseBench.day + $0 * day, end: DatabaseBench.day + ($0 + 1) * day) }
    let attributes = Self.slice([
      "slice.end": Instant(seconds: parts[1].end).text, "slice.parts": SlicePart.text(of: parts), "slice.rows": "1,0", "parquet.object": "a\nb",
    ])
    let outcome = await test.run([test.flowFile(attributes, content: DatabaseBench.records([60: 70]))])
    #expect(outcome["success"].count == 1)
    #expect(warehouse.loaded.map { $0.map(\.batch.count) } == [[1, 0]] && warehouse.loaded.first?.map(\.object) == ["a", "b"])
    #expect(warehouse.loaded.first?.map(\.extent) == parts.map { .instants($0.start..<$0.end) })
  }

  @Test("an answer that the ledger has a newer one for is not loaded; one that is loaded again, or that no newer one covers, is", arguments: AnswerAgeCase.all)
  func stale(_ example: AnswerAgeCase) async throws {
    let warehouse = MemoryWarehouse()
    let test = try Self.test(warehouse, ledger: example.known)
    let outcome = await test.run([test.flowFile(Self.slice(["slice.end_date": "2026-01-06"]), content: DatabaseBench.records([60: 70]))])
    #expect(outcome["success"].count == 1 && warehouse.loaded.count == (example.isStale ? 0 : 1))
    #expect(outcome.counters["stale answers"] == (example.isStale ? 1 : nil))
  }

  @Test("of several slices, those with newer answers are left as they are, and the others keep their objects")
  func someStale() async throws {
    let warehouse = MemoryWarehouse()
    let test = try Self.test(warehouse, ledger: [AnswerAgeCase.answer(hoursLater: 1)])
    let day: Int64 = 86_400
    let parts = (0..<2 as Range<Int64>).map { SlicePart(start: DatabaseBench.day + $0 * day, end: DatabaseBench.day + ($0 + 1) * day) }
    let attributes = Self.slice([
      "slice.end": Instant(seconds: parts[1].end).text, "slice.parts": SlicePart.text(of: parts), "slice.rows": "1,1", "parquet.object": "\nb",
    ])
    let outcome = await test.run([test.flowFile(attributes, content: DatabaseBench.records([60: 70, day + 60: 71]))])
    #expect(outcome["success"].count == 1 && outcome.counters["stale answers"] == 1 && outcome.counters["rows loaded"] == 1)
    #expect(warehouse.loaded.first?.map(\.object) == ["b"] && warehouse.loaded.first?.first?.extent == .instants(parts[1].start..<parts[1].end))
  }

  @Test("rows without a column that the table has change what they name, and delete nothing")
  func lackingColumns() {
    let batch = RecordBatch(columns: [.init(name: "date", values: .text(["2026-01-05"]))], count: 1)
    #expect(!WarehouseSlice(table: Self.daily, participant: "P1", batch: batch, extent: .keys).isWhole)
    #expect(WarehouseSlice(table: Self.daily, participant: "P1", batch: RecordBatch(columns: [], count: 0), extent: .keys).isWhole)
  }

  @Test("without a warehouse everything passes")
  func off() async throws {
    let warehouse = MemoryWarehouse(isOn: false)
    let test = try Self.test(warehouse)
    let outcome = await test.run([test.flowFile(Self.slice(), content: DatabaseBench.records([60: 70]))])
    #expect(outcome["success"].count == 1 && warehouse.loaded.isEmpty)
  }

  @Test("a table without time in its key must say what is replaced")
  func noTime() {
    #expect(throws: Diagnostic.self) { try Self.test(MemoryWarehouse(), Self.nights) }
  }

  @Test("what the warehouse refuses fails the FlowFile")
  func failure() async throws {
    let test = try Self.test(MemoryWarehouse(faults: FaultPlan().fail(call: 1, with: ProcessorError(.database, "away"))))
    let outcome = await test.run([test.flowFile(Self.slice(), content: DatabaseBench.records([60: 70]))])
    #expect((outcome.error as? ProcessorError)?.failure.cause == .database && outcome.sent.isEmpty)
  }
}
