import FlowCore
import StudyModel

/// Decides a participant's way to a live access token; plain state, no clock, no I/O. `AccessTokens` acts and reports back.
///
/// The order is what keeps tokens alive: intent durable → request → whole answer → new pair durable → use. The provider may have
/// replaced a refresh token as soon as a request with it has left (RFC 6749 §6 with rotation), so from then on only a whole answer
/// settles the matter, and the same token is asked again until there is one.
package struct TokenKeeper: Sendable, Equatable {
  package enum Action: Sendable, Equatable {
    /// The access token at hand is good.
    case use
    /// Write down durably that this refresh token is about to be asked with.
    case journal
    case request
    case wait(Duration)
    /// Write the answer durably, then use it.
    case store(TokenAnswer)
    case conclude(Verdict)
  }

  /// Ends without an access token.
  package enum Verdict: Sendable, Equatable {
    /// Asked often enough without a whole answer.
    case inDoubt(reason: String)
    /// As before, found earlier in this run: nothing was asked.
    case stillInDoubt
    /// The provider has just refused the refresh token.
    case needsConsent
    /// It did so before, to the same application at the same endpoint: nothing was asked.
    case stillNeedsConsent
    /// Refreshes after a refusal of the access token have not helped: nothing was asked.
    case refreshIneffective
    /// The token belongs to another account than the participant's: nothing was asked.
    case otherAccount
    /// No request left this machine.
    case unreachable(reason: String)
    /// The run ends; the next one asks.
    case interrupted
    /// A whole answer that refuses this request, and not the token.
    case rejected(FlowFileFailure)
    /// Trouble of the whole client.
    case stop(StopRun)
  }

  /// What came of one token request.
  package enum Outcome: Sendable, Equatable {
    case answer(TokenAnswer)
    case invalidGrant
    case rejected(FlowFileFailure)
    case stop(StopRun)
    /// Cut off, connection lost, HTML, 429, 5xx…: the provider may have acted on it.
    case lost(reason: String, retryAfter: Duration?)
    /// No byte of it left this machine.
    case unreachable(reason: String)
    /// The run ended while it was under way.
    case interrupted
  }

  /// When a request without a whole answer is repeated.
  package struct Schedule: Sendable, Equatable {
    /// Before each repeat, unless less time is left. As many repeats as waits.
    package var waits: [Duration] = [.seconds(1), .seconds(5), .seconds(20), .seconds(60)]
    /// All repeats begin within this time of the first request.
    package var window: Duration = .seconds(120)
    /// How long one request may take. Five of them fit into the window.
    package var requestTimeout: Duration = .seconds(20)
    /// Kept free for each later repeat while a Retry-After is honoured: who names a time to wait answers quickly.
    package var quickRequest: Duration = .seconds(5)
    package init() {}
  }

  /// Refreshes after a 401 that may fail to help before a participant's 401s are taken as they are. A path that is refused with every
  /// token, or a provider that hands out the same access token again, must not use up a refresh token each time it is asked.
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

  /// Whatever was journalled for this way may be taken back: nothing was ever asked with this refresh token without an answer.
  package var mayForgetIntent: Bool { record.asked == nil && !hasLeft }

  /// The first action.
  /// - Parameters:
  ///   - isLive: the access token at hand is good for a while, and nobody has found it refused.
  ///   - expectedAccount: the account that the participant is known to have.
  ///   - isInDoubt: an earlier request of this run ended without a whole answer.
  ///   - ineffectiveRefreshes: refreshes of this run after which the provider refused the access token all the same.
  package func begin(isLive: Bool, expectedAccount: String?, isInDoubt: Bool, ineffectiveRefreshes: Int = 0) -> Action {
    if let expectedAccount, let account = record.account, account != expectedAccount { return .conclude(.otherAccount) }
    // A live access token opens the data whatever became of the refresh token.
    if record.isRefused(to: asker) { return isLive ? .use : .conclude(.stillNeedsConsent) }
    if isInDoubt { return .conclude(.stillInDoubt) }
    // An intent without an answer comes first, even before an access token that would do: the sooner the old refresh token is asked
    // again, the likelier the provider still takes it.
    if isLive, record.asked == nil, record.state != .inDoubt { return .use }
    if ineffectiveRefreshes >= Self.maximumIneffectiveRefreshes { return .conclude(.refreshIneffective) }
    return record.asked == nil ? .journal : .request
  }

  /// After the intent was made durable.
  package func journalled() -> Action { .request }

  /// After a wait.
  package func waited() -> Action { .request }

  /// After a request. `elapsed` is the time since the first one began.
  package mutating func received(_ outcome: Outcome, elapsed: Duration) -> Action {
    switch outcome {
    // Kept whatever else is odd in it, also where it names another account: the refresh token that was sent may be used up by it.
    // Whether the pair is used is decided once it is durable.
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
