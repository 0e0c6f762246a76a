import FlowCore
import FlowTesting
import StudyModel
import StudyTesting
import Testing

@testable import StudyProcessors

/// Kept answers become the FlowFiles that they were made for, once each, in order.
@Suite("ReadRawResponses")
struct ReadRawResponsesTests {
  private static let names = ["get heart rate", "get steps"]

  private struct Bench {
    let storage: MemoryRawStorage
    let store = MemoryLedger()
    let test: ProcessorTest

    init(
      _ objects: [(RawObject, MemoryRawStorage.Object)], dataTypes: Set<String> = [], window: BackfillWindow? = nil, noted: [String: String] = [:]
    ) throws {
      storage = MemoryRawStorage(objects: Dictionary(uniqueKeysWithValues: objects.map { ($0.0.key, $0.1) }))
      let environment = RuntimeEnvironment.undriven(run: "rebuild")
      var scope = RebuildScope(objects: objects.map(\.0), dataTypes: dataTypes, window: window)
      scope.noted = noted
      environment.shared.put(scope)
      test = try ProcessorTest(
        ReadRawResponses.self, ["raw": "raw", "ledger": "store", "endpoints": .list(ReadRawResponsesTests.names.map { .text($0) })],
        services: ["raw": storage, "store": store], carried: ["data_type", "slice.start", "slice.zone", "sha256"],
        environment: environment)
    }

    /// Triggers until the engine would take the source for exhausted; FlowFiles end at once, as if their rows were written.
    func runAll() async throws -> [ProcessorTest.Outcome] {
      var outcomes: [ProcessorTest.Outcome] = []
      while outcomes.count < 1000 {
        let outcome = await test.run()
        outcomes.append(outcome)
        for (_, flowFiles) in outcome.sent { for flowFile in flowFiles { try await outcome.end(flowFile, with: Bench.outcome(of: flowFile)) } }
        if outcome.isExhausted || outcome.error != nil || outcome.created.isEmpty && outcome.yieldDuration == nil { break }
      }
      return outcomes
    }

    private static func outcome(of flowFile: FlowFile) -> LineageOutcome {
      var outcome = LineageOutcome()
      if let failure = flowFile.failure { outcome.add(failure) } else { outcome.finished = 1 }
      return outcome
    }

    var outcomes: [String: ParticipantOutcome] { test.environment.participants.outcomes }
  }

  private static func object(_ participant: String = "P1", _ run: Int = 1) -> RawObject { RawObject(key: "\(participant)-\(run)", participant: participant, run: "run-\(run)") }

  private static func answers(_ object: RawObject, _ bodies: [String], processor: String = names[0], _ attributes: [String: String] = [:]) -> [KeptAnswer] {
    bodies.map { body in
      KeptAnswer(
        answer: RawAnswer(
          participant: object.participant, provider: "p", processor: processor, flowFile: "flowfile-\(body)", attributes: ["participant": object.participant].merging(attributes) { $1 },
          responses: [RawResponse(place: .init(), url: "u", status: 200, fetchedAt: Instant(seconds: 0), body: Array(body.utf8))], isComplete: true),
        run: object.run, object: object.key)
    }
  }

  private static func sent(_ outcomes: [ProcessorTest.Outcome], _ relationship: String = names[0]) -> [FlowFile] { outcomes.flatMap { $0[relationship] } }

