import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

@Suite("GetLatestSync")
struct GetLatestSyncTests {
  private static let latest = Instant(seconds: 1_767_571_200)  // 2026-01-05T00:00:00Z

  private struct Bench {
    let test: ProcessorTest
    let provider: StrictProvider
    let time = ManualTime()

    init(_ properties: [String: PropertyLiteral] = [:], _ change: (inout StrictProvider.Person) -> Void = { _ in }) throws {
      var person = StrictProvider.Person()
      change(&person)
      provider = StrictProvider(["P1": person], leased: ["P1"], time: time)
      test = try ProcessorTest(
        GetLatestSync.self, properties.merging(["provider": "google"]) { $1 }, services: ["google": provider], environment: .undriven(time: time))
    }

    func run(_ attributes: Attributes = ["participant": "P1"], isStopping: Bool = false) async -> ProcessorTest.Outcome {
      await test.run([test.flowFile(attributes)], isStopping: isStopping)
    }
  }

  @Test("the latest sync and the zone become attributes")
  func synced() async throws {
    let bench = try Bench { $0.sync = .synced(Self.latest, zone: "America/Chicago") }
    let sent = try #require(await bench.run()["success"].first)
    #expect(sent["latest_sync"] == "2026-01-05T00:00:00Z" && sent["participant.zone"] == "America/Chicago")
    #expect(sent["sync.settled"] == nil && sent["participant.zones"] == nil)
    #expect(bench.test.environment.participants.hasSucceeded("P1", processorType: "GetLatestSync"))
  }

  @Test("with several trackers the oldest of their syncs is an attribute too; an outdated one is removed")
  func settled() async throws {
    let bench = try Bench { $0.sync = .synced(Self.latest, settled: Self.latest - .seconds(7200), zone: "UTC") }
    #expect(await bench.run()["success"].first?["sync.settled"] == "2026-01-04T22:00:00Z")
    let single = try Bench { $0.sync = .synced(Self.latest, zone: "UTC") }
    let sent = try #require(await single.run(["participant": "P1", "sync.settled": "2020-01-01T00:00:00Z", "participant.zones": "UTC"])["success"].first)
    #expect(sent["sync.settled"] == nil && sent["participant.zones"] == nil)
  }

  @Test("after a change of zone every zone and its start is an attribute")
  func zones() async throws {
    let history = try #require(ZoneHistory(text: "America/Chicago 2026-01-02T05:00:00Z Europe/Berlin"))
    let bench = try Bench { $0.zones = history }
    #expect(await bench.run()["success"].first?["participant.zones"] == history.text)
  }

  @Test("an offset that contradicts the zone's rules is a warning, and collection continues")
  func doubt() async throws {
    let bench = try Bench { $0.zoneDoubt = "+01:00 told, +02:00 by the rules" }
    let outcome = await bench.run()
    #expect(outcome["success"].count == 1)
    #expect(outcome.bulletins.map(\.level) == [.warning] && outcome.bulletins.first?.detail == "P1: +01:00 told, +02:00 by the rules")
  }

  @Test("without a tracker, or before its first sync, there is nothing to collect: the zone is kept and a warning names the participant",
    arguments: [SyncStatus.noTracker(zone: "Europe/Berlin"), .neverSynced(zone: "Europe/Berlin")])
  func nothing(_ status: SyncStatus) async throws {
    let outcome = await (try Bench { $0.sync = status }).run()
    let sent = try #require(outcome["nothing_to_collect"].first)
    #expect(sent["participant.zone"] == "Europe/Berlin" && sent["latest_sync"] == nil && sent.failure == nil)
    #expect(outcome.bulletins.map(\.level) == [.warning] && outcome.bulletins.first?.detail == "P1")
  }

  @Test("failures are routed by their remedy: retry or manual action", arguments: [
    (Cause.serverError, "retry"), (.connection, "retry"), (.timeout, "retry"), (.notJSON, "retry"), (.tokenInDoubt, "retry"),
    (.needsConsent, "failure"), (.scope, "failure"), (.badData, "failure"), (.badParticipantFile, "failure"),
  ])
  func trouble(_ cause: Cause, _ relationship: String) async throws {
    let bench = try Bench { $0.syncError = ProcessorError(cause, "refused") }
    let outcome = await bench.run()
    #expect(outcome[relationship].first?.failure?.cause == cause)
    #expect(!bench.test.environment.participants.hasSucceeded("P1", processorType: "GetLatestSync"))
  }

  @Test("a possibly temporary response goes to retry even if its cause is permanent")
  func mayPass() async throws {
    var failure = FlowFileFailure(cause: .badData, message: "half a document")
    failure.mayPass = true
    let outcome = await (try Bench { [failure] in $0.syncError = ProcessorError(failure) }).run()
    #expect(outcome["retry"].first?.failure?.cause == .badData)
  }

  @Test("a rate limit waits for the provider's time, or a minute without one", arguments: [Duration.seconds(90), nil])
  func rateLimit(_ delay: Duration?) async throws {
    let outcome = await (try Bench { $0.syncError = ProcessorError(.rateLimited, "slow down", retryAfter: delay) }).run()
    #expect(outcome.requeued.map(\.penalty) == [delay ?? .seconds(60)] && outcome.sent.isEmpty)
  }

  @Test("a wait above max_wait, or during a stop, goes to rate_limited with its cause", arguments: [false, true])
  func rateLimited(isStopping: Bool) async throws {
    let bench = try Bench(["max_wait": isStopping ? "10m" : "1m"]) { $0.syncError = ProcessorError(.rateLimited, "slow down", retryAfter: .seconds(90)) }
    let outcome = await bench.run(isStopping: isStopping)
    #expect(outcome["rate_limited"].first?.failure?.cause == .rateLimited && outcome.requeued.isEmpty)
  }

  @Test("no request is sent for a participant with a pending wait; it waits for the remaining time")
  func parked() async throws {
    let bench = try Bench()
    bench.provider.park("P1", for: .seconds(300))
    bench.time.advance(by: .seconds(100))
    let outcome = await bench.run()
    #expect(outcome.requeued.map(\.penalty) == [.seconds(200)])
    #expect(bench.provider.state.withLock { $0.refreshCount } == 0)
  }

  @Test("a cut-off run does not label the FlowFile")
  func cutOff() async throws {
    let outcome = await (try Bench { $0.syncError = CancellationError() }).run()
    #expect(outcome.error is CancellationError && outcome.untaken.count == 1)
  }

  @Test("a FlowFile without a participant is bad data, with the attribute's name")
  func noParticipant() async throws {
    let failure = try #require(await (try Bench()).run([:]).failure)
    #expect(failure.cause == .badData && failure.message.contains("'participant'"))
  }
}
