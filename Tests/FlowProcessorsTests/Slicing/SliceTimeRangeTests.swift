import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

@Suite("SliceTimeRange creates slices lazily")
struct SliceTimeRangeTests {
  private static let day: Int64 = 86_400
  /// 2020-01-01T00:00:00Z
  private static let enrolled: Int64 = 1_577_836_800

  private struct Bench {
    let ledger: MemoryLedger
    let provider: ScriptedProvider
    let test: ProcessorTest

    init(_ rows: [LedgerSlice] = [], _ more: [String: PropertyLiteral] = [:], refused: Set<String> = []) throws {
      ledger = MemoryLedger(rows)
      provider = ScriptedProvider(refused: refused) { _, _, _ in throw ProcessorError(.internal, "nobody asks") }
      let slices: PropertyLiteral = [
        ["relationship": "heart", "data_type": "heart", "step": "24h", "scope": "heartrate"],
        ["relationship": "steps", "data_type": "steps", "step": "24h"],
      ]
      test = try ProcessorTest(
        SliceTimeRange.self, (["ledger": "store", "provider": "google", "slices": slices] as [String: PropertyLiteral]).merging(more) { $1 },
        services: ["store": ledger, "google": provider])
    }

    func flowFile(days: Int64, content: Content = .empty) -> FlowFile {
      test.flowFile(
        [
          "participant": "P1", "enrolled": Instant(seconds: SliceTimeRangeTests.enrolled).text,
          "latest_sync": Instant(seconds: SliceTimeRangeTests.enrolled + days * SliceTimeRangeTests.day).text,
          "participant.zone": "UTC",
        ], content: content)
    }

    /// Triggers until the participant's FlowFile is done; returns the emitted slices in order.
    func runToEnd(_ flowFile: FlowFile, stoppingAfter limit: Int = .max) async throws -> [FlowFile] {
      var handed: [FlowFile] = []
      var waiting = flowFile
      for trigger in 0..<10_000 {
        let outcome = await test.run([waiting], isStopping: trigger >= limit)
        if let error = outcome.error { throw error }
        handed += (outcome.sent["heart"] ?? []) + (outcome.sent["steps"] ?? [])
        guard let next = outcome.requeued.first?.flowFile else { return handed }
        // A chunk of 256, what is left of a span of 14 from the chunk before, and one row for the rest of each data type.
        if case .records(let batch) = next.content { #expect(batch.count <= 256 + 13 + 2, "a plan in memory is bounded") }
        waiting = next
      }
      return handed
    }
  }

  private static func row(_ dayNumber: Int64, _ state: SliceState, cause: Cause? = nil, dataType: String = "steps") -> LedgerSlice {
    var row = LedgerSlice(
      key: SliceKey(participant: "P1", dataType: dataType, start: enrolled + dayNumber * day, end: enrolled + (dayNumber + 1) * day),
      state: state, run: "before")
    row.cause = cause
    row.flowSHA256 = String(repeating: "0", count: 64)
    row.latestSync = enrolled + day
    return row
  }

  @Test("six years are emitted once, oldest first, with at most a few hundred slices in memory")
  func longHistory() async throws {
    let bench = try Bench()
    let handed = try await bench.runToEnd(bench.flowFile(days: 2200))
    let starts = handed.map { $0["slice.start"] ?? "" }
    #expect(handed.count == 4400 && Set(handed.map { "\($0["data_type"] ?? "") \($0["slice.start"] ?? "")" }).count == 4400)
    // A portion contains whole days of both kinds.
    #expect(starts.first == "2020-01-01T00:00:00Z" && Set(starts).count == 2200)
    #expect(bench.ledger.largestBatch <= 500)
  }

  @Test("the ledger has no gap after the first portion or after a stop")
  func contiguous() async throws {
    for stop in [0, 1, 3] {
      let bench = try Bench()
      let handed = try await bench.runToEnd(bench.flowFile(days: 1000), stoppingAfter: stop)
      #expect(handed.count == stop * 16)
      // Emitted slices are recorded by the processor that writes them.
      let known = bench.ledger.rows.map { $0.key.dataType + " " + Instant(seconds: $0.key.start).text }
      let all = Set(known).union(handed.map { "\($0["data_type"] ?? "") \($0["slice.start"] ?? "")" })
      #expect(all.count == 2000 && bench.ledger.rows.allSatisfy { $0.state == .deferred })
    }
  }

