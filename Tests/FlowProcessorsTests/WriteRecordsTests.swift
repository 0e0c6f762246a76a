import FlowCore
import FlowDefinition
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

@Suite("WriteRecords")
struct WriteRecordsTests {
  private struct Bench {
    let store: DatabaseBench
    let test: ProcessorTest

    init(_ properties: [String: PropertyLiteral] = [:], _ table: TableSchema = DatabaseBench.table, faults: FaultPlan = FaultPlan()) async throws {
      store = try await DatabaseBench(table, faults: faults)
      test = try ProcessorTest(
        WriteRecords.self, DatabaseBench.properties.merging(properties) { $1 },
        services: ["store": store.store, "google": StrictProvider()], tables: [table], compiler: CompiledExpressions(parameters: []))
    }

    func run(_ rows: [Int64: Int64], _ attributes: Attributes = DatabaseBench.slice()) async -> ProcessorTest.Outcome {
      await test.run([test.flowFile(attributes, content: DatabaseBench.records(rows))])
    }
    func counts(_ outcome: ProcessorTest.Outcome) -> [Int64] {
      ["rows inserted", "rows updated", "rows unchanged", "rows vanished", "stale answers"].map { outcome.counters[$0] ?? 0 }
    }
  }

  @Test("rows and ledger row are written together, with their origin")
  func written() async throws {
    let bench = try await Bench(["provider": "google"])
    let outcome = await bench.run([60: 70, 120: 71], DatabaseBench.slice("P1", ["slice.lacking": "profile,sleep"]))
    #expect(outcome["success"].count == 1 && bench.counts(outcome) == [2, 0, 0, 0, 0])
    let row = try #require(try await bench.store.ledger().first)
    #expect(row.key == SliceKey(participant: "P1", dataType: "heart", start: DatabaseBench.day, end: DatabaseBench.day + 86_400))
    #expect(row.state == .written && row.rows == 2 && row.run == "test-run" && row.provider == "strict" && row.zone == "UTC")
    #expect(row.fetchedAt == Instant(seconds: DatabaseBench.day + 11 * 86_400) && row.latestSync == DatabaseBench.day + 10 * 86_400)
    #expect(row.sha256 == "ab12" && row.flowFile == outcome["success"].first?.id.text && row.lackingScopes == ["profile", "sleep"])
    #expect(row.flowSHA256 == String(repeating: "0", count: 64))
  }

  @Test("the kept response is dropped once its rows are written")
  func response() async throws {
    let bench = try await Bench()
    var flowFile = bench.test.flowFile(DatabaseBench.slice(), content: DatabaseBench.records([60: 70]))
    flowFile.response = [1, 2, 3]
    #expect(try #require(await bench.test.run([flowFile])["success"].first).response == nil)
  }

  @Test("a response that is not final is provisional")
  func provisional() async throws {
    let bench = try await Bench()
    _ = await bench.run([60: 70], DatabaseBench.slice("P1", ["slice.provisional": "true"]))
    #expect(try await bench.store.ledger().map(\.state) == [.provisional])
  }

  @Test("requested again: equal rows are unchanged, others updated, and missing ones stay and are counted")
  func again() async throws {
    let bench = try await Bench()
    _ = await bench.run([60: 70, 120: 71])
    #expect(bench.counts(await bench.run([60: 70, 120: 71], DatabaseBench.slice(fetched: 1))) == [0, 0, 2, 0, 0])
    #expect(bench.counts(await bench.run([60: 75, 180: 72], DatabaseBench.slice(fetched: 2))) == [1, 1, 0, 1, 0])
  }

  @Test("an older answer than the ledger's writes nothing, and is counted as stale")
  func stale() async throws {
    let bench = try await Bench()
    _ = await bench.run([60: 70], DatabaseBench.slice(fetched: 5))
    let before = try await bench.store.ledger()
    let outcome = await bench.run([60: 99, 120: 1], DatabaseBench.slice(fetched: 4))
    #expect(outcome["success"].count == 1 && bench.counts(outcome) == [0, 0, 0, 0, 1])
    #expect(try await bench.store.ledger() == before)
  }

  @Test("without a slice rows are written but no ledger row")
  func withoutSlice() async throws {
    let bench = try await Bench()
    #expect(bench.counts(await bench.run([60: 70], ["participant": "P1"])) == [1, 0, 0, 0, 0])
    #expect(try await bench.store.ledger().isEmpty)
  }

  @Test("at most sixteen slices share a commit, the rest is left for the next trigger")
  func batch() async throws {
    let bench = try await Bench()
    let waiting = (0..<20).map { bench.test.flowFile(DatabaseBench.slice(day: Int64($0)), content: DatabaseBench.records([Int64($0) * 86_400: 1])) }
    let outcome = await bench.test.run(waiting)
    #expect(outcome["success"].count == 16 && outcome.untaken.map(\.id) == waiting.suffix(4).map(\.id))
    #expect(try await bench.store.ledger().count == 16)
  }

