import FlowCore
import StudyModel

/// The consent flow of a participant: the link, and the exchange of the code for tokens.
extension OAuthProvider {
  /// The URL of the page on which the participant consents.
  /// - Parameters:
  ///   - scopes: the scopes that the flow's endpoints need, by the names used in flows; the provider's own are added.
  ///   - page: the provider's consent page; nil for the default.
  package func consentLink(_ intent: ConsentIntent, scopes: [String], page: String?) -> String {
    var pairs = [
      ("response_type", "code"), ("client_id", settings.client.id), ("redirect_uri", intent.redirectURI),
      ("scope", consentScopes(scopes).map(wire.consentScope).joined(separator: " ")), ("state", intent.state),
      ("code_challenge", intent.challenge), ("code_challenge_method", "S256"),
    ]
    pairs += wire.consentParameters
    // The simulator's page preselects the participant. A real provider must not learn a study's names for its
    // participants.
    if settings.isSimulated { pairs.append(("login_hint", intent.participant)) }
    return (page ?? wire.consentPage(base: settings.address.base)) + "?" + PercentEncoding.encode(pairs)
  }

  /// The scopes requested, each once, by the names used in flows.
  package func consentScopes(_ needed: [String]) -> [String] {
    var seen: Set<String> = []
    return (needed + wire.ownScopes).filter { seen.insert($0).inserted }
  }

  /// Exchanges a code for tokens. A code is valid for one response: a lost request is repeated a few times, and after
  /// that the participant has to consent again. Throws `ConsentFailure`, `ProcessorError`, `StopRun`, and `TransportError`
  /// (`cancelled`) after `stopWaiting`; no message contains code or token.
  ///
  /// Runs in its own task, so that once the code is sent its tokens are returned even if the caller is cancelled. Each
  /// request takes at most `TokenKeeper.Schedule.requestTimeout`.
  package func exchange(_ code: String, of intent: ConsentIntent) async throws -> TokenAnswer {
    try await Task(executorPreference: executor) { try await self.exchangeNow(code, of: intent) }.value
  }

  private func exchangeNow(_ code: String, of intent: ConsentIntent) async throws -> TokenAnswer {
    try await store.makeSureOfRoom(for: nil, interruption)
    var request = wire.codeRequest(code, of: intent, settings.client, url: settings.tokenURL)
    let limit = TokenKeeper.Schedule().requestTimeout
    request.connectTimeout = min(settings.connectTimeout, limit)
    request.timeout = min(settings.timeout, limit)
    for wait in Self.waitsForExchange {
      let outcome = await line.tokenOutcome(request, for: intent.participant)
      switch outcome {
      case .answer(let answer):
        guard answer.refreshToken != nil else { throw failure(.noRefreshToken, intent, "the answer has no refresh token; \(wire.consentAgainWords)") }
        return answer
      case .lost, .unreachable:
        guard let wait else { throw unanswered(outcome, intent) }
        await interruption.sleep(for: wait)
      case .invalidGrant:
        throw failure(
          .codeRefused, intent,
          "\(wire.title) refuses the code (invalid_grant): it was used already, is older than 10 minutes, or is of another link; "
            + "ask for a new one: flowrun authorize")
      case .rejected(let failure): throw ProcessorError(failure)
      case .stop(let stop): throw stop
      case .interrupted: throw TransportError(.cancelled, "\(intent.participant): ended before the code was answered; ask for a new link")
      }
    }
    preconditionFailure("the last try returns or throws")
  }

  private static var waitsForExchange: [Duration?] { [.milliseconds(500), .seconds(3), nil] }

  private func failure(_ reason: ConsentFailure.Reason, _ intent: ConsentIntent, _ words: String) -> ConsentFailure {
    ConsentFailure(reason, "participant \(intent.participant): \(words)")
  }

  private func unanswered(_ outcome: TokenKeeper.Outcome, _ intent: ConsentIntent) -> any Error {
    switch outcome {
    case .unreachable(let reason):
      StopRun(.unavailable, .connection, "\(wire.title) cannot be reached at \(settings.tokenURL): \(reason); the code lives 10 minutes: --code tries it again")
    case .lost(let reason, _):
      ProcessorError(
        .tokenInDoubt, "participant \(intent.participant): no complete response to the code (\(reason)), and a code is valid once; consent again: flowrun authorize")
    default: preconditionFailure("only a request without an answer is unanswered")
    }
  }
}

extension ProviderWire {
  /// The token request with the code in place of the refresh token (RFC 6749 §4.1.3).
  func codeRequest(_ code: String, of intent: ConsentIntent, _ client: ClientCredentials, url: String) -> HTTPRequest {
    var request = tokenRequest("", client, url: url)
    let (_, form) = tokenForm("", client)
    let rest = form.filter { !["grant_type", "refresh_token", "client_id"].contains($0.0) }
    let pairs = [
      ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", intent.redirectURI), ("code_verifier", intent.verifier),
      ("client_id", client.id),
    ]
    request.body = Array(PercentEncoding.encode(pairs + rest).utf8)
    return request
  }
}

extension FitbitWire {
  /// Fitbit serves the page from another host than its API (dev.fitbit.com, authorization).
  package func consentPage(base: String) -> String {
    (base == "https://api.fitbit.com" ? "https://www.fitbit.com" : base) + "/oauth2/authorize"
  }
  package var consentParameters: [(String, String)] { [] }
  package var ownScopes: [String] { ["profile", "settings"] }
  package func consentScope(_ scope: String) -> String { scope }
  package var consentAgainWords: String { "the participant has to consent again" }
}

extension GoogleHealthWire {
  package func consentPage(base: String) -> String {
    let host = base.split(separator: "/").dropFirst().first.map { $0.lowercased() } ?? ""
    return (host.hasSuffix(".googleapis.com") ? "https://accounts.google.com" : base) + "/o/oauth2/v2/auth"
  }
  /// Without these parameters Google returns no refresh token, or only for the first consent
  /// (developers.google.com/identity, web server flow).
  package var consentParameters: [(String, String)] { [("access_type", "offline"), ("prompt", "consent")] }
  package var ownScopes: [String] { ["settings"] }
  package func consentScope(_ scope: String) -> String {
    scope.contains("/") ? scope : "https://www.googleapis.com/auth/googlehealth.\(scope).readonly"
  }
  package var consentAgainWords: String {
    "remove the application's access in the Google account (myaccount.google.com/connections), then consent again"
  }
}
