import FlowCore
import Foundation

/// The bundled provider: a population derived from a seed, served in the provider's wire format on 127.0.0.1.
///
/// One simulator serves one port; `start` and `stop` may alternate. Thread-safe.
package final class Simulator: Sendable {
  /// How it names itself in every answer (RFC 9110 §10.2.4): its `Date` is simulated.
  package static let serverName = "flowrun-simulator"

  package let configuration: SimulatorConfiguration
  package let population: Population

  private let world: SimulatedWorld
  private let ledger: TokenLedger
  private let consent: Consent
  let wire: FrontDoor
  private let counted = Locked(SimulatorStatistics())
  private let server = Locked<SimulatorServer?>(nil)

  /// Opens the simulated world; does not listen yet.
  /// - Throws: `SimulatorError` if the state folder is damaged, belongs to another world or cannot be written.
  package init(_ configuration: SimulatorConfiguration) throws {
    self.configuration = configuration
    population = try Population(
      seed: configuration.seed, participants: configuration.participants, days: configuration.days,
      dense: configuration.dense, hardCases: configuration.hardCases)
    let folder = try configuration.stateFolder.map(StateFolder.init)
    let world = try SimulatedWorld(population, folder: folder)
    self.world = world
    ledger = TokenLedger(
      seed: configuration.seed, participantCount: population.participants.count,
      graceSeconds: configuration.refreshGraceSeconds, folder: folder)
    let ledger = ledger
    consent = Consent(configuration.faults, population: population) { ledger.consentedScopes(of: $0) }
    let codes = AuthorizationCodes(seed: configuration.seed, folder: folder)
    let machineClock: @Sendable () -> Int = { Int(Date().timeIntervalSince1970) + world.advancedSeconds }
    let limiterNow = configuration.limiterClock ?? machineClock
    let provider = Self.provider(
      configuration, codes: codes, population: population, world: world, ledger: ledger, consent: consent,
      limiterNow: limiterNow, statistics: counted)
    wire = FrontDoor(
      provider: provider, ledger: ledger, faults: FaultDice(configuration.faults, seed: configuration.seed, boot: world.boot),
      statistics: counted,
      consent: AuthorizationEndpoint(
        population: population, codes: codes, client: configuration.client, wording: ConsentWording(api: configuration.api),
        now: limiterNow),
      answered: Self.answered(configuration, population))
  }

  private static func answered(_ configuration: SimulatorConfiguration, _ population: Population) -> FrontDoor.Answered? {
    guard let answered = configuration.answered else { return nil }
    return { number, target, status, body in
      let participant = population.participants.first { $0.number == number }?.name
      answered(AnsweredRequest(participant: participant, target: target, status: status, body: body))
    }
  }

  private static func provider(
    _ configuration: SimulatorConfiguration, codes: AuthorizationCodes, population: Population, world: SimulatedWorld, ledger: TokenLedger,
    consent: Consent, limiterNow: @escaping @Sendable () -> Int, statistics: Locked<SimulatorStatistics>
  ) -> any SimulatedProvider {
    func tokens(_ dialect: any TokenDialect) -> TokenEndpoint {
      TokenEndpoint(
        population: population, world: world, ledger: ledger, consent: consent, client: configuration.client,
        dialect: dialect, codes: codes, codesNow: limiterNow, statistics: statistics)
    }
    switch configuration.api {
    case .fitbit:
      return SimulatedFitbit(
        population: population, world: world, tokens: tokens(FitbitTokens(ledger: ledger)), ledger: ledger, consent: consent,
        summaries: SummaryCache(), limiter: RateLimiter(limit: configuration.rateLimit ?? SimulatedFitbit.limit, .fixed(seconds: 3600)),
        limiterNow: limiterNow, statistics: statistics)
    case .googleHealth:
      return SimulatedGoogleHealth(
        population: population, world: world,
        tokens: tokens(GoogleHealthTokens(ledger: ledger, rotates: configuration.rotatesGoogleTokens)), ledger: ledger,
        consent: consent, summaries: SummaryCache(),
        limiter: RateLimiter(limit: configuration.rateLimit ?? SimulatedGoogleHealth.limit, .sliding(seconds: 60)), limiterNow: limiterNow,
        namesRetryAfter: configuration.namesRetryAfter, statistics: statistics)
    }
  }

  /// Listens on 127.0.0.1; port 0 selects a free port.
  /// - Returns: the base URL, `http://127.0.0.1:PORT`.
  /// - Throws: `SimulatorError.notListening`.
  package func start(port: Int = 0) async throws -> String {
    let control = SimulatorControl(
      world: world, enrolments: { try self.enrolments() }, statistics: { self.statistics },
      truth: { self.truth(detail: $0) })
    let started = try await SimulatorServer(port: port, responder: SimulatorResponder(wire: wire, control: control))
    let previous = server.withLock { server in
      let previous = server
      server = started
      return previous
    }
    await previous?.stop()
    return "http://127.0.0.1:\(started.port)"
  }

  /// Closes every connection; responses in progress are lost. Returns when all tasks of the server have ended.
  package func stop() async {
    let running = server.withLock { server in
      let running = server
      server = nil
      return running
    }
    await running?.stop()
  }

  /// The simulated time in seconds since 1970.
  package var now: Int { world.now }

  /// Moves the simulated clock forward: trackers sync, and access tokens age.
  /// - Throws: `SimulatorError.clockBackward`, or an error of the state folder.
  package func advance(by duration: Duration) throws {
    try world.advance(bySeconds: Int(duration.components.seconds))
  }

  /// All participants with their current refresh tokens.
  package func enrolments() throws -> [SimulatedEnrolment] {
    try population.participants.map { participant in
      SimulatedEnrolment(
        participant: participant.name, refreshToken: try ledger.liveRefreshToken(of: participant.number),
        previousSync: rfc3339(participant.enrolled), zone: participant.zone.name)
    }
  }

  /// Writes a participant file with mode 0600 for every participant without one in `folder`; existing files are
  /// unchanged.
  package func writeParticipants(to folder: String, markedAsSimulator: Bool) throws {
    try writeMissingParticipantFiles(enrolments(), to: folder, markedAsSimulator: markedAsSimulator)
  }

  /// The rows of a complete collection at the simulated time.
  package func truth(detail: Truth.HeartRateDetail = .second) -> Truth {
    Truth(population: population, api: configuration.api, now: world.now, detail: detail, consent: consent)
  }

  /// Counts of the requests to this simulator.
  package var statistics: SimulatorStatistics { counted.withLock { $0 } }

  /// Every token ever issued, by this process and by others with the same state folder; they must occur in participant
  /// files only.
  package func tokensEverIssued() throws -> [String] {
    try ledger.tokensEverIssued()
  }
}
