/// The token endpoint of the Fitbit Web API: single-use refresh tokens, and error messages that echo them.
struct FitbitTokens: TokenDialect {
  let ledger: TokenLedger

  func refusal(_ status: Int, _ error: String, _ message: String, echo: String?) -> WireReply {
    .error(status, error, message: echo.map { "\(message): \($0)." } ?? message)
  }

  func refresh(
    _ token: String, of participant: SimulatedParticipant, scopes: [Scope], repeatsAccess: Bool, now: Int
  ) async throws -> WireReply? {
    guard let pair = try await ledger.refresh(token, repeatsAccess: repeatsAccess, now: now) else { return nil }
    return WireReply(json: FitbitPayload.token(pair, scopes: scopes, userID: FitbitPayload.userID(of: participant)))
  }
}
