import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

@Suite("DedupeCheck")
struct DedupeCheckTests {
  private struct Bench {
    let store: DatabaseBench
    let test: ProcessorTest

    init(faults: FaultPlan = FaultPlan()) async throws {
      store = try await DatabaseBench(faults: faults)
      test = try ProcessorTest(
        DedupeCheck.self, DatabaseBench.properties, services: ["store": store.store], tables: [DatabaseBench.table])
      let writer = try ProcessorTest(
        WriteRecords.self, DatabaseBench.properties, services: ["store": store.store], tables: [DatabaseBench.table])
      let known = writer.flowFile(DatabaseBench.slice(), content: DatabaseBench.records([60: 70, 120: 71]))
      _ = await writer.run([known])
    }

    func run(_ content: Content, _ attributes: Attributes = DatabaseBench.slice(fetched: 1)) async -> ProcessorTest.Outcome {
      await test.run([test.flowFile(attributes, content: content)])
    }
  }

  struct Answer: Sendable, CustomTestStringConvertible {
    var words: String
    var rows: [Int64: Int64]
    var participant = "P1"
    var relationship: String
    var testDescription: String { words }
  }

  @Test("rows are classified by comparison with the table", arguments: [
    Answer(words: "all are there", rows: [60: 70, 120: 71], relationship: "duplicate"),
    Answer(words: "one is new", rows: [60: 70, 120: 71, 180: 72], relationship: "distinct"),
    Answer(words: "one has another value", rows: [60: 70, 120: 99], relationship: "changed"),
    Answer(words: "one is missing", rows: [60: 70], relationship: "changed"),
    Answer(words: "one is new and one has another value", rows: [60: 1, 120: 71, 180: 72], relationship: "changed"),
    Answer(words: "somebody else's", rows: [60: 70, 120: 71], participant: "P2", relationship: "distinct"),
  ])
  func compared(_ answer: Answer) async throws {
    let bench = try await Bench()
    let outcome = await bench.run(DatabaseBench.records(answer.rows), DatabaseBench.slice(answer.participant, fetched: 1))
    #expect(outcome.sent.mapValues(\.count) == [answer.relationship: 1] && outcome.error == nil)
  }

  @Test("it only reads: the FlowFile is unchanged, and a second comparison has the same result")
  func looksOnly() async throws {
    let bench = try await Bench()
    let before = try await bench.store.ledger()
    for _ in 0..<2 {
      let sent = try #require(await bench.run(DatabaseBench.records([180: 72, 60: 70, 120: 71]))["distinct"].first)
      #expect(sent.attributes == DatabaseBench.slice(fetched: 1) && sent.content == DatabaseBench.records([180: 72, 60: 70, 120: 71]))
    }
    #expect(try await bench.store.ledger() == before)
  }

  @Test("content without records or participant is bad data with a reason", arguments: [
    (Content.bytes([1]), DatabaseBench.slice(), "not records"), (.empty, DatabaseBench.slice(), "not records"), (DatabaseBench.records([60: 1]), [:], "'participant'"),
    (DatabaseBench.records([60: 1]), DatabaseBench.slice("P1", ["slice.end": "soon"]), "'slice.end' is 'soon'"),
  ] as [(Content, Attributes, String)])
  func badData(_ content: Content, _ attributes: Attributes, _ words: String) async throws {
    let bench = try await Bench()
    let failure = try #require(await bench.run(content, attributes).failure)
    #expect(failure.cause == .badData && failure.message.contains(words), "\(failure.message)")
  }

  @Test("an unreadable table fails the FlowFile, which stays unchanged")
  func unreadable() async throws {
    let faults = FaultPlan()
    let bench = try await Bench(faults: faults)
    faults.fail(call: faults.callCount + 1, .always, with: ProcessorError(.database, "made to fail"))
    let outcome = await bench.run(DatabaseBench.records([60: 70]))
    #expect(outcome.error != nil && outcome.untaken.count == 1 && outcome.sent.isEmpty)
  }

  @Test("a table without columns upstream and a name that SQL would have to quote are reported at load")
  func tables() async throws {
    let store = try await DatabaseBench()
    #expect(throws: Diagnostic.self) { try ProcessorTest(DedupeCheck.self, DatabaseBench.properties, services: ["store": store.store]) }
    for name in ["1st", "a b", "x;drop", "\"q\""] {
      let properties = DatabaseBench.properties.merging(["table": .text(name)]) { $1 }
      #expect(throws: Diagnostics.self) { try ProcessorTest(DedupeCheck.self, properties, services: ["store": store.store], tables: [DatabaseBench.table]) }
    }
  }
}
