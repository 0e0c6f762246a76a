import FlowCore
import HTTPTypes
import Hummingbird

/// Knows the token and the sessions. Its methods may be called from any task.
package final class Gatekeeper: Sendable {
  private struct State {
    var sessions = SessionTable()
    var throttle = AttemptThrottle()
  }

  /// What a request shows.
  struct Standing: Sendable {
    var hasToken = false
    var session: SessionTable.Session?
  }

  package let rules: AccessRules
  let token: AccessToken
  /// The token was made for this process, and the address that opens the pages may carry it.
  let isMadeUp: Bool
  /// Name of the cookie of a session.
  package let cookieName: String
  private let time: any TimeSource
  private let random: any RandomSource
  private let state = Locked(State())

  package init(rules: AccessRules, token: AccessToken, isMadeUp: Bool, time: any TimeSource, random: any RandomSource) {
    self.rules = rules
    self.token = token
    self.isMadeUp = isMadeUp
    self.time = time
    self.random = random
    // Cookies do not tell ports apart, so that a second server on this machine needs a name of its own, also where any free port was asked for.
    let place = rules.address.port == 0 ? String(AccessToken.random(random).prefix(8)) : "\(rules.address.port)"
    cookieName = rules.publicURL?.isTLS == true ? "__Host-flowrun" : "flowrun-\(place)"
  }

  // MARK: Requests

  /// Throws a `WebProblem` for a wrong bearer token.
  func standing(_ headers: HTTPFields, client: String) throws(WebProblem) -> Standing {
    var standing = Standing()
    if let bearer = Self.bearer(headers) {
      guard try check(bearer, client: client) else {
        var problem = AccessRules.tokenProblem
        problem.detail = "the token is wrong; send the one of the server's --token-file, or of the address that it printed when it started"
        problem.headers[.wwwAuthenticate] = "Bearer realm=\"flowrun\", error=\"invalid_token\""
        throw problem
      }
      standing.hasToken = true
    }
    if let secret = cookie(headers) { standing.session = state.withLock { $0.sessions.session(secret, now: time.monotonic) } }
    return standing
  }

  /// Whether a token is right. Throws a `WebProblem` (429) for a wrong one while the address has to wait.
  func check(_ text: String, client: String) throws(WebProblem) -> Bool {
    let isRight = token.matches(text)
    // The right token is never kept waiting: others behind the same address must not lock its holder out.
    if !isRight, let seconds = state.withLock({ $0.throttle.wait(of: client, now: time.monotonic) }) {
      throw WebProblem(
        .tooManyRequests, "too many wrong tokens from this address; try again in \(seconds) s", headers: [.retryAfter: String(seconds)])
    }
    state.withLock { if isRight { $0.throttle.succeeded(client) } else { $0.throttle.failed(client, now: time.monotonic) } }
    return isRight
  }

  // MARK: Sessions

  /// Begins a session and returns the field `Set-Cookie`.
  func beginSession() -> String {
    let secret = AccessToken.random(random), csrfToken = AccessToken.random(random)
    state.withLock { $0.sessions.begin(secret, csrfToken: csrfToken, now: time.monotonic) }
    return setCookie(secret, seconds: SessionTable.lifetime.components.seconds)
  }

  /// Ends the request's session and returns the field `Set-Cookie` that removes the cookie.
  func endSession(_ headers: HTTPFields) -> String {
    if let secret = cookie(headers) { state.withLock { $0.sessions.end(secret) } }
    return setCookie("", seconds: 0)
  }

  private func setCookie(_ value: String, seconds: Int64) -> String {
    "\(cookieName)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict" + (rules.publicURL?.isTLS == true ? "; Secure" : "")
  }

  private func cookie(_ headers: HTTPFields) -> String? {
    for field in headers[values: .cookie] {
      for pair in field.split(separator: ";") {
        let parts = pair.split(separator: "=", maxSplits: 1).map { $0.drop { $0 == " " } }
        if parts.count == 2, parts[0] == cookieName { return String(parts[1]) }
      }
    }
    return nil
  }

  private static func bearer(_ headers: HTTPFields) -> String? {
    guard let field = headers[.authorization] else { return nil }
    let parts = field.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1].drop { $0 == " " })
  }
}