  @Test("an implausibly long range is rejected at once, with both dates", arguments: [2_000_000 as Int64, 30_000])
  func absurd(days: Int64) async throws {
    let bench = try Bench()
    let outcome = await bench.test.run([bench.flowFile(days: days)])
    let error = try #require(outcome.error as? ProcessorError)
    #expect(error.failure.cause == .badData && error.failure.message.contains("P1: from 2020-01-01T00:00:00Z to "))
    #expect(bench.ledger.rows.isEmpty)
  }

  @Test("slices failed for bad data are requested again; others need manual action")
  func badAnswer() async throws {
    let bench = try Bench([Self.row(0, .failed, cause: .badData), Self.row(1, .failed, cause: .badRequest), Self.row(2, .failed, cause: .notFound)])
    let handed = try await bench.runToEnd(bench.flowFile(days: 3))
    #expect(handed.filter { $0["data_type"] == "steps" }.map { $0["slice.date"] } == ["2020-01-01"])
  }

  @Test("a backfill requests exactly its slices in any state")
  func backfill() async throws {
    let rows = [Self.row(0, .written), Self.row(1, .written), Self.row(2, .failed, cause: .notFound), Self.row(3, .deferred), Self.row(5, .written)]
    let bench = try Bench(rows, ["from": "2020-01-02", "until": "2020-01-06"])
    let handed = try await bench.runToEnd(bench.flowFile(days: 7))
    #expect(handed.filter { $0["data_type"] == "steps" }.map { $0["slice.date"] } == ["2020-01-02", "2020-01-03", "2020-01-04", "2020-01-05"])
    let steps = bench.ledger.rows.filter { $0.key.dataType == "steps" }
    #expect(steps.map(\.key.start).contains(Self.enrolled + 6 * Self.day), "what lies outside is noted, so that there is no hole")
  }

  @Test("slices without consent fail in bounded portions, with one FlowFile that reports them")
  func refused() async throws {
    let bench = try Bench(refused: ["heartrate"])
    let outcome = await bench.test.run([bench.flowFile(days: 1200)])
    #expect(outcome.sent["scope"]?.count == 1)
    #expect(bench.ledger.rows.count { $0.key.dataType == "heart" && $0.state == .failed && $0.cause == .scope } == 1200)
    #expect(bench.ledger.largestBatch <= 500)
  }

  @Test("a plan of the previous version is rebuilt from the ledger")
  func earlierPlan() async throws {
    let bench = try Bench()
    let old = RecordBatch(
      columns: [
        .init(name: "declaration", values: .integer([97])), .init(name: "start", values: .integer([0])), .init(name: "end", values: .integer([60])),
        .init(name: "zone", values: .text(["UTC"])), .init(name: "provisional", values: .integer([0])),
      ], count: 1)
    let handed = try await bench.runToEnd(bench.flowFile(days: 2, content: .records(old)))
    #expect(handed.count == 4)
  }

  // MARK: Spans

  private static let spanning: PropertyLiteral = [
    ["relationship": "heart", "data_type": "heart", "step": "24h"],
    ["relationship": "steps", "data_type": "steps", "step": "24h", "span": "14d"],
  ]

  @Test("contiguous slices share a FlowFile whose attributes are of all of them, as many as `span` allows")
  func spans() async throws {
    let bench = try Bench([Self.row(5, .written)], ["slices": Self.spanning])
    let handed = try await bench.runToEnd(bench.flowFile(days: 30))
    let steps = handed.filter { $0["data_type"] == "steps" }
    #expect(handed.count == 30 + 3)
    #expect(steps.map { $0["slice.date"] } == ["2020-01-01", "2020-01-07", "2020-01-21"])
    #expect(steps.map { $0["slice.end_date"] } == ["2020-01-06", "2020-01-21", "2020-01-31"])
    #expect(try steps.map { try $0.sliceParts().count } == [5, 14, 10])
    #expect(steps[2]["slice.start"] == "2020-01-21T00:00:00Z" && steps[2]["slice.end"] == "2020-01-31T00:00:00Z" && steps[2]["slice.provisional"] == "true")
    #expect(try steps[2].sliceParts().map(\.isProvisional) == (0..<10).map { $0 > 7 })
    #expect(handed.allSatisfy { $0["data_type"] == "steps" || $0["slice.parts"] == nil })
  }

