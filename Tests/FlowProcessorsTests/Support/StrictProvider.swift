import FlowCore
import FlowTesting
import StudyModel

/// An in-memory provider as strict as a real one: a participant must be leased, a refresh token works once, an access token
/// expires, a lost response leaves the participant in doubt, and a participant with a pending wait must not be requested.
///
/// Boundaries of its fault plan: `provider.list`, `.lease`, `.release`, `.authorize`, `.sync`, `.snapshot`, `.send`.
final class StrictProvider: ProviderService {
  struct Person: Sendable {
    var enrolled = Instant(seconds: 1_577_836_800)
    var previousSync = Instant(seconds: 1_577_836_800)
    var zone: String?
    var zones = ZoneHistory()
    var zoneDoubt: String?
    var sync = SyncStatus.synced(Instant(seconds: 1_577_923_200), zone: "UTC")
    /// The error of the file's name.
    var problem: String?
    /// The error that `lease` throws.
    var damage: ProcessorError?
    var isHeldByAnotherRun = false
    var reasonToSkip: String?
    /// The participant has withdrawn the consent: every refresh token is refused.
    var isRevoked = false
    /// The next response to a refresh is lost after the provider has used up the token.
    var losesNextRefresh = false
    /// The error that `syncStatus` throws.
    var syncError: (any Error)?
  }
  fileprivate struct Tokens {
    /// The serial number in the file, and the one that the provider expects.
    var held = 1
    var expected = 1
    var accessEnds: Duration?
  }
  struct Asked: Equatable, Sendable {
    var participant: String
    var method: String
    var path: String
    var body: String
  }
  struct State: Sendable {
    fileprivate var tokens: [String: Tokens] = [:]
    fileprivate(set) var leased: Set<String> = []
    fileprivate(set) var released: [String: Instant?] = [:]
    fileprivate(set) var asked: [Asked] = []
    fileprivate(set) var refreshCount = 0
    fileprivate(set) var waits: [String: Duration] = [:]
    fileprivate(set) var refusedScopes: [String: Set<String>] = [:]
    fileprivate(set) var latest: [String: Instant] = [:]
    var people: [String: Person]
  }
  typealias Answer = @Sendable (_ request: HTTPRequest, _ path: String, _ count: Int) throws -> HTTPResponse

  let provider = "strict"
  let state: Locked<State>
  let faults: FaultPlan
  private let time: any TimeSource
  private let answer: Answer
  /// The wait that a 429 names; nil if it names none.
  private let limit: Duration?
  static let accessLifetime: Duration = .seconds(3600)

  init(
    _ people: [String: Person] = ["P1": Person()], leased: Set<String> = [], faults: FaultPlan = FaultPlan(), time: any TimeSource = ManualTime(),
    limit: Duration? = .seconds(90), _ answer: @escaping Answer = { _, _, _ in .json("{}") }
  ) {
    self.faults = faults
    self.time = time
    self.answer = answer
    self.limit = limit
    state = Locked(State(leased: leased, people: people))
  }

  func edit(_ participant: String, _ change: @Sendable (inout Person) -> Void) {
    state.withLock { state in
      guard var person = state.people[participant] else { return }
      change(&person)
      state.people[participant] = person
    }
  }

  var leased: Set<String> { state.withLock { $0.leased } }
  var released: [String: Instant?] { state.withLock { $0.released } }
  var asked: [Asked] { state.withLock { $0.asked } }

  /// The secrets that must never be visible: all tokens of the participant, and the client's secret.
  static func secrets(of participant: String, upTo serial: Int = 4) -> [String] {
    (1...serial).flatMap { ["refresh-SECRET-\(participant)-\($0)-0123456789abcdef", "access-SECRET-\(participant)-\($0)-0123456789abcdef"] } + [clientSecret]
  }
  private static let clientSecret = "client-SECRET-0123456789abcdef"

  func hasCurrentToken(_ participant: String) -> Bool {
    state.withLock { state in state.tokens[participant].map { $0.held == $0.expected } ?? true }
  }

