import Crypto
import FlowCore
import StudyModel

/// How a participant's refresh token stands.
package enum TokenState: String, Sendable, CaseIterable {
  /// As far as anybody knows, the provider takes it.
  case live
  /// A request with it had no whole answer: the provider may have replaced it by one that never arrived.
  case inDoubt = "in_doubt"
  /// The provider answered `invalid_grant`: it is not asked with this token again (`TokenRecord.refusals` says by whom).
  case needsConsent = "needs_consent"
}

/// What a participant file holds of tokens. Everything but the refresh token itself speaks of that one refresh token and is void
/// once a person has put another one in.
package struct TokenRecord: Sendable, Equatable {
  /// Empty: the participant has yet to consent.
  package var refreshToken: String
  package var state: TokenState = .live
  /// Since when `state` holds.
  package var since: Instant?
  /// When the tokens at hand were answered; nil: a person put the refresh token in, and it has not been asked with yet.
  package var refreshed: Instant?
  /// The intent: a request with this refresh token was about to be sent then, and no whole answer to it is on record.
  package var asked: Instant?
  package var accessToken: String?
  package var accessTokenExpires: Instant?
  /// When the refresh token itself ends, where the provider said so (Google, while an application is being tested).
  package var refreshTokenExpires: Instant?
  /// Whose answer the access token and the scopes are: `fitbit`, `google`; nil: not noted.
  package var issuer: String?
  /// The provider's id of the account to which the tokens belong; nil where it does not say.
  package var account: String?
  /// What the consent covers, as the last token answer listed it; nil: it did not say.
  package var grantedScopes: [String]?
  /// What the provider refused under this consent, although it may be listed.
  package var refusedScopes: [String] = []
  /// To whom this refresh token was refused, oldest first. Empty while `state` is `needsConsent`: an earlier version noted it.
  package internal(set) var refusals: [TokenRefusal] = []

  package init(refreshToken: String) { self.refreshToken = refreshToken }

  /// There is no refresh token.
  package var isAbsent: Bool { refreshToken.isEmpty }

  /// SHA-256 (hex) of the refresh token: says which one a note speaks of without repeating it.
  package var refreshTokenDigest: String { Self.digest(refreshToken) }

  static func digest(_ text: String) -> String { Hexadecimal.text(SHA256.hash(data: Array(text.utf8))) }

  /// The first character that no token has (they go into header fields: visible ASCII): which one and where, never the text around it.
  package static func stranger(in text: String) -> String? {
    for (index, scalar) in text.unicodeScalars.enumerated() where !(33...126).contains(scalar.value) {
      return "\(UnseenCharacter.words(for: scalar)) at character \(index + 1)"
    }
    return nil
  }

  /// False once the consent is known to lack the scope.
  package func isGranted(_ scope: String) -> Bool {
    !refusedScopes.contains(scope) && grantedScopes?.contains(scope) ?? true
  }

  /// Notes a refusal; it holds until the consent changes.
  package mutating func refuse(_ scope: String) {
    if !refusedScopes.contains(scope) { refusedScopes.append(scope) }
  }

  /// Forgets what another provider's answer left: its access token opens nothing here, its scopes have other names.
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

  /// Forgets an access token that the provider has refused.
  mutating func dropAccessToken(_ refused: String?) {
    guard let refused, accessToken == refused else { return }
    accessToken = nil
    accessTokenExpires = nil
  }

  /// Takes over a whole token answer. Refusals are forgotten when the list of granted scopes has changed: the consent is another.
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

/// A whole and credible answer to a token request.
package struct TokenAnswer: Sendable, Equatable {
  package var accessToken: String
  /// How long the access token lives; nil: the provider did not say.
  package var lifetime: Duration?
  /// The next refresh token; nil: the old one stays.
  package var refreshToken: String?
  /// How long the refresh token lives; nil: the provider did not say.
  package var refreshTokenLifetime: Duration?
  package var scopes: [String]?
  package var account: String?
  /// The kind of provider that gave it: `fitbit`, `google`.
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
