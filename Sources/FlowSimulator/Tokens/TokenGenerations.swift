/// The state of one participant's tokens. A plain value that contains all decisions about tokens, without clock, lock
/// or file.
struct TokenGenerations: Sendable, Equatable, Codable {
  /// The lifetime of an access token in simulated seconds.
  static let accessLifetimeSeconds = 28_800

  /// How many times the refresh token was rotated.
  private(set) var generation = 0
  /// The last rotation, in simulated seconds since 1970.
  private(set) var issuedAt = 0
  /// Whether a token of the current generation was used. Until then, its response may have been lost, and the previous
  /// refresh token may be used again.
  private(set) var confirmed = true

  /// The generation whose access token was repeated instead of issuing a new one; nil: the current generation's
  /// applies.
  private var repeatedAccess: Int?
  /// When that token was first issued, in simulated seconds since 1970.
  private var repeatedIssuedAt: Int?

  /// When each Google access token was issued, in simulated seconds since 1970; nil: never. These tokens are
  /// independent: neither a rotation nor a newer one invalidates them.
  private(set) var googleIssues: [Int]?

  /// The scopes of a consent on the page, by Fitbit's names; nil: there was none, and the consent of the enrolment
  /// applies.
  private(set) var consent: [String]?

  enum CodingKeys: String, CodingKey {
    case generation, consent
    case issuedAt = "issued_at"
    case confirmed
    case googleIssues = "google_issues"
    case repeatedAccess = "repeated_access"
    case repeatedIssuedAt = "repeated_issued_at"
  }

  enum Refreshed: Equatable {
    /// The refresh token was used up, and there is a new pair.
    case rotated
    /// The previous refresh token, within its grace period: the response repeats the current pair.
    case repeated
    case refused
  }

  /// Handles a presented refresh token.
  /// - Parameters:
  ///   - presented: the token's generation if it is the current or the previous one.
  ///   - graceSeconds: how long the previous token is accepted while the current pair is unused; nil: never.
  ///   - repeatsAccess: the response repeats the previous access token, if there is one, which keeps its expiry.
  mutating func refresh(presented: Int?, now: Int, graceSeconds: Int?, repeatsAccess: Bool = false) -> Refreshed {
    if presented == generation {
      let keepsAccess = repeatsAccess && generation > 0
      (repeatedIssuedAt, repeatedAccess) = keepsAccess ? (repeatedIssuedAt ?? issuedAt, accessGeneration) : (nil, nil)
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

  /// Handles a presented access token. A new pair invalidates the previous access token.
  mutating func access(presented: Int?, now: Int) -> Access {
    guard let presented, presented == accessGeneration, generation > 0 else { return .refused }
    guard !isAccessExpired(now: now) else { return .expired }
    confirmed = true
    return .granted
  }

  /// The generation whose access token is valid.
  var accessGeneration: Int { repeatedAccess ?? generation }

  func isAccessExpired(now: Int) -> Bool { now >= (repeatedIssuedAt ?? issuedAt) + Self.accessLifetimeSeconds }

  /// Handles a new consent: issues new tokens and invalidates all previous refresh tokens.
  mutating func consent(to scopes: [String], now: Int) {
    generation += 1
    issuedAt = now
    confirmed = true
    (repeatedAccess, repeatedIssuedAt) = (nil, nil)
    consent = scopes
  }

  // MARK: Google

  /// The lifetime of a Google access token in simulated seconds.
  static let googleLifetimeSeconds = 3600

  /// Issues an additional access token. Google does not use refresh tokens up, and a rotation does not invalidate older
  /// ones: any generation ever issued is accepted.
  /// - Returns: the serial number of the access token, from 1.
  mutating func issueGoogle(now: Int) -> Int {
    googleIssues = (googleIssues ?? []) + [now]
    return googleIssues?.count ?? 1
  }

  func googleAccess(serial: Int?, now: Int) -> Access {
    guard let serial, let issues = googleIssues, 1...issues.count ~= serial else { return .refused }
    return now < issues[serial - 1] + Self.googleLifetimeSeconds ? .granted : .expired
  }

  /// Rotates, which Google rarely does: the previous token remains valid.
  mutating func rotateGoogle(now: Int) {
    generation += 1
    issuedAt = now
    confirmed = false
  }
}
