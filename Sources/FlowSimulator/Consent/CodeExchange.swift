/// The token endpoint with `grant_type=authorization_code`.
extension TokenEndpoint {
  func redeem(_ form: FormBody, client: String?) async throws -> WireReply {
    guard let code = form["code"], form["redirect_uri"] != nil, form["code_verifier"] != nil else {
      return dialect.refusal(
        400, "invalid_request", "Missing parameters: code, redirect_uri and code_verifier are required.", echo: nil)
    }
    let redemption = try codes.redeem(
      code, client: client, redirectURI: form["redirect_uri"], verifier: form["code_verifier"], now: codesNow())
    switch redemption {
    case .granted(let grant):
      let participant = population.participants[grant.participant - 1]
      return try await dialect.consented(
        participant, scopes: Scope.allCases.filter { grant.scopes.contains($0.rawValue) }, isOffline: grant.request.isOffline, now: world.now)
    case .unknown: return dialect.refusal(400, "invalid_grant", "Authorization code invalid", echo: code)
    case .expired: return dialect.refusal(400, "invalid_grant", "Authorization code expired", echo: code)
    case .otherClient: return dialect.refusal(400, "invalid_grant", "The code was issued to another client", echo: nil)
    case .otherRedirect: return dialect.refusal(400, dialect.redirectMismatch, "The redirect_uri differs from the one of the authorization request", echo: nil)
    case .wrongVerifier: return dialect.refusal(400, "invalid_grant", "Invalid code_verifier", echo: nil)
    }
  }
}

extension FitbitTokens {
  var redirectMismatch: String { "invalid_request" }

  func consented(_ participant: SimulatedParticipant, scopes: [Scope], isOffline: Bool, now: Int) async throws -> WireReply {
    let pair = try await ledger.consent(of: participant.number, scopes: scopes, now: now)
    return WireReply(json: FitbitPayload.token(pair, scopes: scopes, userID: FitbitPayload.userID(of: participant)))
  }
}

extension GoogleHealthTokens {
  var redirectMismatch: String { "redirect_uri_mismatch" }

  func consented(_ participant: SimulatedParticipant, scopes: [Scope], isOffline: Bool, now: Int) async throws -> WireReply {
    let issued = try await ledger.consentGoogle(of: participant.number, scopes: scopes, now: now)
    let refreshToken = isOffline ? #""refresh_token":"\#(issued.refreshToken)","# : ""
    let scope = GoogleHealthScope.granted(by: scopes).map(\.address).joined(separator: " ")
    return WireReply(
      json: """
        {"access_token":"\(issued.accessToken)","expires_in":\(TokenGenerations.googleLifetimeSeconds - 1),\(refreshToken)\
        "scope":"\(scope)","token_type":"Bearer"}
        """)
  }
}
