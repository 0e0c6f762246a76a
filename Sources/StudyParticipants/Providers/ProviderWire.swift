import FlowCore
import Foundation
import StudyModel

/// What differs between providers that speak OAuth and HTTP: forms, words, headers, and where the latest sync is found.
package protocol ProviderWire: Sendable {
  /// The provider's name in the ledger.
  var provider: String { get }
  /// For messages: `Fitbit`.
  var title: String { get }
  /// The value of `oauth_type` in the files of its participants.
  var oauthType: String { get }
  /// The token endpoint under the base URL.
  var tokenPath: String { get }
  /// Every word for an error that the provider is known to use; no other is ever shown.
  var errorWords: Set<String> { get }
  /// Words that tell an error apart and stand in its message alone.
  var messageWords: Set<String> { get }
  /// Header fields with the requests left and the seconds until the count begins anew; nil: it has none.
  var budgetHeaders: (remaining: String, reset: String)? { get }

  /// The token endpoint where the flow names none.
  func tokenURL(base: String) -> String
  /// The page on which a participant consents, where none is named.
  func consentPage(base: String) -> String
  /// What the page wants beside what OAuth has for all.
  var consentParameters: [(String, String)] { get }
  /// Scopes that the requests of the service itself need, in the flow's words.
  var ownScopes: [String] { get }
  /// A scope of the flow's words in those of the page.
  func consentScope(_ scope: String) -> String
  /// What a participant has to do whose consent gave no refresh token.
  var consentAgainWords: String { get }
  /// Header fields and form of a token request (RFC 6749 §6).
  func tokenForm(_ refreshToken: String, _ client: ClientCredentials) -> (headers: HTTPHeaders, form: [(String, String)])
  /// A whole and credible token answer; nil if anything is missing or of the wrong type.
  func tokenAnswer(_ document: JSONTree) -> TokenAnswer?
  /// The provider's own judgement of an error, where it differs from the common one.
  func specificFault(status: Int, word: String?) -> ProviderFault?
  /// Finds zone and latest sync. `ask` gets a document from a path; nil: the consent does not cover the scope.
  /// - Parameter knownZone: the zone in the participant file.
  func syncStatus(
    knownZone: String?, ask: (_ path: String, _ scope: String) async throws -> JSONTree?
  ) async throws -> SyncStatus
  /// Where the provider tells whose account a token opens; nil: the token's answer tells.
  var identityPath: String? { get }
  /// Whose account a document of that path, or another one that tells it, speaks of; nil: it is not told there.
  func identity(in document: JSONTree, at path: String) -> AccountIdentity?
}

/// Whose account a token opens.
package struct AccountIdentity: Sendable, Equatable {
  /// The provider's id.
  package var id: String
  /// The account's id at the provider's former service.
  package var legacyID: String?
}

/// Who asks.
package struct ClientCredentials: Sendable {
  package var id: String
  /// nil: an application that cannot keep one; it says only its id.
  package var secret: String?

  /// The credentials of a basic authorization (RFC 7617); nil without a secret.
  var basicCredentials: String? { secret.map { Data("\(id):\($0)".utf8).base64EncodedString() } }
}

extension ProviderWire {
  package var messageWords: Set<String> { [] }
  package func tokenURL(base: String) -> String { base + tokenPath }
  package func specificFault(status: Int, word: String?) -> ProviderFault? { nil }

  // MARK: Tokens

  func tokenRequest(_ refreshToken: String, _ client: ClientCredentials, url: String) -> HTTPRequest {
    let (headers, form) = tokenForm(refreshToken, client)
    var request = HTTPRequest(method: "POST", url: url, headers: headers, body: Array(PercentEncoding.encode(form).utf8))
    request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    request.headers["Accept"] = "application/json"
    request.bodyLimitBytes = 1 << 20
    return request
  }

  /// What a response to a token request means. An answer with both tokens counts whatever else is odd, its status included: the refresh
  /// token that was sent is used up by it.
  func tokenOutcome(_ response: HTTPResponse, tokenURL: String) -> TokenKeeper.Outcome {
    let status = response.status
    let body = AnswerText.decoded(response.body)
    if let pair = salvagedAnswer(body) { return .answer(pair) }
    let retryAfter = WaitHeaders.retryAfter(response.headers)
    switch status {
    case 200..<300: return wholeAnswer(body)
    case 410: return .stop(StopRun(.unavailable, .gone, goneWords))
    case 408, 425, 429, 500...: return .lost(reason: "status \(status)", retryAfter: retryAfter)
    case 300..<400, 404, 405:
      return .stop(
        StopRun(.unavailable, .notFound, "\(tokenURL) answers a token request with status \(status): is token_url right?"))
    default: return refusal(status: status, body: body)
    }
  }

  /// What a token request means that failed on its way: nothing is known, unless both tokens had come before the frame broke.
  func tokenOutcome(_ error: TransportError) -> TokenKeeper.Outcome {
    if let received = error.received, let pair = salvagedAnswer(received.body) { return .answer(pair) }
    if error.kind == .cancelled { return .interrupted }
    return error.isUnreachable || error.kind == .badURL ? .unreachable(reason: error.message) : .lost(reason: error.message, retryAfter: nil)
  }

