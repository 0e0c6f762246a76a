/// Where one participant's tokens stand. A plain value: all decisions about tokens are here, without clock, lock or file.
struct TokenGenerations: Sendable, Equatable, Codable {
  /// Seconds of simulated time that an access token lives.
  static let accessLifetimeSeconds = 28_800

  /// How often the refresh token was rotated.
  private(set) var generation = 0
  /// Simulated seconds since 1970 of the last rotation.
  private(set) var issuedAt = 0
  /// Whether a token of the live generation was used. Until then its answer may have been lost, and the token before it may ask again.
  private(set) var confirmed = true

  /// The generation whose access token was handed out again instead of a new one; nil: the live generation's.
  private var repeatedAccess: Int?
  /// Simulated seconds since 1970 at which that token was first handed out.
  private var repeatedIssuedAt: Int?

  /// When the Google wire gave each of its access tokens, simulated seconds since 1970; nil: it never did. Such a token lives by itself: neither
  /// a rotation nor the next one ends it.
  private(set) var googleIssues: [Int]?

  /// What a consent on the page gave, Fitbit's names; nil: there was none, and the consent of the enrolment holds.
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
  ///   - repeatsAccess: the answer has the access token before, if there is one, which keeps its expiry.
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

  /// An access token is presented. A new pair ends the access token before it.
  mutating func access(presented: Int?, now: Int) -> Access {
    guard let presented, presented == accessGeneration, generation > 0 else { return .refused }
    guard !isAccessExpired(now: now) else { return .expired }
    confirmed = true
    return .granted
  }

  /// The generation whose access token is good.
  var accessGeneration: Int { repeatedAccess ?? generation }

  func isAccessExpired(now: Int) -> Bool { now >= (repeatedIssuedAt ?? issuedAt) + Self.accessLifetimeSeconds }

  /// A new consent: new tokens, and the refresh token before them is refused from now on.
  mutating func consent(to scopes: [String], now: Int) {
    generation += 1
    issuedAt = now
    confirmed = true
    (repeatedAccess, repeatedIssuedAt) = (nil, nil)
    consent = scopes
  }

  // MARK: Google

  /// Seconds of simulated time that an access token of the Google wire lives.
  static let googleLifetimeSeconds = 3600

  /// Gives another access token. Google does not use a refresh token up, and a rotation on the Fitbit wire leaves the older ones good here: any
  /// generation that was ever issued may ask.
  /// - Returns: the serial of the access token, from 1.
  mutating func issueGoogle(now: Int) -> Int {
    googleIssues = (googleIssues ?? []) + [now]
    return googleIssues?.count ?? 1
  }

  func googleAccess(serial: Int?, now: Int) -> Access {
    guard let serial, let issues = googleIssues, 1...issues.count ~= serial else { return .refused }
    return now < issues[serial - 1] + Self.googleLifetimeSeconds ? .granted : .expired
  }

  /// Rotates as Google seldom does: the token before it stays good.
  mutating func rotateGoogle(now: Int) {
    generation += 1
    issuedAt = now
    confirmed = false
  }
}
