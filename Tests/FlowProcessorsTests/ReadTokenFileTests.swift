import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

@Suite("ReadTokenFile")
struct ReadTokenFileTests {
  private static let enrolled: Int64 = 1_577_836_800  // 2020-01-01T00:00:00Z
  private static let day: Int64 = 86_400

  private struct Bench {
    let test: ProcessorTest
    let provider: StrictProvider
    let ledger: MemoryLedger

    init(
      _ people: [String: StrictProvider.Person], _ rows: [LedgerSlice] = [], _ properties: [String: PropertyLiteral] = [:],
      selection: ParticipantSelection = .all, faults: FaultPlan = FaultPlan()
    ) throws {
      provider = StrictProvider(people, faults: faults)
      ledger = MemoryLedger(rows)
      let environment = RuntimeEnvironment.undriven()
      environment.shared.put(selection)
      test = try ProcessorTest(
        ReadTokenFile.self, properties.merging(["provider": "google", "ledger": "store"]) { $1 },
        services: ["google": provider, "store": ledger], environment: environment)
    }

    var register: ParticipantRegister { test.environment.participants }
    func outcome(of participant: String) -> ParticipantOutcome? { register[participant] }
  }

  private static func people(_ count: Int) -> [String: StrictProvider.Person] {
    Dictionary(uniqueKeysWithValues: (1...count).map { ("P\($0 < 10 ? "0" : "")\($0)", StrictProvider.Person()) })
  }

  private static func person(_ change: (inout StrictProvider.Person) -> Void) -> StrictProvider.Person {
    var person = StrictProvider.Person()
    change(&person)
    return person
  }

  // MARK: Emitting