  // MARK: Leases

  func prepare() async throws {}
  func close() async throws { state.withLock { $0.leased = [] } }

  func listParticipants() async throws -> [ParticipantListing] {
    try faults.pass("provider.list")
    return state.withLock { state in state.people.keys.sorted().map { ParticipantListing(name: $0, problem: state.people[$0]?.problem) } }
  }

  func lease(_ participant: String) async throws -> LeaseOutcome {
    try faults.pass("provider.lease")
    return try state.withLock { state in
      guard let person = state.people[participant], person.problem == nil else {
        throw ProcessorError(.badParticipantFile, "there is no participant \(participant)")
      }
      if let damage = person.damage { throw damage }
      if person.isHeldByAnotherRun { return .heldByAnotherRun }
      if let reason = person.reasonToSkip { return .skipped(reason: reason) }
      state.leased.insert(participant)
      return .leased(Self.snapshot(participant, person, state))
    }
  }

  func release(_ participant: String, previousSync: Instant?) async throws {
    try faults.pass("provider.release")
    _ = try leasedPerson(participant)
    state.withLock { state in
      if let previousSync { state.people[participant]?.previousSync = previousSync }
      state.leased.remove(participant)
      state.released[participant] = .some(previousSync)
    }
  }

  func snapshot(of participant: String) async throws -> ParticipantSnapshot {
    try faults.pass("provider.snapshot")
    let person = try leasedPerson(participant)
    return state.withLock { Self.snapshot(participant, person, $0) }
  }

  private static func snapshot(_ participant: String, _ person: Person, _ state: State) -> ParticipantSnapshot {
    var snapshot = ParticipantSnapshot(
      participant: participant, enrolled: person.enrolled, previousSync: person.previousSync, zone: person.zone, latestSync: state.latest[participant],
      zones: person.zones)
    snapshot.zoneDoubt = person.zoneDoubt
    return snapshot
  }

  private func leasedPerson(_ participant: String) throws -> Person {
    try state.withLock { state in
      guard state.leased.contains(participant), let person = state.people[participant] else {
        throw ProcessorError(.badParticipantFile, "participant \(participant) is not leased by this run")
      }
      return person
    }
  }

  // MARK: Tokens

  func authorize(_ participant: String) async throws {
    try faults.pass("provider.authorize")
    _ = try leasedPerson(participant)
    let now = time.monotonic
    try state.withLock { state in
      var tokens = state.tokens[participant, default: Tokens()]
      if let end = tokens.accessEnds, now < end { return }
      defer { state.tokens[participant] = tokens }
      state.refreshCount += 1
      guard tokens.held == tokens.expected, state.people[participant]?.isRevoked == false else {
        throw ProcessorError(.needsConsent, "the refresh token of \(participant) is refused (invalid_grant)")
      }
      tokens.expected += 1
      if state.people[participant]?.losesNextRefresh == true {
        state.people[participant]?.losesNextRefresh = false
        throw ProcessorError(.tokenInDoubt, "no complete response to the refresh of \(participant)")
      }
      tokens.held = tokens.expected
      tokens.accessEnds = now + Self.accessLifetime
    }
  }

  // MARK: Requests

  func syncStatus(of participant: String) async throws -> SyncStatus {
    try faults.pass("provider.sync")
    let person = try leasedPerson(participant)
    try checkWait(of: participant)
    try await authorize(participant)
    if let error = person.syncError { throw error }
    if case .synced(let latest, _, _) = person.sync { state.withLock { $0.latest[participant] = latest } }
    return person.sync
  }

