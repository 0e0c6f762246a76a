/// Where one participant's tokens stand. A plain value: all decisions about tokens are here, without clock, lock or file.
struct TokenRecord: Sendable, Equatable, Codable {
  /// Seconds of simulated time that an access token lives.
  static let accessLifetimeSeconds = 28_800

  /// How often the refresh token was rotated.
  private(set) var generation = 0
  /// Simulated seconds since 1970 of the last rotation.
  private(set) var issuedAt = 0
  /// Whether a token of the live generation was used. Until then its answer may have been lost, and the token before it may ask again.
  private(set) var confirmed = true

  enum CodingKeys: String, CodingKey {
    case generation
    case issuedAt = "issued_at"
    case confirmed
  }

  enum Refreshed: Equatable {
    /// The refresh token was used up; there is a new pair.
    case rotated
    /// The token before the live one, within its grace: the live pair is answered again.
    case repeated
    case refused
  }

  /// A refresh token is presented.
  /// - Parameters:
  ///   - presented: the generation that the presented token belongs to, if it is the live one or the one before.
  ///   - graceSeconds: how long the token before the live one answers while the live pair is unused; nil: never.
  mutating func refresh(presented: Int?, now: Int, graceSeconds: Int?) -> Refreshed {
    if presented == generation {
      generation += 1
      issuedAt = now
      confirmed = false
      return .rotated
    }
    guard presented == generation - 1, !confirmed, let graceSeconds, now - issuedAt <= graceSeconds else { return .refused }
    return .repeated
  }

  enum Access: Equatable {
    case granted
    case expired
    case refused
  }

  /// An access token is presented. A new pair ends the access token before it.
  mutating func access(presented: Int?, now: Int) -> Access {
    guard let presented, presented == generation, generation > 0 else { return .refused }
    guard now < issuedAt + Self.accessLifetimeSeconds else { return .expired }
    confirmed = true
    return .granted
  }
}
