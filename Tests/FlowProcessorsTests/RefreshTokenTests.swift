import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

@Suite("RefreshToken")
struct RefreshTokenTests {
  private static func bench(_ person: StrictProvider.Person, _ faults: FaultPlan = FaultPlan(), time: ManualTime = ManualTime()) throws -> (
    test: ProcessorTest, provider: StrictProvider
  ) {
    let provider = StrictProvider(["P1": person], leased: ["P1"], faults: faults, time: time)
    let test = try ProcessorTest(
      RefreshToken.self, ["provider": "google"], services: ["google": provider], environment: .undriven(time: time))
    return (test, provider)
  }
  private static func flowFile(_ test: ProcessorTest) -> FlowFile { test.flowFile(["participant": "P1"], text: "content") }

  @Test("a live token passes the FlowFile on unchanged, and the register records the participant's success")
  func success() async throws {
    let (test, _) = try Self.bench(.init())
    let flowFile = Self.flowFile(test)
    let outcome = await test.run([flowFile])
    let sent = try #require(outcome["success"].first)
    #expect(sent.id == flowFile.id && sent.attributes == flowFile.attributes && sent.content == flowFile.content)
    #expect(test.environment.participants.hasSucceeded("P1", processorType: "RefreshToken"))
  }

  @Test("a live token is not refreshed; an expired one is refreshed once for all callers")
  func refreshesWhenNeeded() async throws {
    let time = ManualTime()
    let (test, provider) = try Self.bench(.init(), time: time)
    for _ in 0..<3 { _ = await test.run([Self.flowFile(test)]) }
    #expect(provider.state.withLock { $0.refreshCount } == 1)
    time.advance(by: StrictProvider.accessLifetime)
    for _ in 0..<3 { _ = await test.run([Self.flowFile(test)]) }
    #expect(provider.state.withLock { $0.refreshCount } == 2)
  }

  @Test("a refused refresh token goes to needs_consent, without success")
  func needsConsent() async throws {
    var person = StrictProvider.Person()
    person.isRevoked = true
    let (test, _) = try Self.bench(person)
    let outcome = await test.run([Self.flowFile(test)])
    #expect(outcome["needs_consent"].first?.failure?.cause == .needsConsent)
    #expect(!test.environment.participants.hasSucceeded("P1", processorType: "RefreshToken"))
  }

  @Test("a lost response goes to in_doubt, which a later run may resolve if the provider still accepts the old token")
  func inDoubt() async throws {
    var person = StrictProvider.Person()
    person.losesNextRefresh = true
    let (test, _) = try Self.bench(person)
    let failure = try #require(await test.run([Self.flowFile(test)])["in_doubt"].first?.failure)
    #expect(failure.cause == .tokenInDoubt && failure.cause.isRetryable)
    // The provider has used up the old token and does not accept it again.
    #expect(await test.run([Self.flowFile(test)])["needs_consent"].count == 1)
  }

  @Test("any other problem of the participant goes to failure with its own cause", arguments: [Cause.scope, .disk, .badParticipantFile, .rateLimited])
  func failure(_ cause: Cause) async throws {
    let (test, _) = try Self.bench(.init(), FaultPlan().fail("provider.authorize", call: 1, with: ProcessorError(cause, "refused")))
    let outcome = await test.run([Self.flowFile(test)])
    #expect(outcome["failure"].first?.failure?.cause == cause)
  }

  @Test("a participant that this run has not leased is rejected")
  func notLeased() async throws {
    let (test, provider) = try Self.bench(.init())
    let outcome = await test.run([test.flowFile(["participant": "P2"])])
    #expect(outcome["failure"].first?.failure?.cause == .badParticipantFile)
    #expect(provider.state.withLock { $0.refreshCount } == 0)
  }

  @Test("a FlowFile without a participant is bad data, with the attribute's name")
  func noParticipant() async throws {
    let (test, _) = try Self.bench(.init())
    let failure = try #require(await test.run([test.flowFile()])["failure"].first?.failure)
    #expect(failure.cause == .badData && failure.message.contains("'participant'"))
  }

  @Test("a problem of the whole client stops the run and fails no participant")
  func stops() async throws {
    let stop = StopRun(.unavailable, .clientRefused, "the client is refused")
    let (test, _) = try Self.bench(.init(), FaultPlan().fail("provider.authorize", call: 1, with: stop))
    let outcome = await test.run([Self.flowFile(test)])
    #expect(outcome.error as? StopRun == stop && outcome.untaken.count == 1 && outcome.sent.isEmpty)
  }
}
