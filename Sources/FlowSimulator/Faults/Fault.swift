/// A kind of fault that the simulator injects, how often, and into which requests: `status=429:0.05`, `reset:0.01`,
/// `token/cut=20:0.1`, `scope=heartrate:0.02`.
package struct Fault: Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    /// Responds with this status and the provider's body for it.
    case status(Int)
    /// Closes the connection without a response, before the request is processed.
    case reset
    /// Truncates the response, by closing the connection or within the JSON.
    case truncate
    /// Sends the head and this many bytes of the body, then closes the connection; 0: between head and body.
    case cut(bytes: Int)
    /// Sends the whole body in chunks and closes the connection without the final empty chunk.
    case lastChunkMissing
    /// Responds with status 200 and an HTML page.
    case html
    /// Responds with status 200 and an error in JSON.
    case error200
    /// Responds with status 403 and the message of an exhausted quota.
    case quota403
    /// Delays the response by this many milliseconds.
    case slow(milliseconds: Int)
    /// Uses up the refresh token and then closes the connection without a response.
    case lostTokenResponse
    /// Uses up the refresh token and responds with the previous access token, which keeps its expiry.
    case sameToken
    /// The participant has withdrawn consent: every refresh is refused.
    case invalidGrant
    /// The participant shares everything except this scope.
    case scope(Scope)
  }

  /// The requests to which a fault applies.
  package enum Target: String, Sendable, CaseIterable {
    case token, data
  }

  package let kind: Kind
  /// 0 to 1: the share of applicable requests; for `invalid-grant` and `scope`, the share of participants (at least one
  /// if above 0).
  package let share: Double
  /// nil: every request.
  package let target: Target?

  package init(_ kind: Kind, share: Double, of target: Target? = nil) {
    self.kind = kind
    self.share = share
    self.target = target
  }

  /// Whether the fault applies to a request. Faults of participants do not apply to requests.
  func applies(toToken isTokenRequest: Bool) -> Bool {
    switch kind {
    case .invalidGrant, .scope: false
    case .lostTokenResponse, .sameToken: isTokenRequest && target != .data
    default: target.map { ($0 == .token) == isTokenRequest } ?? true
    }
  }

  package var description: String {
    let prefix = target.map { "\($0.rawValue)/" } ?? ""
    let name =
      switch kind {
      case .status(let code): "status=\(code)"
      case .reset: "reset"
      case .truncate: "truncate"
      case .cut(let bytes): "cut=\(bytes)"
      case .lastChunkMissing: "last-chunk-missing"
      case .html: "html"
      case .error200: "error-200"
      case .quota403: "quota-403"
      case .slow(let milliseconds): "slow=\(milliseconds)ms"
      case .lostTokenResponse: "lost-token-response"
      case .sameToken: "same-token"
      case .invalidGrant: "invalid-grant"
      case .scope(let scope): "scope=\(scope.rawValue)"
      }
    return "\(prefix)\(name):\(share)"
  }
}

/// What a participant consents to share, by the names of the Fitbit Web API.
package enum Scope: String, Sendable, CaseIterable {
  case activity
  case cardioFitness = "cardio_fitness"
  case heartrate, location
  case oxygenSaturation = "oxygen_saturation"
  case profile
  case respiratoryRate = "respiratory_rate"
  case settings, sleep, temperature, weight

  /// Parses Fitbit's name, or Google's name for the scope that covers it.
  init?(named name: String) {
    guard let scope = Scope(rawValue: name) ?? GoogleHealthScope(rawValue: name)?.parts.first else { return nil }
    self = scope
  }
}