  @Test("an answer goes to where its processor sent it, with its attributes, content, object, run and FlowFile; the object is noted after its rows")
  func answers() async throws {
    let object = Self.object()
    let bench = try Bench([(object, .init(answers: Self.answers(object, ["1"], ["data_type": "steps"]) + Self.answers(object, ["2"], processor: Self.names[1])))])
    let outcome = await bench.test.run()
    let first = try #require(outcome[Self.names[0]].first), second = try #require(outcome[Self.names[1]].first)
    #expect(first.text == "1" && second.text == "2" && outcome.counters == ["answers": 2, "raw objects": 1])
    #expect(
      first.attributes.dictionary == ["participant": "P1", "data_type": "steps", "raw.object": "P1-1", "raw.run": "run-1", "raw.flowfile": "flowfile-1"])
    #expect(bench.outcomes == ["P1": .deferred])
    try await outcome.end(first, with: LineageOutcome())
    #expect(bench.outcomes == ["P1": .deferred])
    try await outcome.end(second, with: LineageOutcome())
    #expect(bench.outcomes == ["P1": .complete])
    #expect(await bench.test.run().isExhausted && bench.storage.state.withLock { $0.openCount } == 0)
  }

  @Test("a participant's second object is read when the first one's rows are written; another participant's meanwhile")
  func order() async throws {
    let objects = [Self.object("P1", 1), Self.object("P1", 2), Self.object("P2", 1)]
    let bench = try Bench(objects.map { ($0, .init(answers: Self.answers($0, ["\($0.key)"]))) })
    let first = await bench.test.run(), waiting = await bench.test.run()
    #expect(bench.storage.opened == ["P1-1", "P2-1"] && first[Self.names[0]].map(\.text) == ["P1-1", "P2-1"])
    #expect(waiting.yieldDuration != nil && !waiting.isExhausted)
    for flowFile in first[Self.names[0]].reversed() { try await first.end(flowFile, with: LineageOutcome()) }
    let second = await bench.test.run()
    #expect(bench.storage.opened == ["P1-1", "P2-1", "P1-2"] && second[Self.names[0]].map(\.text) == ["P1-2"])
  }

  @Test("many answers come in portions, none twice and none left out")
  func portions() async throws {
    let object = Self.object()
    let bodies = (0..<100).map { "\($0)" }
    let bench = try Bench([(object, .init(answers: Self.answers(object, bodies)))])
    let outcomes = try await bench.runAll()
    #expect(Self.sent(outcomes).map(\.text) == bodies && outcomes.allSatisfy { $0.created.count <= 32 } && bench.outcomes == ["P1": .complete])
  }

  @Test("data types and a window choose, by the slices' starts in their own zone")
  func scope() async throws {
    let object = Self.object()
    func answer(_ body: String, _ dataType: String, _ start: String) -> [KeptAnswer] {
      Self.answers(object, [body], ["data_type": dataType, "slice.start": start, "slice.zone": "America/Chicago"])
    }
    let kept = MemoryRawStorage.Object(
      answers: answer("1", "steps", "2026-01-05T06:00:00Z") + answer("2", "heart", "2026-01-05T06:00:00Z") + answer("3", "steps", "2026-01-06T05:00:00Z") + answer("4", "steps", "2026-01-06T06:00:00Z")
        + Self.answers(object, ["5"]))
    let day = BackfillWindow(from: CivilDate(text: "2026-01-05"), until: CivilDate(text: "2026-01-06"))
    #expect(Self.sent(try await Bench([(object, kept)], dataTypes: ["steps"]).runAll()).map(\.text) == ["1", "3", "4"])
    #expect(Self.sent(try await Bench([(object, kept)], window: day).runAll()).map(\.text) == ["1", "2", "3"])
    #expect(Self.sent(try await Bench([(object, kept)], dataTypes: ["heart"], window: day).runAll()).map(\.text) == ["2"])
  }

  @Test("an object without an answer of the scope, or with many of unknown processors, does not end the source")
  func nothingGivenOut() async throws {
    let objects = [Self.object("P1", 1), Self.object("P1", 2), Self.object("P2", 1)]
    let bench = try Bench(
      [
        (objects[0], .init(answers: Self.answers(objects[0], ["1"], ["data_type": "heart"]))),
        (objects[1], .init(answers: Self.answers(objects[1], (0..<100).map { "\($0)" }, processor: "gone", ["data_type": "steps"]))),
        (objects[2], .init(answers: Self.answers(objects[2], ["2"], ["data_type": "steps"]))),
      ], dataTypes: ["steps"])
    let outcomes = try await bench.runAll()
    #expect(Self.sent(outcomes).map(\.text) == ["2"] && outcomes.last?.isExhausted == true)
    #expect(bench.outcomes == ["P1": .complete, "P2": .complete] && bench.storage.opened.count == 3)
  }

  @Test("answers of a processor that the flow does not have are counted and said, and no failure")
  func unknown() async throws {
    let object = Self.object()
    let bench = try Bench([(object, .init(answers: Self.answers(object, ["1"], processor: "gone") + Self.answers(object, ["2"])))])
    let outcomes = try await bench.runAll()
    #expect(Self.sent(outcomes).map(\.text) == ["2"] && outcomes[0].counters["answers of unknown processors"] == 1)
    #expect(outcomes[0].bulletins.map(\.level) == [.warning] && bench.outcomes == ["P1": .complete])
  }

  @Test("a damaged object is a failure of its participant, and nothing is made from it; other objects are read")
  func damaged() async throws {
    let bad = Self.object("P1", 1), good = Self.object("P1", 2), other = Self.object("P2", 1)
    let bench = try Bench([
      (bad, .init(damage: ProcessorError(.badData, "its hash does not fit"))), (good, .init(answers: Self.answers(good, ["2"]))), (other, .init(answers: Self.answers(other, ["3"]))),
    ])
    let outcomes = try await bench.runAll()
    let failed = Self.sent(outcomes, "failure")
    #expect(failed.map(\.failure?.cause) == [.badData] && failed[0]["participant"] == "P1" && failed[0]["raw.object"] == "P1-1")
    #expect(Set(Self.sent(outcomes).map(\.text)) == ["2", "3"] && bench.outcomes == ["P1": .failed, "P2": .complete])
  }

  @Test("an object that is not the one that was loaded before is bad data, such as one that lacks its last answers", arguments: ["sha-P1-1", "other"])
  func noted(sha256: String) async throws {
    let object = Self.object()
    let bench = try Bench([(object, .init(answers: Self.answers(object, ["1"])))], noted: ["P1-1": sha256, "P9-1": "unused"])
    let outcomes = try await bench.runAll()
    #expect(Self.sent(outcomes).count == (sha256 == "other" ? 0 : 1))
    #expect(Self.sent(outcomes, "failure").map(\.failure?.cause) == (sha256 == "other" ? [.badData] : []))
    #expect(bench.storage.state.withLock { $0.openCount } == 0)
  }

  @Test("an object that cannot be read to its end gives out each answer once, then fails", arguments: [0, 1, 40])
  func breaksOff(count: Int) async throws {
    let object = Self.object()
    let bodies = (0..<count).map { "\($0)" }
    let bench = try Bench([(object, .init(answers: Self.answers(object, bodies), end: ProcessorError(.disk, "input/output error")))])
    let outcomes = try await bench.runAll()
    #expect(outcomes.allSatisfy { $0.error == nil } && outcomes.last?.isExhausted == true)
    #expect(Self.sent(outcomes).map(\.text) == bodies && Self.sent(outcomes, "failure").map(\.failure?.cause) == [.disk])
    #expect(bench.storage.state.withLock { $0.openCount } == 0 && bench.outcomes == ["P1": .deferred])
  }

  @Test("an answer whose content does not have its hash is a failure beside the others")
  func wrongContent() async throws {
    let object = Self.object()
    let bench = try Bench([(object, .init(answers: Self.answers(object, ["1"], ["sha256": "ab"]) + Self.answers(object, ["2"])))])
    let outcomes = try await bench.runAll()
    #expect(Self.sent(outcomes, "failure").map(\.failure?.cause) == [.badData] && Self.sent(outcomes).map(\.text) == ["2"] && bench.outcomes == ["P1": .failed])
  }

  @Test("a run that ends early closes what is open, and leaves the participant to the next one")
  func stopping() async throws {
    let object = Self.object()
    let bench = try Bench([(object, .init(answers: Self.answers(object, (0..<40).map { "\($0)" })))])
    _ = await bench.test.run()
    #expect(await bench.test.run(isStopping: true).isExhausted)
    #expect(bench.storage.state.withLock { $0.openCount } == 0 && bench.outcomes == ["P1": .deferred])
  }
}
