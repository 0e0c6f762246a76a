/// What the simulator answered to a request for data.
package struct AnsweredRequest: Sendable {
  /// The name of the participant whose token it had; nil for an unknown token.
  package var participant: String?
  /// Path and query, as asked.
  package var target: String
  package var status: Int
  package var body: [UInt8]
}

/// The settings of a simulator. The defaults are those of `flowrun simulate` and of `api=simulator`.
package struct SimulatorConfiguration: Sendable {
  /// The simulated provider. Population and truth do not depend on it.
  package enum API: String, Sendable, CaseIterable {
    case fitbit
    case googleHealth = "google-health"
  }

  /// The only OAuth client that is served.
  package struct Client: Sendable, Equatable {
    package let id: String
    /// Nil for a client without a secret.
    package let secret: String?

    package init(id: String, secret: String?) {
      self.id = id
      self.secret = secret
    }
  }

  package var seed: UInt64 = 1
  package var participants = 25
  /// Days between enrolment and the initial simulated time.
  package var days = 3
  package var api = API.fitbit
  package var faults: [Fault] = []
  /// Conditions of single participants beyond the irregularities of every population.
  package var hardCases: Set<HardCase> = []
  /// A sample every second, no irregularities, whole UTC days: 86,400 samples per day and participant.
  package var dense = false
  /// Requests per participant and window; nil: the provider's limit, 150 per hour for the Fitbit Web API (collecting
  /// three days takes about 25) or 300 in any minute for the Google Health API. More than the provider's is announced.
  package var rateLimit: Int?
  /// Whether a 429 of the Google Health API has `Retry-After`. The documentation of the real API does not mention it.
  package var namesRetryAfter = false
  /// Whether every token response of the Google Health API has a new refresh token. By default, it has none.
  package var rotatesGoogleTokens = false
  /// The rate limiter's clock in seconds; nil: the machine's clock plus the advance of the simulated clock.
  package var limiterClock: (@Sendable () -> Int)?
  /// How many simulated seconds a used refresh token yields the same pair again, as long as that pair was not used;
  /// nil: never, as the providers document.
  package var refreshGraceSeconds: Int?
  /// nil: every client is served, even one with an empty id.
  package var client: Client?
  /// Where tokens and clock are persisted; nil: nowhere. Several processes may use it concurrently.
  package var stateFolder: String?
  /// Called with each answer to a request for data, once its body is made and before faults cut it.
  package var answered: (@Sendable (AnsweredRequest) -> Void)?

  package init() {}
}
