import FlowCore

/// A provider of wearable data, with the batch of participants whose data it serves.
///
/// It owns the participant files, their locks and their tokens. A processor names the participant and the service signs
/// the request; tokens never leave the service. Each processor uses the narrow protocol it needs. All methods may be
/// called from any task; none blocks a worker thread. Failures of one participant throw `ProcessorError`; failures that
/// affect every participant throw `StopRun`.
package protocol ProviderService: Service, ParticipantHolding, TokenAuthority, SyncStatusSource, EndpointClient, RequestBudget {
  /// Secrets that may be written only to the participant file: the participant's tokens, including those replaced
  /// during this run, and the client secret. Needed when storing provider responses, which may echo them.
  func secrets(of participant: String?) -> [String]
}

/// The participants of the batch folder, each held by one run at a time.
package protocol ParticipantHolding: Sendable {
  /// The names in the batch folder, sorted; an invalid name comes with its problem.
  func listParticipants() async throws -> [ParticipantListing]
  /// Locks a participant, then reads, checks and caches the file. If the store leases participants, the lease is taken in
  /// between. Throws `ProcessorError` (`bad_participant_file`).
  func lease(_ participant: String) async throws -> LeaseOutcome
  /// Throws `ProcessorError.heldElsewhere` unless a participant that this run has taken is still this run's.
  func confirm(_ participant: String) async throws
  /// Writes `previousSync`, if given, and releases the lock and the lease.
  func release(_ participant: String, previousSync: Instant?) async throws
  /// The participant as known to this run. Leases the participant first if necessary (replay).
  func snapshot(of participant: String) async throws -> ParticipantSnapshot
}

extension ParticipantHolding {
  package func confirm(_ participant: String) async throws {}
}

/// Provides live access tokens.
package protocol TokenAuthority: Sendable {
  /// Ensures a live access token: the current one is kept, or a new one is durable before this returns (RFC 6749 §6).
  /// Throws `needs_consent`, `token_in_doubt`, `scope`…
  func authorize(_ participant: String) async throws
}

/// How far a participant's tracker has synced.
package protocol SyncStatusSource: Sendable {
  /// Fetches latest sync and zone from the provider. Throws `rate_limited` with the wait, other `ProcessorError`s,
  /// `StopRun`, `CancellationError`.
  func syncStatus(of participant: String) async throws -> SyncStatus
  /// The participant as known to this run; after `syncStatus` it includes the zones.
  func snapshot(of participant: String) async throws -> ParticipantSnapshot
}

/// Sends signed requests to the provider's endpoints for a participant.
package protocol EndpointClient: GrantedScopes {
  /// Sends one request to the provider's own host within the participant's budget and classifies the result. A 401
  /// refreshes the token once and repeats the request once. Does not throw: every result is an outcome.
  func ask(_ request: HTTPRequest, path: String, for participant: String) async -> ProviderReply
  /// The path and query of a link from a response. Throws `ProcessorError` (`bad_data`) if the link leads to another
  /// host: signed requests go to the provider's own host only.
  func path(ofLink link: String) throws -> String
  /// The address of a path, as it is asked: base URL and path.
  func address(ofPath path: String) -> String
  /// The provider's name in the ledger: `fitbit`, `google-health`.
  var provider: String { get }
  /// Sets requests of the participant's budget aside for the pages of one answer; returns how long to wait if so many
  /// are not left. Each must be returned with `free`.
  func setAside(_ count: Int, for participant: String) -> Duration?
  /// Returns what was set aside, when a page is requested, or when no further one is.
  func free(_ count: Int, for participant: String)
}

extension EndpointClient {
  package func address(ofPath path: String) -> String { path }
  package func setAside(_ count: Int, for participant: String) -> Duration? { nil }
  package func free(_ count: Int, for participant: String) {}
}

/// What a participant's consent covers.
package protocol GrantedScopes: Sendable {
  /// False once the consent is known to lack the scope.
  func isGranted(_ scope: String, for participant: String) -> Bool
  /// Records that the provider refused access to what the scope covers.
  func refuse(_ scope: String, for participant: String)
}

/// The remaining request budget of a participant.
package protocol RequestBudget: Sendable {
  /// How long the participant must not be asked (rate limit); nil if it may be asked now. Independent of wall-clock
  /// changes.
  func wait(of participant: String) -> Duration?
  /// What the provider allows for each participant, as known before the first request; nil if it has no limit.
  var limit: RequestLimit? { get }
  /// What the provider allows the client for all participants together.
  var clientLimits: [RequestLimit] { get }
}

extension RequestBudget {
  package var limit: RequestLimit? { nil }
  package var clientLimits: [RequestLimit] { [] }
}

package struct ParticipantListing: Sendable, Equatable {
  package var name: String
  /// Why the file cannot be a participant's; nil if its name is valid.
  package var problem: String?
  package init(name: String, problem: String? = nil) {
    self.name = name
    self.problem = problem
  }
}

package enum LeaseOutcome: Sendable, Equatable {
  case leased(ParticipantSnapshot)
  case heldByAnotherRun
  /// Held by a run on whatever host, as in `LeaseAnswer`.
  case leasedElsewhere(holder: String, until: Instant)
  /// Paused, withdrawn or with another provider: this run does not collect the participant.
  case skipped(reason: String)
}

/// What processors may know of a participant. Contains no token.
package struct ParticipantSnapshot: Sendable, Equatable {
  package var participant: String
  /// Start of the wanted history; flowrun never moves it to a later date.
  package var enrolled: Instant
  package var previousSync: Instant
  /// IANA name; nil until the profile has been read.
  package var zone: String?
  /// From this run, after `syncStatus`.
  package var latestSync: Instant?
  /// Empty until a zone is known.
  package var zones: ZoneHistory
  /// For people: the offset that the provider reported in this run and the one that the zone's rules give, if they
  /// differ.
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
  /// The latest sync of any tracker. `settled` is the time up to which every recently worn tracker has synced; later
  /// data may still change. nil means the latest sync itself.
  case synced(Instant, settled: Instant? = nil, zone: String)
  /// Scales and phones are not trackers.
  case noTracker(zone: String)
  case neverSynced(zone: String)
}

/// The meaning of an error response.
package struct ProviderFault: Sendable, Equatable {
  package var cause: Cause
  /// For people; never contains a token.
  package var message: String
  /// The wait that the provider asked for.
  package var retryAfter: Duration?
  /// The provider's error code (`insufficient_scope`, `RESOURCE_EXHAUSTED`), matched against the flow's response table.
  package var error: String?
  /// The failure affects every participant: the run stops.
  package var stopsRun: Bool

  package init(cause: Cause, message: String, retryAfter: Duration? = nil, error: String? = nil, stopsRun: Bool = false) {
    self.cause = cause
    self.message = message
    self.retryAfter = retryAfter
    self.error = error
    self.stopsRun = stopsRun
  }
}
