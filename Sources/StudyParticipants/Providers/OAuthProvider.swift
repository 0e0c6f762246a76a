import FlowCore
import StudyModel

/// The common part of every OAuth provider: participant files, tokens, signing, rate limits and outage detection.
/// `ProviderWire` covers the differences.
package final class OAuthProvider: Sendable {
  package struct Settings: Sendable {
    package var address: ProviderAddress
    package var tokenURL: String
    package var client: ClientCredentials
    package var participants: String
    package var isSimulated: Bool
    /// For the service's own requests; callers set the timeouts of theirs.
    package var connectTimeout: Duration
    package var timeout: Duration
    /// What the provider allows the client for all participants together.
    package var clientLimits: [RequestLimit]

    /// The identity that the provider sees in token requests. The bundled simulator is `simulator`, because its port
    /// differs in every process.
    package var asker: TokenAsker { TokenAsker(endpoint: isSimulated ? "simulator" : tokenURL, client: client.id) }
  }

  package let wire: any ProviderWire
  package let settings: Settings
  package let store: ParticipantStore
  let line: ProviderLine
  private let tokens: AccessTokens
  let interruption: Interruption
  /// Runs detached tasks for work that callers must not cancel.
  let executor: any TaskExecutor
  let time: any TimeSource
  /// In-flight requests for the account of a token.
  let identities: SingleFlight<AccountIdentity?>

  package init(wire: any ProviderWire, settings: Settings, environment: RuntimeEnvironment) {
    self.wire = wire
    self.settings = settings
    executor = environment.executor
    time = environment.time
    identities = SingleFlight(time: environment.time, executor: environment.executor)
    let asker = settings.asker
    let store = ParticipantStore(
      path: settings.participants,
      filter: ParticipantStore.Filter(isSimulated: settings.isSimulated, oauthType: wire.oauthType), asker: asker,
      environment: environment)
    let interruption = Interruption(time: environment.time)
    let line = ProviderLine(
      wire: wire, base: settings.address.base, client: asker, limits: settings.clientLimits, environment: environment, store: store,
      interruption: interruption)
    self.store = store
    self.interruption = interruption
    self.line = line
    let schedule = TokenKeeper.Schedule()
    tokens = AccessTokens(store: store, asker: asker, title: wire.title, environment: environment, schedule: schedule) {
      participant, refreshToken in
      var request = wire.tokenRequest(refreshToken, settings.client, url: settings.tokenURL)
      request.connectTimeout = min(settings.connectTimeout, schedule.requestTimeout)
      request.timeout = min(settings.timeout, schedule.requestTimeout)
      return await line.tokenOutcome(request, for: participant)
    }
  }

  /// Ends waits and writes pending changes. Waits for a token request in flight, because its response cannot be
  /// requested again.
  package func close() async throws {
    stopWaiting()
    // An identity request may be waiting for a token refresh, so end that wait first.
    tokens.interrupt()
    await identities.idle()
    await tokens.close()
    try await store.close()
  }

  /// Ends waits between requests and sends nothing more. Requests in flight continue.
  package func stopWaiting() { interruption.interrupt() }

  package func authorize(_ participant: String) async throws {
    _ = try await tokens.accessToken(for: participant)
    try await checkAccount(of: participant)
  }

  package func release(_ participant: String, previousSync: Instant?) async throws {
    await identities.idle(participant)
    await tokens.idle(participant)
    do {
      try await store.release(participant, previousSync: previousSync)
    } catch let error as FileSystemError {
      throw StopRun(.failed, .disk, "\(error)")
    }
  }

  // MARK: Requests

  /// The single path of every request that a flow makes: lease, identity, budget, token, circuit breaker, request,
  /// classification. No data is requested with a token before its account is known.
  package func ask(_ request: HTTPRequest, path: String, for participant: String) async -> ProviderReply {
    var count = 0
    let outcome: ProviderReply.Outcome
    do {
      try await identify(participant)
      outcome = self.outcome(try await exchange(request, path: path, for: participant, counting: &count), of: participant)
    } catch {
      outcome = self.outcome(error, of: participant)
    }
    return ProviderReply(outcome, requestCount: count)
  }

  private func outcome(_ judged: JudgedResponse, of participant: String) -> ProviderReply.Outcome {
    guard let fault = judged.fault else { return .answer(judged.response) }
    return outcome(ProviderRefusal(fault, status: judged.response.status), of: participant)
  }

  private func outcome(_ refusal: ProviderRefusal, of participant: String) -> ProviderReply.Outcome {
    guard refusal.failure.cause == .rateLimited, !refusal.failure.isLeftToOthers else { return .refused(refusal) }
    return .wait(wait(of: participant) ?? refusal.failure.retryAfter ?? .zero, because: refusal)
  }

  private func outcome(_ error: any Error, of participant: String) -> ProviderReply.Outcome {
    switch error {
    case let stop as StopRun: .stop(stop)
    case is CancellationError: .interrupted
    case let error as TransportError where error.kind == .cancelled: .interrupted
    case let error as TransportError: .refused(ProviderRefusal(FlowFileFailure(cause: error.cause, message: error.message), isOfTheWay: true))
    case let error as ProcessorError: outcome(ProviderRefusal(error.failure), of: participant)
    case let error as FileSystemError: .refused(ProviderRefusal(FlowFileFailure(cause: .disk, message: "\(error)")))
    // An error in this program costs this one FlowFile, as in any processor; others go on.
    default: .refused(ProviderRefusal(FlowFileFailure(cause: .internal, message: "asking for participant \(participant) failed: \(error)")))
    }
  }

  package func address(ofPath path: String) -> String { settings.address.base + path }

  /// Sends one request and classifies the response. A 401 refreshes the token and repeats the request once; a second
  /// 401 throws.
  func exchange(_ request: HTTPRequest, path: String, for participant: String, counting count: inout Int) async throws -> JudgedResponse {
    var request = request
    request.url = try settings.address.url(of: path)
    // Checked here, because a request that must wait needs no token, and again when it is sent: another request's response may announce a
    // wait while this one's token is refreshed.
    try line.checkBudget(of: participant)
    let token = try await tokens.accessToken(for: participant)
    let first = try await line.send(request, for: participant, bearer: token, counting: &count)
    if first.fault == nil { tokens.noteServed() }
    guard first.response.status == 401 else { return first }
    if let stop = first.stop { throw stop }
    guard let held = store.held(participant), held.ineffectiveRefreshes < TokenKeeper.maximumIneffectiveRefreshes else { throw unauthorized(first) }
    let renewed = try await tokens.accessToken(for: participant, insteadOf: token)
    let second = try await line.send(request, for: participant, bearer: renewed, isRenewed: true, counting: &count)
    guard second.response.status == 401 else { return second }
    if let stop = second.stop { throw stop }
    store.note(participant) { $0.ineffectiveRefreshes += 1 }
    throw unauthorized(second)
  }

  private func unauthorized(_ judged: JudgedResponse) -> ProcessorError {
    ProcessorError(judged.fault?.cause ?? .serverError, judged.fault?.message ?? "the access token is refused", status: judged.response.status)
  }

  // MARK: Rate limits and scopes

  package func wait(of participant: String) -> Duration? { line.wait(of: participant) }
  package var limit: RequestLimit? { wire.limit }
  package var clientLimits: [RequestLimit] { settings.clientLimits }
  /// Who shares out the client's requests among hosts; nil if this process is alone. Set before the first request.
  package var grants: (any RequestGrants)? {
    get { line.grants }
    set { line.grants = newValue }
  }
  package func setAside(_ count: Int, for participant: String) -> Duration? { line.setAside(count, for: participant) }
  package func free(_ count: Int, for participant: String) { line.free(count, for: participant) }

  package func isGranted(_ scope: String, for participant: String) -> Bool {
    store.held(participant)?.known.token.isGranted(scope) ?? true
  }
  package func refuse(_ scope: String, for participant: String) {
    store.note(participant) { held in
      if !held.notes.refusedScopes.contains(scope) { held.notes.refusedScopes.append(scope) }
    }
  }

  /// Includes the base64 form of the client secret, which a search for the secret itself would miss.
  package func secrets(of participant: String?) -> [String] {
    let client = [settings.client.secret, settings.client.basicCredentials].compactMap(\.self)
    return client + (participant.flatMap { store.held($0)?.tokens } ?? [])
  }

  // MARK: Latest sync

  package func snapshot(of participant: String) async throws -> ParticipantSnapshot {
    try await store.require(participant).snapshot
  }

  package func syncStatus(of participant: String) async throws -> SyncStatus {
    let held = try await store.require(participant)
    try refuseSharedAccount(of: participant)
    var answered = time.now
    var reported: (offset: Int64, at: Instant)?
    let status = try await wire.syncStatus(knownZone: held.known.zone) { path, scope in
      guard let (document, date) = try await self.document(at: path, scope: scope, for: participant) else { return nil }
      answered = date
      reported = reported ?? ReportedOffset.seconds(in: document).map { ($0, date) }
      if let identity = self.wire.identity(in: document, at: path) { try await self.confirm(identity, of: participant) }
      return document
    }
    try Self.checkBounds(of: status, answered: answered, participant)
    store.note(participant) { held in
      held.notes.sync = status
      switch status {
      case .synced(let latest, _, let zone):
        held.notes.zone = zone
        held.latestSync = latest
      case .noTracker(let zone), .neverSynced(let zone): held.notes.zone = zone
      }
      if let reported, let zone = held.notes.zone { held.zoneDoubt = ReportedOffset.contradiction(reported.offset, zone: zone, at: reported.at) }
    }
    return status
  }

  /// If a tracker's clock ran ahead, days in the future would be marked complete.
  private static func checkBounds(of status: SyncStatus, answered: Instant, _ participant: String) throws {
    guard case .synced(let latest, _, _) = status, latest - answered > .seconds(86_400) else { return }
    throw ProcessorError(
      .badData,
      "participant \(participant): the latest sync of the tracker is \(latest.text), more than a day after the provider's answer of "
        + "\(answered.text); nothing is collected until it is right: have the tracker synced again")
  }

  /// Sends a request of the service itself. Transport failures become the participant's `ProcessorError`; cancellation
  /// becomes `CancellationError`.
  private func question(_ request: HTTPRequest, path: String, for participant: String) async throws -> JudgedResponse {
    var count = 0
    do {
      try await identify(participant)
      return try await exchange(request, path: path, for: participant, counting: &count)
    } catch let error as TransportError {
      guard error.kind != .cancelled else { throw CancellationError() }
      throw ProcessorError(error.cause, error.message)
    }
  }

  /// A JSON document and the time of the response; nil if the consent does not cover the scope.
  private func document(at path: String, scope: String, for participant: String) async throws -> (JSONTree, answered: Instant)? {
    guard isGranted(scope, for: participant) else { return nil }
    var request = HTTPRequest(url: "", connectTimeout: settings.connectTimeout, timeout: settings.timeout)
    request.headers["Accept"] = "application/json"
    let judged = try await question(request, path: path, for: participant)
    if let fault = judged.fault {
      if fault.cause == .scope {
        refuse(scope, for: participant)
        return nil
      }
      if let stop = judged.stop { throw stop }
      let wait = fault.cause == .rateLimited ? wait(of: participant) : nil
      throw ProcessorError(fault.cause, "\(path): \(fault.message)", status: judged.response.status, retryAfter: wait ?? fault.retryAfter)
    }
    let response = judged.response
    do {
      let date = response.headers["Date"].flatMap { Instant(httpDate: $0) }
      return (try JSONTree(answer: response.body), date ?? time.now)
    } catch {
      let place = error.position.map { " at \($0.line):\($0.column)" } ?? ""
      let message = "\(path): \(error.found)\(place); expected \(error.expected ?? "JSON")"
      var failure = FlowFileFailure(cause: response.placeholder == nil ? .badData : .notJSON, message: message, status: response.status)
      failure.mayPass = true
      throw ProcessorError(failure)
    }
  }
}
