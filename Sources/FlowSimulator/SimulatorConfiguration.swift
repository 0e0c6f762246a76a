/// What is simulated. The defaults are those of `flowrun simulate` and of `api=simulator`.
package struct SimulatorConfiguration: Sendable {
  /// The provider whose wire is spoken. Population and truth are the same for all.
  package enum API: String, Sendable, CaseIterable {
    case fitbit
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
  /// A sample every second, nobody odd, whole UTC days: 86,400 samples a day and participant.
  package var dense = false
  /// Requests per participant and hour. The provider's own limit is 150; a batch of three days takes about 25.
  package var rateLimit = 150
  /// Seconds of a clock for the rate limit; nil: the machine's clock plus what the simulated clock was moved by.
  package var limiterClock: (@Sendable () -> Int)?
  /// Simulated seconds during which a used refresh token yields the same pair again, as long as that pair was not used; nil: never.
  package var refreshGraceSeconds: Int? = 120
  /// With nil every client is served, also one that names itself with an empty text.
  package var client: Client?
  /// Where tokens and clock are remembered beyond the process; nil: nowhere. Any number of processes may use it at once.
  package var stateFolder: String?

  package init() {}
}