  @Test("every slice once, however long the history is and however little of it is planned at a time", arguments: [1, 3, 16])
  func longSpans(portion: Int) async throws {
    let bench = try Bench([], ["slices": Self.spanning, "portion": "\(portion)"])
    let handed = try await bench.runToEnd(bench.flowFile(days: 900))
    let steps = try handed.filter { $0["data_type"] == "steps" }.map { try $0.sliceParts() }
    #expect(steps.map(\.count) == Array(repeating: 14, count: 64) + [4])
    #expect(steps.flatMap { $0 }.map(\.start) == (0..<900).map { Self.enrolled + $0 * Self.day })
    #expect(handed.count { $0["data_type"] == "heart" } == 900)
  }

  @Test("a span that ends unwritten is recorded slice by slice")
  func unwrittenSpan() async throws {
    let bench = try Bench([Self.row(1, .provisional)], ["slices": Self.spanning])
    let outcome = await bench.test.run([bench.flowFile(days: 3)])
    let span = try #require(outcome["steps"].first)
    var ended = LineageOutcome()
    ended.add(FlowFileFailure(cause: .notFound, message: "404"))
    try await outcome.end(span, with: ended)
    let steps = bench.ledger.rows.filter { $0.key.dataType == "steps" }
    #expect(steps.map(\.state) == [.failed, .provisional, .failed], "what was written stays")
    #expect(steps.map(\.key.start) == (0..<3).map { Self.enrolled + $0 * Self.day })
  }

  @Test("`when` chooses among kinds of one data type; without it they are a mistake")
  func chosen() async throws {
    let kinds: PropertyLiteral = [
      ["relationship": "heart", "data_type": "heart", "step": "24h", "when": "false"],
      ["relationship": "steps", "data_type": "heart", "step": "24h", "span": "7d", "when": "true"],
    ]
    let bench = try Bench([], ["slices": kinds])
    let handed = try await bench.runToEnd(bench.flowFile(days: 14))
    #expect(handed.map { $0["slice.date"] } == ["2020-01-01", "2020-01-08"] && handed.allSatisfy { $0["data_type"] == "heart" })
    for (member, value) in [("when", "${participant.zone:equals('UTC')}"), ("when", "maybe"), ("span", "12h")] {
      let kind = PropertyLiteral.map([("relationship", "heart"), ("data_type", "heart"), ("step", "24h"), (member, .text(value))])
      #expect(throws: Diagnostics.self) { try Bench([], ["slices": [kind]]) }
    }
  }

  struct Crafted: Sendable, CustomTestStringConvertible {
    var name: String
    var change: @Sendable (inout RecordBatch) -> Void
    var testDescription: String { name }
    init(_ name: String, _ change: @escaping @Sendable (inout RecordBatch) -> Void) {
      self.name = name
      self.change = change
    }
  }

  @Test(
    "a manipulated plan fails with a reason, and no slice is emitted",
    arguments: [
      Crafted("data type 'glucose'") { $0.columns[1].values = .text(["glucose", "steps"]) },
      Crafted("row 1 is not a slice") { $0.columns[3].values = .integer([-5, 0]) },
      Crafted("row 1 is not a slice") { $0.columns[4].values = .text(["Amerika/Chicago", ""]) },
      Crafted("row 2 is not a slice") { $0.columns[0].values = .text(["slice", "index"]) },
      Crafted("columns differ in length") { $0.columns[2].values = .integer([0]) },
      Crafted("it has the columns kind, data_type") { $0.columns.removeLast(4) },
    ])
  func tampered(_ crafted: Crafted) async throws {
    let bench = try Bench()
    let slice = PlannedSlice(start: 0, end: 60, zone: "UTC", isProvisional: false)
    var batch = WaitingPlan(slices: [WaitingSlice(dataType: "steps", slice: slice)], rest: ["steps": 60]).batch
    #expect(try WaitingPlan(batch, dataTypes: ["steps"]) == WaitingPlan(slices: [WaitingSlice(dataType: "steps", slice: slice)], rest: ["steps": 60]))
    crafted.change(&batch)
    let outcome = await bench.test.run([bench.flowFile(days: 2, content: .records(batch))])
    let error = try #require(outcome.error as? ProcessorError)
    #expect(error.failure.cause == .badData && error.failure.message.contains(crafted.name), "\(error.failure.message)")
  }
}
