/// What is simulated. The defaults are those of `flowrun simulate` and of `api=simulator`.
package struct SimulatorConfiguration: Sendable {
  /// The provider whose wire is spoken. Population and truth are the same for all.
  package enum API: String, Sendable, CaseIterable {
    case fitbit
    case googleHealth = "google-health"
  }

  /// The OAuth client that alone is served.
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
  /// Days between enrolment and simulated now, before the clock is moved.
  package var days = 3
  package var api = API.fitbit
  package var faults: [Fault] = []
  /// What befalls single people beyond the oddities that every population has.
  package var hardCases: Set<HardCase> = []
  /// A sample every second, nobody odd, whole UTC days: 86,400 samples a day and participant.
  package var dense = false
  /// Requests per participant and window; nil: the provider's own limit, 150 an hour of the Fitbit Web API (a batch of three days takes about 25)
  /// or 300 a minute of the Google Health API.
  package var rateLimit: Int?
  /// Whether a 429 of the Google Health API names the wait in `Retry-After`. The real one is not documented to.
  package var namesRetryAfter = false
  /// Whether every token answer of the Google Health API has a new refresh token. Normally it has none.
  package var rotatesGoogleTokens = false
  /// Seconds of a clock for the rate limit; nil: the machine's clock plus what the simulated clock was moved by.
  package var limiterClock: (@Sendable () -> Int)?
  /// Simulated seconds during which a used refresh token yields the same pair again, as long as that pair was not used; nil: never,
  /// as the providers document it.
  package var refreshGraceSeconds: Int?
  /// With nil every client is served, also one that names itself with an empty text.
  package var client: Client?
  /// Where tokens and clock are remembered beyond the process; nil: nowhere. Any number of processes may use it at once.
  package var stateFolder: String?

  package init() {}
}
