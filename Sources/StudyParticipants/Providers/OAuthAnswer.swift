import FlowCore

/// Parses the OAuth members of a token response (RFC 6749 §5.1), Fitbit's `user_id` and Google's
/// `refresh_token_expires_in`.
///
/// Only the tokens are required. Other malformed members are ignored: rejecting the response would discard the new
/// refresh token, and the one that was sent is already used up.
enum OAuthAnswer {
  /// nil if the access token is missing or the refresh token is malformed: such a response must not replace a good
  /// token.
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

  /// Visible ASCII only, because a token goes into a header field. Surrounding white space is trimmed.
  private static func token(_ member: JSONTree) -> String? {
    guard let text = member.text else { return nil }
    let isSpace: (Unicode.Scalar) -> Bool = { [9, 10, 13, 32].contains($0.value) }
    var scalars = text.unicodeScalars.drop(while: isSpace)
    while scalars.last.map(isSpace) == true { scalars.removeLast() }
    guard !scalars.isEmpty, scalars.allSatisfy({ (33...126).contains($0.value) }) else { return nil }
    return String(scalars)
  }
}