  func ask(_ request: HTTPRequest, path: String, for participant: String) async -> ProviderReply {
    var requestCount = 0
    do {
      try faults.pass("provider.send")
      _ = try leasedPerson(participant)
      if let wait = wait(of: participant) {
        return ProviderReply(.wait(wait, because: ProviderRefusal(FlowFileFailure(cause: .rateLimited, message: "\(participant) was told to wait"))))
      }
      try await authorize(participant)
      requestCount = 1
      var response = try send(request, path, participant)
      if response.status == 401 {
        state.withLock { $0.tokens[participant]?.accessEnds = nil }
        try await authorize(participant)
        requestCount = 2
        response = try send(request, path, participant)
      }
      return ProviderReply(judge(response, participant), requestCount: requestCount)
    } catch {
      return ProviderReply(outcome(of: error), requestCount: requestCount)
    }
  }

  private func send(_ request: HTTPRequest, _ path: String, _ participant: String) throws -> HTTPResponse {
    let count = state.withLock { state in
      state.asked.append(
        Asked(participant: participant, method: request.method, path: path, body: String(decoding: request.body ?? [], as: UTF8.self)))
      return state.asked.count
    }
    return try answer(request, path, count)
  }

  private func judge(_ response: HTTPResponse, _ participant: String) -> ProviderReply.Outcome {
    guard !(200..<300).contains(response.status) else { return .answer(response) }
    let refusal = ProviderRefusal(Self.fault(status: response.status, limit: limit), status: response.status)
    guard refusal.failure.cause == .rateLimited else { return .refused(refusal) }
    let delay = refusal.failure.retryAfter ?? .seconds(60)
    park(participant, for: delay)
    return .wait(delay, because: refusal)
  }

  private func outcome(of error: any Error) -> ProviderReply.Outcome {
    switch error {
    case let error as TransportError where error.kind == .cancelled: .interrupted
    case let error as TransportError: .refused(ProviderRefusal(FlowFileFailure(cause: error.cause, message: error.message), isOfTheWay: true))
    case let error as ProcessorError: .refused(ProviderRefusal(error.failure))
    case let stop as StopRun: .stop(stop)
    case is CancellationError: .interrupted
    default: .refused(ProviderRefusal(FlowFileFailure(cause: .internal, message: "\(error)")))
    }
  }

  private func checkWait(of participant: String) throws {
    guard let wait = wait(of: participant) else { return }
    throw ProcessorError(.rateLimited, "participant \(participant) was told to wait", retryAfter: wait)
  }

  func path(ofLink link: String) throws -> String {
    guard link.hasPrefix("https://strict.example/") else { throw ProcessorError(.badData, "the link leads to another host") }
    return String(link.dropFirst("https://strict.example".count))
  }

  private static func fault(status: Int, limit: Duration?) -> ProviderFault {
    switch status {
    case 401: ProviderFault(cause: .serverError, message: "status 401, with a token that was just renewed")
    case 403: ProviderFault(cause: .scope, message: "status 403", error: "insufficient_scope")
    case 404: ProviderFault(cause: .notFound, message: "status 404")
    case 429: ProviderFault(cause: .rateLimited, message: "status 429", retryAfter: limit)
    case 500...: ProviderFault(cause: .serverError, message: "status \(status)")
    case 412: ProviderFault(cause: .clientRefused, message: "status 412", stopsRun: true)
    default: ProviderFault(cause: .badRequest, message: "status \(status)", error: "invalid_argument")
    }
  }

  func wait(of participant: String) -> Duration? {
    let now = time.monotonic
    return state.withLock { $0.waits[participant] }.flatMap { $0 > now ? $0 - now : nil }
  }
  func park(_ participant: String, for delay: Duration) { state.withLock { $0.waits[participant] = time.monotonic + delay } }

  func isGranted(_ scope: String, for participant: String) -> Bool { !state.withLock { $0.refusedScopes[participant]?.contains(scope) ?? false } }
  func refuse(_ scope: String, for participant: String) {
    state.withLock { _ = $0.refusedScopes[participant, default: []].insert(scope) }
  }
  func secrets(of participant: String?) -> [String] {
    guard let participant else { return [Self.clientSecret] }
    return Self.secrets(of: participant, upTo: max(4, state.withLock { $0.tokens[participant]?.expected ?? 1 }))
  }
}