  @Test("one FlowFile per participant, with the data of its file, and the participant is leased")
  func emits() async throws {
    let bench = try Bench(["P1": Self.person { $0.zone = "America/Chicago"; $0.previousSync = Instant(seconds: Self.enrolled + Self.day) }, "P2": .init()])
    let outcome = await bench.test.run()
    #expect(outcome["success"].map { $0["participant"] } == ["P1", "P2"] && outcome.isExhausted)
    let first = try #require(outcome["success"].first)
    #expect(first.attributes == [
      "participant": "P1", "enrolled": "2020-01-01T00:00:00Z", "previous_sync": "2020-01-02T00:00:00Z", "participant.zone": "America/Chicago",
    ])
    #expect(outcome["success"].last?["participant.zone"] == nil)
    #expect(bench.provider.leased == ["P1", "P2"])
    #expect(bench.register.outcomes == ["P1": .deferred, "P2": .deferred], "nothing is known of them yet, and both are expected")
  }

  @Test("a batch is emitted in portions, each participant once, sorted by name; only the last portion exhausts the source")
  func portions() async throws {
    let bench = try Bench(Self.people(20))
    let outcomes = await bench.test.runAll()
    #expect(outcomes.map { $0["success"].count } == [8, 8, 4] && outcomes.map(\.isExhausted) == [false, false, true])
    #expect(outcomes.flatMap { $0["success"] }.compactMap { $0["participant"] } == Self.people(20).keys.sorted())
    #expect(bench.register.outcomes.count == 20, "all of them are expected from the first portion on")
  }

  @Test("an empty batch is exhausted at once")
  func empty() async throws {
    let outcome = await (try Bench([:])).test.run()
    #expect(outcome.isExhausted && outcome.created.isEmpty)
  }

  @Test("only the selected participants are listed, leased and expected")
  func selection() async throws {
    let bench = try Bench(Self.people(12), selection: ParticipantSelection(patterns: ["P1*", "P03"]))
    let outcome = await bench.test.run()
    #expect(outcome["success"].compactMap { $0["participant"] } == ["P03", "P10", "P11", "P12"])
    #expect(bench.provider.leased.count == 4 && bench.register.outcomes.count == 4)
  }

  // MARK: Skipped participants

  @Test("a damaged file and an invalid name go to failure; the others continue")
  func damaged() async throws {
    let bench = try Bench([
      "P1": Self.person { $0.damage = ProcessorError(.badParticipantFile, "P1.json:3:1: not valid JSON") }, "P 2": Self.person { $0.problem = "a name has no blanks" },
      "P3": .init(),
    ])
    let outcome = await bench.test.run()
    #expect(outcome["failure"].compactMap { $0["participant"] } == ["P 2", "P1"])
    #expect(outcome["failure"].compactMap(\.failure) == [
      FlowFileFailure(cause: .badParticipantFile, message: "a name has no blanks"),
      FlowFileFailure(cause: .badParticipantFile, message: "P1.json:3:1: not valid JSON"),
    ])
    #expect(outcome["success"].count == 1 && bench.outcome(of: "P1") == .failed && bench.outcome(of: "P3") == .deferred)
    #expect(bench.provider.leased == ["P3"])
  }

  @Test("a temporarily unreadable file is left to the next run")
  func unreadable() async throws {
    let bench = try Bench(["P1": Self.person { $0.damage = ProcessorError(.disk, "Input/output error") }])
    #expect(await bench.test.run()["failure"].first?.failure?.cause == .disk)
    #expect(bench.outcome(of: "P1") == .deferred)
  }

  @Test("a participant held by another run is skipped with a warning that names it")
  func heldByAnotherRun() async throws {
    let bench = try Bench(["P1": Self.person { $0.isHeldByAnotherRun = true }])
    let outcome = await bench.test.run()
    #expect(outcome.created.isEmpty && outcome.counters == ["participants held by another run": 1] && bench.outcome(of: "P1") == .deferred)
    #expect(outcome.bulletins.map(\.level) == [.warning] && outcome.bulletins.first?.detail == "P1")
  }

  @Test("a paused or withdrawn participant is skipped with the reason")
  func skipped() async throws {
    let bench = try Bench(["P1": Self.person { $0.reasonToSkip = "paused" }])
    let outcome = await bench.test.run()
    #expect(outcome.created.isEmpty && outcome.counters == ["participants skipped": 1] && bench.outcome(of: "P1") == .skipped)
    #expect(outcome.bulletins.map(\.level) == [.info] && outcome.bulletins.first?.detail == "P1: paused")
  }

  // MARK: The end

  private static func row(_ dataType: String, _ days: Range<Int64>, _ state: SliceState, _ cause: Cause? = nil) -> LedgerSlice {
    var row = LedgerSlice(
      key: SliceKey(participant: "P1", dataType: dataType, start: enrolled + days.lowerBound * day, end: enrolled + days.upperBound * day), state: state,
      run: "before")
    row.cause = cause
    return row
  }

  struct End: Sendable, CustomTestStringConvertible {
    var words: String
    var rows: [LedgerSlice]
    var failures: [Cause] = []
    var deferred = 0
    var properties: [String: PropertyLiteral] = [:]
    /// Days since enrolment; nil if `previous_sync` is unchanged.
    var reached: Int64?
    var outcome: ParticipantOutcome
    var testDescription: String { words }
  }

  static let ends: [End] = [
    End(words: "all is written", rows: [row("heart", 0..<3, .written), row("steps", 0..<5, .provisional)], reached: 3, outcome: .complete),
    End(words: "no further than the latest sync", rows: [row("heart", 0..<9, .written)], reached: 5, outcome: .complete),
    End(words: "a hole", rows: [row("heart", 0..<1, .written), row("heart", 2..<5, .written)], reached: 1, outcome: .complete),
    End(
      words: "a day is deferred", rows: [row("heart", 0..<2, .written), row("heart", 2..<3, .deferred, .serverError)], reached: 2, outcome: .deferred),
    End(
      words: "a day failed for good", rows: [row("heart", 0..<1, .written), row("heart", 1..<2, .failed, .badData)], reached: 1, outcome: .failed),
    End(words: "a consent is missing", rows: [row("heart", 0..<5, .failed, .scope)], failures: [.badData], reached: 0, outcome: .needsConsent),
    End(words: "nothing is known", rows: [], reached: nil, outcome: .complete),
    End(words: "a FlowFile failed, retryably", rows: [row("heart", 0..<5, .written)], failures: [.timeout], reached: 5, outcome: .deferred),
    End(words: "a FlowFile was deferred", rows: [row("heart", 0..<5, .written)], deferred: 1, reached: 5, outcome: .deferred),
    End(
      words: "a backfill leaves previous_sync", rows: [row("heart", 0..<5, .written)], properties: ["from": "2020-01-01", "until": "2020-01-03"], reached: nil,
      outcome: .complete),
    End(
      words: "what lies outside a backfill's window is no work that it left",
      rows: [row("heart", 0..<2, .written), row("heart", 3..<4, .deferred, .serverError)], properties: ["from": "2020-01-01", "until": "2020-01-03"], reached: nil,
      outcome: .complete),
  ]

  @Test("when the last descendant has ended, previous_sync advances to the ledger's state, the lease ends and the register is updated", arguments: ends)
  func end(_ end: End) async throws {
    let bench = try Bench(["P1": .init()], end.rows, end.properties)
    let outcome = await bench.test.run()
    let flowFile = try #require(outcome["success"].first)
    #expect(bench.provider.released.isEmpty, "not before")
    bench.provider.edit("P1") { $0.sync = .synced(Instant(seconds: Self.enrolled + 5 * Self.day), zone: "UTC") }
    _ = try await bench.provider.syncStatus(of: "P1")
    var lineage = LineageOutcome()
    lineage.deferred = end.deferred
    for cause in end.failures { lineage.add(FlowFileFailure(cause: cause, message: "it failed")) }
    try await outcome.end(flowFile, with: lineage)
    #expect(bench.provider.released == ["P1": end.reached.map { Instant(seconds: Self.enrolled + $0 * Self.day) }])
    #expect(bench.provider.leased.isEmpty && bench.outcome(of: "P1") == end.outcome)
  }

  @Test("if the end is unknown, previous_sync is kept, the lease ends, and the error is reported")
  func endFails() async throws {
    let faults = FaultPlan()
    let bench = try Bench(["P1": .init()], [Self.row("heart", 0..<5, .written)], faults: faults)
    let outcome = await bench.test.run()
    faults.fail("provider.snapshot", call: 1)
    await #expect(throws: InjectedFault.self) { try await outcome.end(try #require(outcome["success"].first), with: LineageOutcome()) }
    #expect(bench.provider.released == ["P1": nil] && bench.provider.leased.isEmpty && bench.outcome(of: "P1") == .deferred)
  }

  @Test("a batch folder that cannot be listed stops the trigger; the next one lists it again")
  func listingFails() async throws {
    let bench = try Bench(Self.people(2), faults: FaultPlan().fail("provider.list", call: 1, with: StopRun(.failed, .disk, "no such folder")))
    #expect(await bench.test.run().error is StopRun)
    #expect(await bench.test.run()["success"].count == 2)
  }
}
