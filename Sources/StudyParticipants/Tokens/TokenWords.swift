import FlowCore

/// What is said of a participant's token. No message holds one.
struct TokenWords: Sendable {
  let asker: TokenAsker
  /// The provider's name for people.
  let title: String

  func inDoubt(_ reason: String) -> String {
    "no whole answer to the token request (\(reason)); the next run asks with the same token first"
  }
  let stillInDoubt = "its token is in doubt; the next run asks with the same token first"
  let interrupted = "the run ended before its token was answered; the next one asks"
  func unreachable(_ reason: String) -> String {
    "the provider cannot be reached for a token (\(reason)); nothing was sent"
  }
  let refreshIneffective =
    "the provider refuses the access token although it has just renewed it; the participant is asked again by the next run"

  /// `https://api.fitbit.com/oauth2/token to client 23ABCD`.
  private var place: String { "at \(asker.endpoint) for client \(asker.client)" }

  var refused: String {
    "the provider refuses the refresh token (invalid_grant) \(place); the participant must consent again: flowrun authorize, or put the "
      + "new refresh token into the participant file. Where that endpoint or client was the wrong one: flowrun tokens retry"
  }
  let neverConsented =
    "there is no refresh token yet: the participant has to consent: flowrun authorize, or put the refresh token into the participant file"
  let otherAccount =
    "the refresh token belongs to another account than before; put in the participant's own token, or, if the account has changed, "
    + "remove the member user_id"

  /// Nobody is served: the address or the application is likelier to be wrong than everybody's consent.
  func everybodyRefused(_ participants: [String]) -> StopRun {
    let shown = participants.prefix(FirstRefusals.limit).joined(separator: ", ")
    return StopRun(
      .unavailable, .clientRefused,
      "\(title) refuses the refresh tokens of the first \(min(participants.count, FirstRefusals.limit)) participants (\(shown)) with "
        + "invalid_grant \(place), and has accepted nobody's; nobody was marked: check api, token_url and client_id. Where these have "
        + "really withdrawn their consent, run each of them alone: --only \(participants.first ?? "NAME")")
  }
}
