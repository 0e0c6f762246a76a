import FlowCore
import FlowCrypto
import StudyModel

/// The state of a participant's refresh token.
package enum TokenState: String, Sendable, CaseIterable {
  /// Not known to be invalid.
  case live
  /// A request with it had no complete response: the provider may have replaced it by one that never arrived.
  case inDoubt = "in_doubt"
  /// The provider answered `invalid_grant`: the token is not used again by the clients listed in
  /// `TokenRecord.refusals`.
  case needsConsent = "needs_consent"
}

/// A participant file's token state. Everything but the refresh token describes that one refresh token, and is void
/// once a person replaces it.
package struct TokenRecord: Sendable, Equatable {
  /// Empty if the participant has yet to consent.
  package var refreshToken: String
  package var state: TokenState = .live
  /// When the token entered `state`.
  package var since: Instant?
  /// Time of the response that delivered the current tokens; nil if a person supplied the refresh token and it has not
  /// been used.
  package var refreshed: Instant?
  /// The intent: when a request with this refresh token was about to be sent, if no complete response is recorded.
  package var asked: Instant?
  package var accessToken: String?
  package var accessTokenExpires: Instant?
  /// Expiry of the refresh token, if the provider specified it (Google, while an application is in testing).
  package var refreshTokenExpires: Instant?
  /// The provider that issued access token and scopes: `fitbit` or `google`; nil if not recorded.
  package var issuer: String?
  /// The provider's id of the tokens' account; nil if it was not reported.
  package var account: String?
  /// The consent's scopes as listed in the last token response; nil if it listed none.
  package var grantedScopes: [String]?
  /// Scopes that the provider refused under this consent, even if listed as granted.
  package var refusedScopes: [String] = []
  /// The clients to which this refresh token was refused, oldest first. Empty with `state` `needsConsent` if an earlier
  /// version recorded the refusal.
  package internal(set) var refusals: [TokenRefusal] = []

  package init(refreshToken: String) { self.refreshToken = refreshToken }

  /// Whether there is no refresh token.
  package var isAbsent: Bool { refreshToken.isEmpty }

  /// SHA-256 (hex) of the refresh token: identifies it without revealing it.
  package var refreshTokenDigest: String { Self.digest(refreshToken) }

  static func digest(_ text: String) -> String { Hexadecimal.text(SHA256.digest(of: text.utf8)) }

  /// Describes the first character that no token contains (tokens go into header fields: visible ASCII) and its
  /// position, without the surrounding text; nil if there is none.
  package static func stranger(in text: String) -> String? {
    for (index, scalar) in text.unicodeScalars.enumerated() where !(33...126).contains(scalar.value) {
      return "\(UnseenCharacter.words(for: scalar)) at character \(index + 1)"
    }
    return nil
  }

  /// False if the consent is known to lack the scope.
  package func isGranted(_ scope: String) -> Bool {
    !refusedScopes.contains(scope) && grantedScopes?.contains(scope) ?? true
  }

  /// Records a refused scope; the refusal lasts until the consent changes.
  package mutating func refuse(_ scope: String) {
    if !refusedScopes.contains(scope) { refusedScopes.append(scope) }
  }

  /// Discards what another provider's response set: its access token is useless here, and its scopes have other names.
  package mutating func forgetAnswer(ofOtherThan issuer: String) {
    guard let other = self.issuer, other != issuer else { return }
    accessToken = nil
    accessTokenExpires = nil
    refreshTokenExpires = nil
    grantedScopes = nil
    refusedScopes = []
    account = nil
    self.issuer = nil
  }

  /// Discards an access token that the provider has refused.
  mutating func dropAccessToken(_ refused: String?) {
    guard let refused, accessToken == refused else { return }
    accessToken = nil
    accessTokenExpires = nil
  }

  /// Applies a complete token response. A changed list of granted scopes indicates a new consent and clears the refused
  /// scopes.
  package mutating func apply(_ answer: TokenAnswer, at now: Instant) {
    if let refreshToken = answer.refreshToken, refreshToken != self.refreshToken {
      self.refreshToken = refreshToken
      refusals = []
    }
    accessToken = answer.accessToken
    accessTokenExpires = answer.lifetime.map { now + $0 }
    refreshTokenExpires = answer.refreshTokenLifetime.map { now + $0 }
    state = .live
    since = now
    refreshed = now
    asked = nil
    account = answer.account ?? account
    issuer = answer.issuer
    guard let scopes = answer.scopes else { return }
    if Set(scopes) != grantedScopes.map(Set.init) { refusedScopes = [] }
    grantedScopes = scopes
  }
}

/// A complete response to a token request.
package struct TokenAnswer: Sendable, Equatable {
  package var accessToken: String
  /// Lifetime of the access token; nil if the provider did not specify it.
  package var lifetime: Duration?
  /// The next refresh token; nil if the old one remains valid.
  package var refreshToken: String?
  /// Lifetime of the refresh token; nil if the provider did not specify it.
  package var refreshTokenLifetime: Duration?
  package var scopes: [String]?
  package var account: String?
  /// The provider that issued the tokens: `fitbit` or `google`.
  package var issuer: String?

  package init(
    accessToken: String, lifetime: Duration?, refreshToken: String?, scopes: [String]? = nil, account: String? = nil
  ) {
    self.accessToken = accessToken
    self.lifetime = lifetime
    self.refreshToken = refreshToken
    self.scopes = scopes
    self.account = account
  }
}
