import Foundation

/// An application's request for consent: the query of the authorization endpoint (RFC 6749 §4.1.1, with PKCE, RFC
/// 7636).
struct AuthorizationRequest: Sendable, Equatable, Codable {
  var clientID: String
  var redirectURI: String
  /// The requested scopes, in the provider's names.
  var scopes: [String]
  var state: String?
  /// The S256 challenge.
  var challenge: String
  /// Google only issues a refresh token for `access_type=offline`.
  var isOffline: Bool

  /// The outcome of parsing a query.
  enum Reading {
    case request(AuthorizationRequest)
    /// An unknown client, or a redirect URI that it may not use: shown to the person, never redirected.
    case page(String)
    /// Reported to the application by redirect: the error code of RFC 6749 §4.1.2.1.
    case redirect(String, uri: String, state: String?)
  }

  /// - Parameter client: the only client that is served; nil: any.
  static func reading(_ query: [String: String], client: SimulatorConfiguration.Client?, wording: ConsentWording) -> Reading {
    guard let id = query["client_id"], client == nil || id == client?.id else { return .page("The client_id is not known.") }
    guard let redirect = query["redirect_uri"], isLoopback(redirect) else {
      return .page("The redirect_uri must be an http address on 127.0.0.1 or localhost.")
    }
    let state = query["state"]
    func refusal(_ word: String) -> Reading { .redirect(word, uri: redirect, state: state) }
    guard query["response_type"] == "code" else { return refusal("unsupported_response_type") }
    // SHA-256 in Base64url without padding has 43 characters.
    guard query["code_challenge_method"] == "S256", let challenge = query["code_challenge"], challenge.utf8.count == 43 else {
      return refusal("invalid_request")
    }
    let scopes = (query["scope"] ?? "").split(separator: " ").map(String.init)
    guard !scopes.isEmpty, scopes.allSatisfy({ wording.parts(of: $0) != nil }) else { return refusal("invalid_scope") }
    return .request(
      AuthorizationRequest(
        clientID: id, redirectURI: redirect, scopes: scopes, state: state, challenge: challenge,
        isOffline: wording.api == .fitbit || query["access_type"] == "offline"))
  }

  /// The simulator only redirects to this machine.
  private static func isLoopback(_ uri: String) -> Bool {
    guard let address = URLComponents(string: uri), address.scheme == "http", address.fragment == nil, address.user == nil else {
      return false
    }
    return address.host == "127.0.0.1" || address.host == "localhost"
  }
}

/// The scopes of a consent in one provider's names.
struct ConsentWording: Sendable {
  let api: SimulatorConfiguration.API

  /// The parts that the scope covers; nil: the provider has no such scope.
  func parts(of scope: String) -> [Scope]? {
    switch api {
    case .fitbit: Scope(rawValue: scope).map { [$0] } ?? (Self.otherFitbitScopes.contains(scope) ? [] : nil)
    case .googleHealth:
      GoogleHealthScope.allCases.first { $0.address == scope }?.parts
        ?? (Self.otherGoogleScopes.contains(scope) ? [] : nil)
    }
  }

  /// Scopes of the providers for data that is not simulated.
  private static let otherFitbitScopes: Set<String> = [
    "cardio_fitness", "electrocardiogram", "irregular_rhythm_notifications", "location", "nutrition", "social", "weight",
  ]
  private static let otherGoogleScopes = Set(
    ["location", "ecg", "irn", "nutrition"].map { "https://www.googleapis.com/auth/googlehealth.\($0).readonly" })
}
