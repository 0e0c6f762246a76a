import FlowCore

/// The messages about a participant's token. None contains a token.
struct TokenWords: Sendable {
  let asker: TokenAsker
  /// The provider's display name.
  let title: String

  func inDoubt(_ reason: String) -> String {
    "no complete response to the token request (\(reason)); the next run tries the same token first"
  }
  let stillInDoubt = "its token is in doubt; the next run tries the same token first"
  let interrupted = "the run ended before the token request was answered; the next run repeats it"
  func unreachable(_ reason: String) -> String {
    "the provider cannot be reached for a token (\(reason)); nothing was sent"
  }
  let refreshIneffective =
    "the provider refuses the access token although it has just renewed it; the next run tries again"

  /// `https://api.fitbit.com/oauth2/token to client 23ABCD`.
  private var place: String { "at \(asker.endpoint) for client \(asker.client)" }

  var refused: String {
    "the provider refuses the refresh token (invalid_grant) \(place); the participant must consent again: flowrun authorize, or put the "
      + "new refresh token into the participant file. If that endpoint or client was wrong: flowrun tokens retry"
  }
  let neverConsented =
    "there is no refresh token yet; the participant must consent: flowrun authorize, or add the refresh token to the participant file"
  let otherAccount =
    "the refresh token belongs to another account than before; supply the participant's own token, or, if the account has changed, "
    + "remove the member user_id"

  /// If no participant is served, a wrong address or application is more likely than a refusal of every consent.
  func everybodyRefused(_ participants: [String]) -> StopRun {
    let shown = participants.prefix(FirstRefusals.limit).joined(separator: ", ")
    return StopRun(
      .unavailable, .clientRefused,
      "\(title) refuses the refresh tokens of the first \(min(participants.count, FirstRefusals.limit)) participants (\(shown)) with "
        + "invalid_grant \(place) and has accepted none; no participant was marked: check api, token_url and client_id. If they have "
        + "really withdrawn their consent, run each of them alone: --only \(participants.first ?? "NAME")")
  }
}
