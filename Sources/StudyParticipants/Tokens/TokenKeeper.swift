import FlowCore
import StudyModel

/// State machine that decides how a participant gets a live access token. Plain state, without clock or I/O;
/// `AccessTokens` executes the actions and reports their results.
///
/// The order keeps tokens alive: durable intent → request → complete response → durable new tokens → use. With
/// rotation, the provider may replace a refresh token as soon as a request with it was sent (RFC 6749 §6). From then on
/// only a complete response settles the token's state, so the same request is repeated until there is one.
package struct TokenKeeper: Sendable, Equatable {
  package enum Action: Sendable, Equatable {
    /// Use the current access token.
    case use
    /// Record durably that a request with this refresh token is about to be sent.
    case journal
    case request
    case wait(Duration)
    /// Store the response durably, then use it.
    case store(TokenAnswer)
    case conclude(Verdict)
  }

  /// Results without an access token.
  package enum Verdict: Sendable, Equatable {
    /// No complete response after all attempts.
    case inDoubt(reason: String)
    /// In doubt since an earlier attempt in this run; nothing was sent.
    case stillInDoubt
    /// The provider has just refused the refresh token.
    case needsConsent
    /// The refresh token was refused before, to the same application at the same endpoint; nothing was sent.
    case stillNeedsConsent
    /// Refreshing after a refused access token has not helped; nothing was sent.
    case refreshIneffective
    /// The token belongs to another account than the participant's; nothing was sent.
    case otherAccount
    /// No request was sent.
    case unreachable(reason: String)
    /// The run ends; the next one continues.
    case interrupted
    /// A complete response that refuses this request but not the token.
    case rejected(FlowFileFailure)
    /// A failure that affects every participant.
    case stop(StopRun)
  }

  /// The result of one token request.
  package enum Outcome: Sendable, Equatable {
    case answer(TokenAnswer)
    case invalidGrant
    case rejected(FlowFileFailure)
    case stop(StopRun)
    /// Truncated, connection lost, HTML, 429, 5xx…: the provider may have processed the request.
    case lost(reason: String, retryAfter: Duration?)
    /// No byte of the request was sent.
    case unreachable(reason: String)
    /// The run ended while the request was in flight.
    case interrupted
  }

  /// When requests without a complete response are repeated.
  package struct Schedule: Sendable, Equatable {
    /// The wait before each repeat, shortened if less time is left. There are as many repeats as waits.
    package var waits: [Duration] = [.seconds(1), .seconds(5), .seconds(20), .seconds(60)]
    /// All repeats start within this time of the first request.
    package var window: Duration = .seconds(120)
    /// Timeout of one request. Five of them fit into the window.
    package var requestTimeout: Duration = .seconds(20)
    /// Time reserved for each later repeat when a Retry-After is honoured: a provider that names a wait responds
    /// quickly.
    package var quickRequest: Duration = .seconds(5)
    package init() {}
  }

  /// Number of ineffective refreshes after which a participant's 401s are accepted. A path that rejects every token, or
  /// a provider that returns the same access token again, must not use up a refresh token on each request.
  package static let maximumIneffectiveRefreshes = 2

  private let record: TokenRecord
  private let asker: TokenAsker
  private let schedule: Schedule
  private var hasLeft = false
  private var repeats = 0

  package init(record: TokenRecord, asker: TokenAsker, schedule: Schedule = Schedule()) {
    self.record = record
    self.asker = asker
    self.schedule = schedule
  }

  /// The journalled intent may be withdrawn: no request with this refresh token was sent without a response.
  package var mayForgetIntent: Bool { record.asked == nil && !hasLeft }

  /// Returns the first action.
  /// - Parameters:
  ///   - isLive: whether the current access token is valid for a while and has not been refused.
  ///   - expectedAccount: the participant's known account.
  ///   - isInDoubt: whether an earlier request of this run ended without a complete response.
  ///   - ineffectiveRefreshes: refreshes in this run after which the access token was still refused.
  package func begin(isLive: Bool, expectedAccount: String?, isInDoubt: Bool, ineffectiveRefreshes: Int = 0) -> Action {
    if let expectedAccount, let account = record.account, account != expectedAccount { return .conclude(.otherAccount) }
    // A live access token works even if the refresh token was refused.
    if record.isRefused(to: asker) { return isLive ? .use : .conclude(.stillNeedsConsent) }
    if isInDoubt { return .conclude(.stillInDoubt) }
    // An open intent comes first, even if the access token is still valid: the sooner the old refresh token is used
    // again, the more likely the provider still accepts it.
    if isLive, record.asked == nil, record.state != .inDoubt { return .use }
    if ineffectiveRefreshes >= Self.maximumIneffectiveRefreshes { return .conclude(.refreshIneffective) }
    return record.asked == nil ? .journal : .request
  }

  /// Call after the intent was made durable.
  package func journalled() -> Action { .request }

  /// Call after a wait.
  package func waited() -> Action { .request }

  /// Call after a request. `elapsed` is the time since the first request began.
  package mutating func received(_ outcome: Outcome, elapsed: Duration) -> Action {
    switch outcome {
    // Stored even if it names another account, because it may have used up the refresh token that was sent. Whether the
    // new tokens are used is decided once they are durable.
    case .answer(let answer): return .store(answer)
    case .invalidGrant: return .conclude(.needsConsent)
    case .rejected(let failure): return .conclude(.rejected(failure))
    case .stop(let stop): return .conclude(.stop(stop))
    case .interrupted:
      hasLeft = true
      return .conclude(.interrupted)
    case .lost(let reason, let retryAfter): return repeated(reason: reason, retryAfter: retryAfter, elapsed: elapsed)
    case .unreachable(let reason):
      guard hasLeft else { return .conclude(.unreachable(reason: reason)) }
      return repeated(reason: reason, retryAfter: nil, elapsed: elapsed)
    }
  }

  private mutating func repeated(reason: String, retryAfter: Duration?, elapsed: Duration) -> Action {
    hasLeft = true
    guard repeats < schedule.waits.count else { return .conclude(.inDoubt(reason: reason)) }
    let nominal = schedule.waits[repeats]
    let left = schedule.waits.count - repeats
    repeats += 1
    let reserved = (retryAfter == nil ? schedule.requestTimeout : schedule.quickRequest) * left
    let room = max(.zero, schedule.window - elapsed - reserved)
    return .wait(min(max(nominal, retryAfter ?? .zero), room))
  }
}
