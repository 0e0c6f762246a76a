import FlowCore
import Foundation
import NIOCore

/// A provider-specific form of token endpoint responses.
protocol TokenDialect: Sendable {
  /// - Parameters:
  ///   - error: the error code of RFC 6749 §5.2, such as `invalid_grant`.
  ///   - echo: the token from the request, which some providers repeat.
  func refusal(_ status: Int, _ error: String, _ message: String, echo: String?) -> WireReply
  /// Uses a refresh token and returns the response; nil: the token is refused.
  /// - Parameter repeatsAccess: the response repeats the previous access token, if there is one.
  func refresh(
    _ token: String, of participant: SimulatedParticipant, scopes: [Scope], repeatsAccess: Bool, now: Int
  ) async throws -> WireReply?
  /// The response to a redeemed code, with the tokens of a new consent.
  /// - Parameter isOffline: whether a refresh token was requested.
  func consented(_ participant: SimulatedParticipant, scopes: [Scope], isOffline: Bool, now: Int) async throws -> WireReply
  /// The error code for a `redirect_uri` that differs from the authorization request's.
  var redirectMismatch: String { get }
}

/// The token endpoint: `grant_type=refresh_token`, and `authorization_code` after a consent.
struct TokenEndpoint: Sendable {
  let population: Population
  let world: SimulatedWorld
  let ledger: TokenLedger
  let consent: Consent
  /// nil: any client is served, even one without credentials.
  let client: SimulatorConfiguration.Client?
  let dialect: any TokenDialect
  let codes: AuthorizationCodes
  /// The clock that determines the age of codes, in seconds.
  let codesNow: @Sendable () -> Int
  let statistics: Locked<SimulatorStatistics>

  func respond(to request: WireRequest) async throws -> WireReply {
    statistics.withLock { $0.count("token") }
    guard request.method == "POST" else {
      return dialect.refusal(405, "request", "The method \(request.method) is not supported here.", echo: nil)
    }
    let form = FormBody(request.body)
    let client = clientID(request.authorization, form)
    guard client.isKnown else {
      return dialect.refusal(401, "invalid_client", "Invalid authorization. Client id or secret is wrong.", echo: nil)
    }
    guard let grant = form["grant_type"], let token = form["refresh_token"] ?? (grant == "refresh_token" ? nil : "") else {
      return dialect.refusal(
        400, "invalid_request", "Missing parameters: grant_type and refresh_token are required.", echo: nil)
    }
    if grant == "authorization_code" { return try await redeem(form, client: client.id) }
    guard grant == "refresh_token" else {
      return dialect.refusal(400, "unsupported_grant_type", "The grant type \(grant) is not supported.", echo: nil)
    }
    return try await refresh(token, repeatsAccess: request.repeatsAccessToken)
  }

  private func refresh(_ token: String, repeatsAccess: Bool) async throws -> WireReply {
    if let number = ledger.participantNumber(in: token) {
      let participant = population.participants[number - 1]
      let scopes = consent.scopes(of: participant)
      if !consent.isWithdrawn(by: participant),
        let answer = try await dialect.refresh(
          token, of: participant, scopes: scopes, repeatsAccess: repeatsAccess, now: world.now)
      {
        return answer
      }
    }
    return dialect.refusal(400, "invalid_grant", "Refresh token invalid", echo: token)
  }

  /// The client's id, from a Basic header or from `client_id` in the form, and whether this client is served.
  private func clientID(_ authorization: String?, _ form: FormBody) -> (id: String?, isKnown: Bool) {
    var id = form["client_id"]
    var secret = form["client_secret"]
    if let authorization {
      guard authorization.lowercased().hasPrefix("basic "),
        let data = Data(base64Encoded: String(authorization.dropFirst(6))),
        let credentials = String(data: data, encoding: .utf8), let colon = credentials.firstIndex(of: ":")
      else { return (nil, false) }
      id = String(credentials[..<colon])
      secret = String(credentials[credentials.index(after: colon)...])
    }
    guard let client else { return (id, true) }
    return (id, id == client.id && (client.secret == nil || secret == client.secret))
  }
}

/// An `application/x-www-form-urlencoded` body.
struct FormBody {
  private let values: [String: String]

  init(_ text: String) {
    var values: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(parts[0]) else { continue }
      values[name] = parts.count > 1 ? Self.decoded(parts[1]) : ""
    }
    self.values = values
  }

  subscript(name: String) -> String? { values[name] }

  /// All pairs, for parsing a query.
  var pairs: [String: String] { values }

  private static func decoded(_ text: Substring) -> String? {
    guard text.utf8.contains(where: { $0 == 0x25 || $0 == 0x2B }) else { return String(text) }
    return text.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
  }
}