  /// A pair whose both tokens can be read, of an answer that may be odd or broken off.
  private func salvagedAnswer(_ body: [UInt8]) -> TokenAnswer? {
    guard var answer = tokenAnswer(JSONTree(salvaging: body)), answer.refreshToken != nil else { return nil }
    answer.issuer = oauthType
    return answer
  }

  private func wholeAnswer(_ body: [UInt8]) -> TokenKeeper.Outcome {
    do {
      let document = try JSONTree(parsing: body)
      if var answer = tokenAnswer(document) {
        answer.issuer = oauthType
        return .answer(answer)
      }
      return .lost(reason: "the answer is not a token answer", retryAfter: nil)
    } catch {
      return .lost(reason: "the answer is cut off or not JSON", retryAfter: nil)
    }
  }

  private func refusal(status: Int, body: [UInt8]) -> TokenKeeper.Outcome {
    let envelope = ErrorEnvelope(body)
    guard envelope.isJSON else { return .lost(reason: "status \(status) with a body that is not JSON", retryAfter: nil) }
    if envelope.word(among: Self.quotaWords) != nil { return .lost(reason: "status \(status), rate limit", retryAfter: nil) }
    let word = envelope.word(among: errorWords)
    if word == "invalid_grant" { return .invalidGrant }
    if let fault = clientFault(status: status, word: word), fault.stopsRun {
      return .stop(StopRun(.unavailable, fault.cause, fault.message))
    }
    let named = word.map { " (\($0))" } ?? ""
    return .rejected(
      FlowFileFailure(
        cause: status == 400 ? .badRequest : .clientRefused,
        message: "\(title) refuses the token request with status \(status)\(named)", status: status))
  }

  // MARK: Faults

  var goneWords: String {
    "\(title) answers 410 Gone: the service at this address has been switched off; the provider has to be another one"
  }

  /// Trouble of the whole client, whichever request meets it.
  private func clientFault(status: Int, word: String?) -> ProviderFault? {
    switch word {
    case "invalid_client", "unauthorized_client":
      ProviderFault(
        cause: .clientRefused,
        message: "\(title) refuses the application's credentials (\(word ?? "")); check client_id and client_secret",
        error: word, stopsRun: true)
    case "SERVICE_DISABLED":
      ProviderFault(
        cause: .clientRefused,
        message: "\(title) is not enabled for this application (SERVICE_DISABLED); enable it in the provider's console",
        error: word, stopsRun: true)
    default: nil
    }
  }

  /// A rate limit, whether the status says so or the words do: quotas have been refused with 403.
  private func quotaFault(status: Int, headers: HTTPHeaders, _ envelope: ErrorEnvelope) -> ProviderFault? {
    let word = envelope.word(among: Self.quotaWords)
    let isQuota = status == 429 || (400..<600).contains(status) && word != nil || status == 403 && envelope.mentionsQuota
    guard isQuota else { return nil }
    let shown = word ?? envelope.word(among: errorWords)
    let wait = WaitHeaders.limited(headers, budgetHeaders: budgetHeaders)
    let named = "status \(status)" + (shown.map { " (\($0))" } ?? "")
    return ProviderFault(
      cause: .rateLimited, message: "\(title): rate limit reached, wait \(wait.wholeMilliseconds / 1000) s, \(named)",
      retryAfter: wait, error: shown)
  }

  /// Fitbit's, Google's, and those of Google's older services.
  static var quotaWords: Set<String> {
    [
      "rate_limit_exceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded",
      "quotaExceeded", "dailyLimitExceeded", "limitExceeded", "concurrentLimitExceeded",
    ]
  }

  /// What a response that is no success means. Words for a quota come before the status, and a 429 before all other words: it has been
  /// seen with the word `system`.
  func judge(status: Int, headers: HTTPHeaders, body: [UInt8]) -> ProviderFault {
    let envelope = ErrorEnvelope(body)
    let word = envelope.wordInMessage(among: messageWords) ?? envelope.word(among: errorWords)
    if let fault = clientFault(status: status, word: word) { return fault }
    if let fault = quotaFault(status: status, headers: headers, envelope) { return fault }
    if let fault = specificFault(status: status, word: word) { return fault }
    let named = "status \(status)" + (word.map { " (\($0))" } ?? "")
    let retryAfter = WaitHeaders.retryAfter(headers)
    func fault(_ cause: Cause, _ words: String, stopsRun: Bool = false) -> ProviderFault {
      ProviderFault(
        cause: cause, message: "\(title): \(words), \(named)", retryAfter: retryAfter, error: word, stopsRun: stopsRun)
    }
    switch status {
    case 410: return ProviderFault(cause: .gone, message: goneWords, error: word, stopsRun: true)
    // The access token was renewed before anybody sees this, so it is the provider that contradicts itself; later may be better.
    case 401: return fault(.serverError, "the access token is refused although it was just renewed")
    case 403: return fault(.clientRefused, "the request is refused")
    case 404: return fault(.notFound, "there is nothing at this path")
    case 408: return fault(.timeout, "the provider waited too long for the request")
    case 409, 425, 500...: return fault(.serverError, "the provider failed")
    case 200..<300: return fault(envelope.isJSON ? .badData : .notJSON, "the answer is not what was asked for")
    case 300..<400: return fault(.badRequest, "the provider redirects, which is not followed")
    default: return fault(.badRequest, "the request is refused as wrong")
    }
  }
}
