import FlowCore
import FlowDefinition
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

/// One FlowFile with several slices, from planning to the database.
@Suite("A FlowFile with several slices has a ledger row for each")
struct WriteSpanTests {
  private static let day: Int64 = 86_400
  /// A table by date, in which two different rows of a date contradict each other.
  private static let daily = TableSchema(name: "heart", columns: [.init("date", .date), .init("value", .integer)], key: ["date"])

  private static func parts(_ days: [Int64]) -> [SlicePart] {
    days.map { SlicePart(start: DatabaseBench.day + $0 * day, end: DatabaseBench.day + ($0 + 1) * day, isProvisional: $0 > 1) }
  }
  /// The attributes after extraction.
  private static func attributes(_ days: [Int64], rows: [Int], fetched: Int64 = 0, _ more: [String: String] = [:]) -> Attributes {
    let parts = parts(days)
    let own = [
      "slice.start": Instant(seconds: parts[0].start).text, "slice.end": Instant(seconds: parts[parts.count - 1].end).text,
      "slice.parts": SlicePart.text(of: parts), "slice.rows": rows.map { String($0) }.joined(separator: ","),
    ]
    return DatabaseBench.slice(fetched: fetched, own.merging(more) { $1 })
  }

  private static func test(_ type: any Processor.Type, _ store: DatabaseBench, _ properties: [String: PropertyLiteral] = [:], _ table: TableSchema = DatabaseBench.table) throws -> ProcessorTest {
    let key: [String: PropertyLiteral] = ["key": .list(table.key.map { .text($0) })]
    return try ProcessorTest(
      type, DatabaseBench.properties.merging(key) { $1 }.merging(properties) { $1 }, services: ["store": store.store], tables: [table],
      compiler: CompiledExpressions(parameters: []))
  }

