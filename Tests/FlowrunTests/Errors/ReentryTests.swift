import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants
import Testing

@testable import FlowRuntime
@testable import flowrun

@Suite("Where an entry re-enters the flow")
struct ReentryTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var failed: String
    var cause: Cause
    var isEdited = false
    var hasResponse = false
    var isOfEarlierVersion = false
    var from: String?
    var back: String
    var material: ReplayPlan.Material
    var testDescription: String { "\(failed) \(cause.rawValue)\(isEdited ? ", edited" : "")\(from.map { ", from \($0)" } ?? "")" }
  }

  @Test(
    "the failed processor; a bad answer's request; the mapping once the flow was edited; where --from says",
    arguments: [
      Case(failed: "invoke heart", cause: .serverError, back: "invoke heart", material: .content),
      Case(failed: "write heart", cause: .database, hasResponse: true, back: "write heart", material: .content),
      Case(failed: "extract heart", cause: .badData, back: "invoke heart", material: .nothing),
      Case(failed: "extract heart", cause: .notJSON, back: "invoke heart", material: .nothing),
      Case(failed: "write heart", cause: .badData, hasResponse: true, back: "invoke heart", material: .nothing),
      Case(failed: "extract heart", cause: .badData, isEdited: true, back: "extract heart", material: .content),
      Case(failed: "write heart", cause: .badData, isEdited: true, hasResponse: true, back: "extract heart", material: .response),
      Case(failed: "write heart", cause: .badData, isEdited: true, isOfEarlierVersion: true, back: "invoke heart", material: .nothing),
      Case(failed: "write heart", cause: .database, hasResponse: true, from: "extract heart", back: "extract heart", material: .response),
      Case(failed: "write heart", cause: .database, hasResponse: true, from: "check heart", back: "check heart", material: .content),
      Case(failed: "write heart", cause: .database, hasResponse: true, from: "invoke heart", back: "invoke heart", material: .nothing),
      Case(failed: "extract heart", cause: .badData, from: "extract heart", back: "extract heart", material: .content),
      Case(failed: "write heart", cause: .database, isOfEarlierVersion: true, from: "check heart", back: "check heart", material: .content),
    ])
  func places(_ example: Case) async throws {
    let bench = try EntryBench()
    var entry = try await bench.entry(
      at: example.failed, example.cause, response: example.hasResponse ? [1] : nil, flowSHA256: example.isEdited ? "another" : nil)
    if example.isOfEarlierVersion { entry = entry.ofEarlierVersion }
    let plan = ReplayPlan([entry], graph: bench.graph, allowsFlowChange: true, from: example.from)
    let reentry = try #require(plan.returning.first, "\(plan.refused.map(\.reason.words))")
    #expect(bench.graph.processors[reentry.processor].name == example.back)
    #expect(reentry.material == example.material)
    #expect(!reentry.way.contains(reentry.processor) && reentry.way.last.map { bench.graph.processors[$0].name } != example.failed)
  }

  @Test("attributes from after the restart point are removed, earlier ones are kept")
  func attributes() async throws {
    let bench = try EntryBench()
    let entry = try await bench.entry(at: "extract heart", .badData)
    let unset = try #require(ReplayPlan([entry], graph: bench.graph, allowsFlowChange: false).returning.first).unset
    #expect(unset.isSuperset(of: ["fetched_at", "sha256", "slice.lacking"]))
    #expect(unset.isDisjoint(with: ["participant", "data_type", "slice.start", "slice.provisional", "latest_sync"]))
  }

  @Test("a participant is read again, once, however many of its entries go back before their slices were cut", arguments: ["refresh token", "slice time range", "read token file"])
  func beforeTheSlice(from: String) async throws {
    let bench = try EntryBench()
    var entries: [StoredEntry] = []
    for day in 1...5 {
      let slice = EntryBench.slice("2026-03-0\(day)T00:00:00Z", to: "2026-03-0\(day + 1)T00:00:00Z")
      entries.append(try await bench.entry(at: "write heart", .database, response: [1], attributes: slice))
    }
    let plan = ReplayPlan(entries, graph: bench.graph, allowsFlowChange: false, from: from)
    #expect(plan.rereading.count == 5 && plan.returning.isEmpty && plan.refused.isEmpty)
    #expect(Set(plan.selection.patterns ?? []) == ["P0001"])
  }

  @Test("a plan written into an entry is ignored: slices are planned anew")
  func craftedPlan() async throws {
    let bench = try EntryBench()
    let batch = RecordBatch(
      columns: [
        .init(name: "declaration", values: .integer([Int64.max, -1])), .init(name: "start", values: .integer([0, 60])),
        .init(name: "end", values: .integer([60, 120])), .init(name: "zone", values: .text(["UTC", "UTC"])),
        .init(name: "provisional", values: .integer([0, 0])),
      ], count: 2)
    let entry = try await bench.entry(at: "slice time range", .internal, content: .records(batch), attributes: ["participant": "P0001"])
    let plan = ReplayPlan([entry], graph: bench.graph, allowsFlowChange: false)
    #expect(plan.rereading.count == 1 && plan.returning.isEmpty)
  }

  @Test("refusals are grouped by reason with their number")
  func refusals() async throws {
    let bench = try EntryBench()
    var entries: [StoredEntry] = []
    for _ in 1...3 { entries.append(try await bench.entry(at: "write heart", .badData, flowSHA256: "another")) }
    entries.append(try await bench.entry(at: "no longer there", .badData))
    let plan = ReplayPlan(entries, graph: bench.graph, allowsFlowChange: false)
    #expect(plan.isEmpty && plan.leavesForPerson)
    #expect(plan.refusals.map(\.count) == [3, 1])
    #expect(plan.refusals.first?.reason == .flowChanged)
    let other = ReplayPlan([entries[0]], graph: bench.graph, allowsFlowChange: true, from: "invoke steps")
    #expect(other.refused.map(\.reason) == [.notOnWay("invoke steps")])
    let without = ReplayPlan([entries[0]], graph: bench.graph, allowsFlowChange: true, from: "extract heart")
    #expect(without.refused.map(\.reason) == [.noResponse])
  }
}
