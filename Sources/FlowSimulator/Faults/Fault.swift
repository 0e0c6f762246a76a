/// One kind of trouble that the simulator makes, how often, and to which requests: `status=429:0.05`, `reset:0.01`, `token/cut=20:0.1`,
/// `scope=heartrate:0.02`.
package struct Fault: Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    /// Answers with this status and a body as the provider would send it.
    case status(Int)
    /// Closes the connection without an answer, before the request is looked at.
    case reset
    /// Cuts the answer off, in the middle of the connection or of the JSON.
    case truncate
    /// Sends the head and so many bytes of the body, then closes the connection; 0: between head and body.
    case cut(bytes: Int)
    /// Sends the whole body in chunks and closes the connection without the last, empty one.
    case lastChunkMissing
    /// Answers 200 with an HTML page.
    case html
    /// Answers 200 with the JSON of an error.
    case error200
    /// Answers 403 with the words of a quota that is used up.
    case quota403
    /// Answers after this many milliseconds.
    case slow(milliseconds: Int)
    /// Uses the refresh token up and then closes the connection without an answer.
    case lostTokenResponse
    /// Uses the refresh token up and answers with the access token that was handed out before, which keeps its expiry.
    case sameToken
    /// The participant has withdrawn consent: every refresh is refused.
    case invalidGrant
    /// The participant shares everything but this scope.
    case scope(Scope)
  }

  /// The requests that a fault can happen to.
  package enum Target: String, Sendable, CaseIterable {
    case token, data
  }

  package let kind: Kind
  /// 0 to 1: of the requests it can happen to; for `invalid-grant` and `scope`, of the participants (at least one when above 0).
  package let share: Double
  /// Nil: every request.
  package let target: Target?

  package init(_ kind: Kind, share: Double, of target: Target? = nil) {
    self.kind = kind
    self.share = share
    self.target = target
  }

  /// Whether it can happen to a request. What falls on participants happens to none.
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

/// What a participant consents to share; the names of the Fitbit Web API.
package enum Scope: String, Sendable, CaseIterable {
  case activity, heartrate
  case oxygenSaturation = "oxygen_saturation"
  case profile
  case respiratoryRate = "respiratory_rate"
  case settings, sleep, temperature

  /// Reads Fitbit's name, or Google's of the scope that covers it.
  init?(named name: String) {
    guard let scope = Scope(rawValue: name) ?? GoogleHealthScope(rawValue: name)?.parts.first else { return nil }
    self = scope
  }
}