  @Test("rows and every ledger row are written in one transaction; a comparison travels with each slice", arguments: [false, true])
  func written(isCompared: Bool) async throws {
    let store = try await DatabaseBench()
    let write = try Self.test(WriteRecords.self, store), check = try Self.test(DedupeCheck.self, store)
    func run(_ rows: [Int64: Int64], _ attributes: Attributes) async throws -> ProcessorTest.Outcome {
      var flowFile = write.flowFile(attributes, content: DatabaseBench.records(rows))
      if isCompared { flowFile = try #require(await check.run([flowFile]).sent.values.first?.first) }
      return await write.run([flowFile])
    }
    let outcome = try await run([60: 70, 120: 71, 2 * Self.day: 72], Self.attributes([0, 1, 2], rows: [2, 0, 1]))
    let flowFile = try #require(outcome["success"].first)
    #expect(outcome.counters["rows inserted"] == 3)
    let ledger = try await store.ledger()
    #expect(ledger.map(\.key.start) == Self.parts([0, 1, 2]).map(\.start) && ledger.map(\.key.end) == Self.parts([0, 1, 2]).map(\.end))
    #expect(ledger.map(\.rows) == [2, 0, 1] && ledger.map(\.state) == [.written, .written, .provisional])
    #expect(ledger.allSatisfy { $0.flowFile == flowFile.id.text && $0.sha256 == "ab12" })

    // Again, with a slice of which the ledger has a newer answer: the others are replaced by theirs.
    _ = try await run([Self.day + 60: 9], DatabaseBench.slice(day: 1, fetched: 5))
    let again = try await run([60: 75, Self.day + 60: 1, 2 * Self.day: 72], Self.attributes([0, 1, 2], rows: [1, 1, 1], fetched: 3))
    #expect(["rows updated", "rows unchanged", "rows vanished", "stale answers"].map { again.counters[$0] ?? 0 } == [1, 1, 1, 1])
    let after = try await store.ledger()
    #expect(after.map(\.rows) == [2, 1, 1] && after.map(\.missing) == [1, 0, 0])
    let kept = try await store.store.reading { try await $0.rows(of: "P1", in: DatabaseBench.table) }
    #expect(kept?["value"]?.values == .integer([75, 71, 9, 72]))
  }

  @Test("a verdict is that of the slice that has changed most")
  func verdict() async throws {
    let store = try await DatabaseBench()
    let write = try Self.test(WriteRecords.self, store), check = try Self.test(DedupeCheck.self, store)
    func compare(_ rows: [Int64: Int64], _ counts: [Int]) async -> [String] {
      Array(await check.run([check.flowFile(Self.attributes([0, 1], rows: counts), content: DatabaseBench.records(rows))]).sent.keys)
    }
    #expect(await compare([60: 1], [1, 0]) == ["distinct"])
    _ = await write.run([write.flowFile(Self.attributes([0, 1], rows: [1, 1]), content: DatabaseBench.records([60: 1, Self.day: 2]))])
    #expect(await compare([60: 1, Self.day: 2], [1, 1]) == ["duplicate"])
    #expect(await compare([60: 1, 120: 1, Self.day: 2], [2, 1]) == ["distinct"])
    #expect(await compare([60: 1, 120: 1], [2, 0]) == ["changed"])
  }

  @Test("a slice whose rows are refused leaves by itself with its rows and the answer; the others are written")
  func refused() async throws {
    let store = try await DatabaseBench(Self.daily)
    let write = try Self.test(WriteRecords.self, store, [:], Self.daily)
    let dates = ["2026-01-05", "2026-01-06", "2026-01-06", "2026-01-07"]
    let batch = RecordBatch(columns: [.init(name: "date", values: .text(dates)), .init(name: "value", values: .integer([1, 2, 3, 4]))], count: 4)
    var flowFile = write.flowFile(Self.attributes([0, 1, 2], rows: [1, 2, 1]), content: .records(batch))
    flowFile.response = [1, 2, 3]
    let outcome = await write.run([flowFile])
    #expect(outcome.error == nil && outcome["success"].map(\.id) == [flowFile.id])
    let failed = try #require(outcome["failure"].first)
    #expect(failed.failure?.cause == .badData && failed.failure?.subject == Self.parts([1])[0].text && failed.response == [1, 2, 3])
    #expect(failed["slice.parts"] == nil && failed["slice.start"] == "2026-01-06T00:00:00Z" && failed["slice.rows"] == nil)
    #expect(failed["slice.answer"] == "2026-01-05T00:00:00Z/2026-01-08T00:00:00Z")
    #expect(try await store.ledger().map(\.key.start) == Self.parts([0, 2]).map(\.start))
    #expect(outcome.created.allSatisfy { $0.parent?.id == flowFile.id })
  }

  @Test("for any failing call, each slice is written with its ledger row or leaves as a failure, alone or with the others")
  func atomic() async throws {
    let probe = FaultPlan()
    let whole = try await DatabaseBench(faults: probe)
    let rows: [Int64: Int64] = [60: 70, Self.day: 71, 2 * Self.day: 72]
    func run(_ store: DatabaseBench) async throws -> ProcessorTest.Outcome {
      let test = try Self.test(WriteRecords.self, store)
      return await test.run([test.flowFile(Self.attributes([0, 1, 2], rows: [1, 1, 1]), content: DatabaseBench.records(rows))])
    }
    _ = try await run(whole)
    for call in 1...probe.callCount {
      let store = try await DatabaseBench(faults: FaultPlan().fail(call: call, with: ProcessorError(.database, "made to fail")))
      let outcome = try await run(store)
      let ledger = try await store.ledger()
      #expect(ledger.allSatisfy { $0.rows == 1 }, "call \(call)")
      if !outcome.untaken.isEmpty || outcome.error != nil { continue }
      let failed = try outcome["failure"].flatMap { flowFile in
        let parts = try flowFile.sliceParts().map(\.start)
        return parts.isEmpty ? [try #require(try flowFile.slice()).start] : parts
      }
      #expect(Set(ledger.map(\.key.start)).union(failed) == Set(Self.parts([0, 1, 2]).map(\.start)), "call \(call)")
      try await store.store.close()
    }
  }

  @Test("rows that do not match the slices are refused", arguments: ["1,1", "1,1,1,1", "3,0,-1", "1,1,2", ""])
  func mismatch(_ rows: String) async throws {
    let store = try await DatabaseBench()
    for type in [DedupeCheck.self, WriteRecords.self] as [any Processor.Type] {
      let test = try Self.test(type, store)
      let content = DatabaseBench.records([60: 70, Self.day: 71, 2 * Self.day: 72])
      let outcome = await test.run([test.flowFile(Self.attributes([0, 1, 2], rows: [], ["slice.rows": rows]), content: content)])
      #expect(outcome.failures.map(\.cause) == [.badData])
    }
    #expect(try await store.ledger().isEmpty)
  }

  // MARK: The ledger of what was not written

  @Test("each slice is recorded for itself: a failure with a subject concerns one, any other all")
  func unwritten() {
    let rows = Self.parts([0, 1, 2]).map { part in
      LedgerSlice(key: SliceKey(participant: "P1", dataType: "heart", start: part.start, end: part.end), state: .deferred, run: "run")
    }
    func states(_ outcome: LineageOutcome) -> [String] {
      rows.map { row in SliceTimeRange.unwritten(row, outcome).map { "\($0.state.rawValue) \($0.cause?.rawValue ?? "-")" } ?? "written" }
    }
    var outcome = LineageOutcome()
    outcome.finished = 1
    #expect(states(outcome) == ["written", "written", "written"])
    var bad = FlowFileFailure(cause: .badData, message: "")
    bad.subject = Self.parts([1])[0].text
    outcome.add(bad)
    #expect(states(outcome) == ["written", "failed bad_data", "written"])
    var worse = FlowFileFailure(cause: .expression, message: "")
    worse.subject = Self.parts([2])[0].text
    outcome.add(worse)
    outcome.abandoned = 1
    #expect(states(outcome) == ["deferred -", "failed bad_data", "failed expression"])
    outcome.add(FlowFileFailure(cause: .timeout, message: ""))
    #expect(states(outcome) == ["deferred timeout", "failed bad_data", "failed expression"])
  }
}
