import FlowCore

/// The members of a token answer that OAuth defines (RFC 6749 §5.1), Fitbit's `user_id` and Google's
/// `refresh_token_expires_in`.
enum OAuthAnswer {
  /// nil if one is missing that must be there, or has the wrong type: such an answer must not replace a good token.
  static func read(_ document: JSONTree) -> TokenAnswer? {
    guard let accessToken = document["access_token"]?.text, isToken(accessToken),
      document["token_type"].map({ $0.text?.lowercased() == "bearer" }) ?? true
    else { return nil }
    var answer = TokenAnswer(accessToken: accessToken, lifetime: nil, refreshToken: nil)
    if let expires = document["expires_in"] {
      guard let seconds = expires.realValue, seconds > 0, seconds < 1e9 else { return nil }
      answer.lifetime = .milliseconds(Int64(seconds * 1000))
    }
    if let refreshToken = document["refresh_token"] {
      guard let text = refreshToken.text, isToken(text) else { return nil }
      answer.refreshToken = text
    }
    if let expires = document["refresh_token_expires_in"] {
      guard let seconds = expires.realValue, seconds > 0, seconds < 1e9 else { return nil }
      answer.refreshTokenLifetime = .milliseconds(Int64(seconds * 1000))
    }
    if let scope = document["scope"] {
      guard let text = scope.text else { return nil }
      answer.scopes = text.split(separator: " ").map(String.init)
    }
    if let account = document["user_id"] {
      guard let text = account.text, !text.isEmpty else { return nil }
      answer.account = text
    }
    return answer
  }

  /// Visible ASCII only: a token goes into a header field.
  private static func isToken(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy { (33...126).contains($0) } }
}
