import FlowCore
import Foundation
import NIOCore

/// `POST /oauth2/token` with `grant_type=refresh_token`.
struct TokenEndpoint: Sendable {
  let population: Population
  let world: SimulatedWorld
  let ledger: TokenLedger
  let consent: Consent
  /// With nil any client is taken, also one without credentials.
  let client: SimulatorConfiguration.Client?
  let statistics: Locked<SimulatorStatistics>

  func respond(to request: WireRequest) async throws -> WireReply {
    statistics.withLock { $0.count("token") }
    guard request.method == "POST" else {
      return .error(405, "request", message: "The method \(request.method) is not supported here.")
    }
    let form = FormBody(request.body)
    guard isKnown(request.authorization, form) else {
      return .error(401, "invalid_client", message: "Invalid authorization header. Client id or secret is wrong.")
    }
    guard let grant = form["grant_type"], let token = form["refresh_token"] ?? (grant == "refresh_token" ? nil : "") else {
      return .error(400, "invalid_request", message: "Missing parameters: grant_type and refresh_token are required.")
    }
    guard grant == "refresh_token" else {
      return .error(400, "unsupported_grant_type", message: "The grant type \(grant) is not supported.")
    }
    return try await refresh(token)
  }

  private func refresh(_ token: String) async throws -> WireReply {
    let refused = WireReply.error(400, "invalid_grant", message: "Refresh token invalid: \(token).")
    guard let number = ledger.participantNumber(in: token) else { return refused }
    let participant = population.participants[number - 1]
    guard !consent.isWithdrawn(by: participant) else { return refused }
    guard let pair = try await ledger.refresh(token, now: world.now) else { return refused }
    let scopes = consent.scopes(of: participant)
    return WireReply(json: FitbitPayload.token(pair, scopes: scopes, userID: FitbitPayload.userID(of: participant)))
  }

  /// Whether the client says who it is: in a Basic header, or by `client_id` in the form.
  private func isKnown(_ authorization: String?, _ form: FormBody) -> Bool {
    var id = form["client_id"]
    var secret = form["client_secret"]
    if let authorization {
      guard authorization.lowercased().hasPrefix("basic "),
        let data = Data(base64Encoded: String(authorization.dropFirst(6))),
        let credentials = String(data: data, encoding: .utf8), let colon = credentials.firstIndex(of: ":")
      else { return false }
      id = String(credentials[..<colon])
      secret = String(credentials[credentials.index(after: colon)...])
    }
    guard let client else { return true }
    return id == client.id && (client.secret == nil || secret == client.secret)
  }
}

/// A body of `application/x-www-form-urlencoded`.
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

  /// All pairs, for a query.
  var pairs: [String: String] { values }

  private static func decoded(_ text: Substring) -> String? {
    guard text.utf8.contains(where: { $0 == 0x25 || $0 == 0x2B }) else { return String(text) }
    return text.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
  }
}