  @Test("an invalid slice fails alone; the others of its batch are written", arguments: [
    (Content.bytes([1]), DatabaseBench.slice(), "not records"), (DatabaseBench.records([60: 1]), ["participant": ""], "'participant'"),
    (DatabaseBench.records([60: 1]), DatabaseBench.slice("P1", ["fetched_at": ""]), "'fetched_at'"),
    (DatabaseBench.records([60: 1]), DatabaseBench.slice("P1", ["latest_sync": "yesterday"]), "'latest_sync' is 'yesterday'"),
  ] as [(Content, Attributes, String)])
  func oneOfMany(_ content: Content, _ attributes: Attributes, _ words: String) async throws {
    let bench = try await Bench()
    let good = bench.test.flowFile(DatabaseBench.slice("P2"), content: DatabaseBench.records([60: 70]))
    let outcome = await bench.test.run([bench.test.flowFile(attributes, content: content), good])
    let failure = try #require(outcome["failure"].first?.failure)
    #expect(failure.cause == .badData && failure.message.contains(words), "\(failure.message)")
    #expect(outcome["success"].map(\.id) == [good.id])
    #expect(try await bench.store.ledger(of: "P1").isEmpty)
    #expect(try await bench.store.ledger(of: "P2").count == 1)
  }

  @Test("for any failing call, a slice's rows and ledger row are written together or not at all, and success implies both")
  func whichever() async throws {
    let probe = FaultPlan()
    let whole = try await Bench(faults: probe)
    _ = await whole.run([60: 70])
    for call in 1...probe.callCount {
      let faults = FaultPlan().fail(call: call, with: ProcessorError(.database, "made to fail"))
      let bench = try await Bench(faults: faults)
      let outcome = await bench.run([60: 70])
      let ledger = try await bench.store.ledger()
      #expect(ledger.isEmpty ? outcome["success"].isEmpty : ledger.first?.rows == 1, "call \(call)")
      #expect(outcome["success"].count + outcome["failure"].count + outcome.untaken.count == 1, "call \(call)")
      try await bench.store.store.close()
    }
  }

  // MARK: Replacing

  private static let days = TableSchema(name: "heart", columns: [.init("instant", .instant), .init("date", .date), .init("value", .integer)], key: ["instant"])

  private static func rows(_ values: [Int64], _ date: String = "2026-01-05") -> Content {
    .records(
      RecordBatch(
        columns: [
          .init(name: "instant", values: .integer(values.map { DatabaseBench.day + $0 })), .init(name: "date", values: .text(values.map { _ in date })),
          .init(name: "value", values: .integer(values.map { _ in 1 })),
        ], count: values.count))
  }

  @Test("rows with the slice's value are replaced as a whole, but kept while the response is unfinished", arguments: [false, true])
  func replaces(isUnfinished: Bool) async throws {
    let bench = try await Bench(["replaces": ["date": "${slice.date}"]], Self.days)
    let attributes = DatabaseBench.slice("P1", ["slice.date": "2026-01-05"])
    _ = await bench.test.run([bench.test.flowFile(attributes, content: Self.rows([60, 120, 180]))])
    let again = DatabaseBench.slice("P1", fetched: 1, ["slice.date": "2026-01-05", "slice.unfinished": isUnfinished ? "true" : "false"])
    let outcome = await bench.test.run([bench.test.flowFile(again, content: Self.rows([60]))])
    #expect(outcome["success"].count == 1 && outcome.counters["rows replaced"] == (isUnfinished ? nil : 2))
  }

  @Test("the value of replaced rows must not be empty: it would match all rows")
  func emptyReplacement() async throws {
    let bench = try await Bench(["replaces": ["date": "${slice.date}"]], Self.days)
    let failure = try #require(await bench.test.run([bench.test.flowFile(DatabaseBench.slice(), content: Self.rows([60]))])["failure"].first?.failure)
    #expect(failure.cause == .badData && failure.message.contains("'date'"))
  }

  @Test("an unknown column is reported at load, with the nearest name")
  func unknownColumn() async throws {
    let store = try await DatabaseBench(Self.days)
    for name in ["replaces", "intervals"] {
      let value: PropertyLiteral = name == "replaces" ? ["dat": "x"] : ["dat"]
      let problem = #expect(throws: Diagnostic.self) {
        try ProcessorTest(
          WriteRecords.self, DatabaseBench.properties.merging([name: value]) { $1 }, services: ["store": store.store], tables: [Self.days])
      }
      #expect(problem?.description.contains("'dat'") == true && problem?.hint?.contains("date") == true)
    }
  }
}
