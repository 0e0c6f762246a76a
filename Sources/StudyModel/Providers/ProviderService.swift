import FlowCore

/// A provider of wearable data together with the batch of participants whose data it gives.
///
/// It owns the participant files, their locks and their tokens. A processor names the participant; the service signs. Tokens never
/// leave it. A processor takes the narrow protocol that it needs. All methods may be called from any task; none blocks a worker. Failures that
/// belong to one participant throw `ProcessorError`; trouble of the whole client throws `StopRun`.
package protocol ProviderService: Service, ParticipantLeases, TokenAuthority, SyncStatusSource, EndpointClient, RequestBudget {
  /// The provider's name in the ledger: `fitbit`, `google-health`.
  var provider: String { get }

  /// What must not be written anywhere but into the participant file: the participant's tokens, also those replaced in this run, and
  /// the client's secret. For whoever stores what the provider answered, since it may have echoed them.
  func secrets(of participant: String?) -> [String]
}

/// The batch folder: who is in it, and who is this run's.
package protocol ParticipantLeases: Sendable {
  /// The names in the batch folder, sorted; a name that is not allowed comes with its problem.
  func listParticipants() async throws -> [ParticipantListing]
  /// Takes a participant's lock, and reads, checks and keeps the file. Throws `ProcessorError` (`bad_participant_file`).
  func lease(_ participant: String) async throws -> LeaseOutcome
  /// Writes `previousSync` back, if given, and lets go of the lock.
  func release(_ participant: String, previousSync: Instant?) async throws
  /// What is known of the participant in this run; nil before `lease`. Loads the file where needed (replay).
  func snapshot(of participant: String) async throws -> ParticipantSnapshot
}

/// Sees to live access tokens.
package protocol TokenAuthority: Sendable {
  /// Sees to a live access token: kept, or refreshed and durable before this returns (RFC 6749 §6).
  /// Throws `needs_consent`, `token_in_doubt`, `scope`…
  func authorize(_ participant: String) async throws
}

/// How far a participant's tracker has synced.
package protocol SyncStatusSource: Sendable {
  /// Latest sync and zone, from the provider. Throws `rate_limited` with the wait, other `ProcessorError`s, `StopRun`, `CancellationError`.
  func syncStatus(of participant: String) async throws -> SyncStatus
  /// What is known of the participant, after `syncStatus` its zones too.
  func snapshot(of participant: String) async throws -> ParticipantSnapshot
}

/// Asks the provider's endpoints, signed for a participant.
package protocol EndpointClient: GrantedScopes {
  /// Sends one request to the provider's own host within the participant's budget, and judges what comes of it. A 401 refreshes the token
  /// once and repeats once. Nothing is thrown: whatever happens is an outcome.
  func ask(_ request: HTTPRequest, path: String, for participant: String) async -> ProviderReply
  /// The path and query of a link that the provider gave. Throws `ProcessorError` (`bad_data`) for one that leads to another host: what
  /// is signed goes to its own alone.
  func path(ofLink link: String) throws -> String
}

/// What a participant's consent covers.
package protocol GrantedScopes: Sendable {
  /// False once the consent is known to lack the scope.
  func isGranted(_ scope: String, for participant: String) -> Bool
  /// Notes that the provider refused what the scope covers.
  func refuse(_ scope: String, for participant: String)
}

/// How much a participant may still ask.
package protocol RequestBudget: Sendable {
  /// For how long the participant must not be asked (rate limit), if so. A step of the wall clock does not change it.
  func wait(of participant: String) -> Duration?
}

package struct ParticipantListing: Sendable, Equatable {
  package var name: String
  /// Why the file cannot be a participant's; nil when its name is in order.
  package var problem: String?
  package init(name: String, problem: String? = nil) {
    self.name = name
    self.problem = problem
  }
}

package enum LeaseOutcome: Sendable, Equatable {
  case leased(ParticipantSnapshot)
  case heldByAnotherRun
  /// Paused, withdrawn or of another provider: not collected by this run.
  case skipped(reason: String)
}

/// What processors may know of a participant. No token.
package struct ParticipantSnapshot: Sendable, Equatable {
  package var participant: String
  /// Start of the history that is wanted; never moves later by itself.
  package var enrolled: Instant
  package var previousSync: Instant
  /// IANA name; nil until the profile was read once.
  package var zone: String?
  /// Of this run, after `syncStatus`.
  package var latestSync: Instant?
  /// Empty until a zone was noticed.
  package var zones: ZoneHistory
  /// The offset that the provider has told in this run contradicts the zone's rules: both, for people.
  package var zoneDoubt: String?

  package init(
    participant: String, enrolled: Instant, previousSync: Instant, zone: String?, latestSync: Instant?, zones: ZoneHistory = ZoneHistory()
  ) {
    self.participant = participant
    self.enrolled = enrolled
    self.previousSync = previousSync
    self.zone = zone
    self.latestSync = latestSync
    self.zones = zones
  }
}

package enum SyncStatus: Sendable, Equatable {
  /// The latest sync of any tracker. `settled`: up to when every tracker that was worn lately has synced, so that what lies after it may
  /// still change; nil: the latest sync itself.
  case synced(Instant, settled: Instant? = nil, zone: String)
  /// Scales and phones are no trackers.
  case noTracker(zone: String)
  case neverSynced(zone: String)
}

/// What a response that is no success means.
package struct ProviderFault: Sendable, Equatable {
  package var cause: Cause
  /// For people; never holds a token.
  package var message: String
  /// How long the provider says to wait.
  package var retryAfter: Duration?
  /// The provider's own word for it (`insufficient_scope`, `RESOURCE_EXHAUSTED`), for a flow's response table.
  package var error: String?
  /// Trouble of the whole client: the run stops.
  package var stopsRun: Bool

  package init(cause: Cause, message: String, retryAfter: Duration? = nil, error: String? = nil, stopsRun: Bool = false) {
    self.cause = cause
    self.message = message
    self.retryAfter = retryAfter
    self.error = error
    self.stopsRun = stopsRun
  }
}
