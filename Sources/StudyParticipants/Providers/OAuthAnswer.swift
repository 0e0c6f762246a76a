import FlowCore

/// The members of a token answer that OAuth defines (RFC 6749 §5.1), Fitbit's `user_id` and Google's
/// `refresh_token_expires_in`.
///
/// Only the tokens decide. A side member that is not what it should be counts as not said: whoever throws away a pair because of it may
/// have thrown away the consent, for the refresh token that was sent is used up by the answer.
enum OAuthAnswer {
  /// nil if there is no access token, or a refresh token that cannot be read: such an answer must not replace a good token.
  static func read(_ document: JSONTree) -> TokenAnswer? {
    guard let accessToken = document["access_token"].flatMap(token) else { return nil }
    var answer = TokenAnswer(accessToken: accessToken, lifetime: nil, refreshToken: nil)
    if let member = document["refresh_token"], !member.isNull {
      guard let refreshToken = token(member) else { return nil }
      answer.refreshToken = refreshToken
    }
    answer.lifetime = document["expires_in"].flatMap(lifetime)
    answer.refreshTokenLifetime = document["refresh_token_expires_in"].flatMap(lifetime)
    if let scopes = document["scope"]?.text?.split(separator: " ").map(String.init), !scopes.isEmpty { answer.scopes = scopes }
    if let account = document["user_id"]?.text, !account.isEmpty { answer.account = account }
    return answer
  }

  private static func lifetime(_ member: JSONTree) -> Duration? {
    guard let seconds = member.realValue, seconds > 0, seconds < 1e9 else { return nil }
    return .milliseconds(Int64(seconds * 1000))
  }

  /// Visible ASCII only: a token goes into a header field. White space at its ends is no part of it.
  private static func token(_ member: JSONTree) -> String? {
    guard let text = member.text else { return nil }
    let isSpace: (Unicode.Scalar) -> Bool = { [9, 10, 13, 32].contains($0.value) }
    var scalars = text.unicodeScalars.drop(while: isSpace)
    while scalars.last.map(isSpace) == true { scalars.removeLast() }
    guard !scalars.isEmpty, scalars.allSatisfy({ (33...126).contains($0.value) }) else { return nil }
    return String(scalars)
  }
}
