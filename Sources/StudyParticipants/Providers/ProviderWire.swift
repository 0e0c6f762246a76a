import FlowCore
import Foundation
import StudyModel

/// What differs between OAuth providers: forms, error codes, headers, and the location of the latest sync.
package protocol ProviderWire: Sendable {
  /// The provider's name in the ledger.
  var provider: String { get }
  /// For messages: `Fitbit`.
  var title: String { get }
  /// The value of `oauth_type` in the files of its participants.
  var oauthType: String { get }
  /// The token endpoint under the base URL.
  var tokenPath: String { get }
  /// A path that answers for every application, to ask whether the provider can be reached.
  var probePath: String { get }
  /// Every error code that the provider is known to use; no other is ever shown.
  var errorWords: Set<String> { get }
  /// Words that identify an error and occur only in its message.
  var messageWords: Set<String> { get }
  /// What is allowed for each participant, known before the first request.
  var limit: RequestLimit { get }
  /// What is allowed for the client, for all participants together. Empty if the provider names no limit.
  var clientLimits: [RequestLimit] { get }
  /// Header fields with the remaining requests and the seconds until the window ends; nil if it has none.
  var budgetHeaders: (remaining: String, reset: String)? { get }

  /// The token endpoint if the flow names none.
  func tokenURL(base: String) -> String
  /// The consent page if none is named.
  func consentPage(base: String) -> String
  /// Parameters of the consent page beyond those of OAuth.
  var consentParameters: [(String, String)] { get }
  /// Scopes that the service's own requests need, by the names used in flows.
  var ownScopes: [String] { get }
  /// Converts a scope from the name used in flows to the provider's.
  func consentScope(_ scope: String) -> String
  /// How many requests finding out the latest sync takes, pages aside; nil if it cannot be found out without a scope that is not granted.
  func syncRequestCount(isGranted: (String) -> Bool) -> Int?
  /// Instructions for a participant whose consent returned no refresh token.
  var consentAgainWords: String { get }
  /// Header fields and form of a token request (RFC 6749 §6).
  func tokenForm(_ refreshToken: String, _ client: ClientCredentials) -> (headers: HTTPHeaders, form: [(String, String)])
  /// Parses a complete token response; nil if anything required is missing or of the wrong type.
  func tokenAnswer(_ document: JSONTree) -> TokenAnswer?
  /// Provider-specific classification of an error, where it differs from the common one.
  func specificFault(status: Int, word: String?) -> ProviderFault?
  /// Determines zone and latest sync. `ask` fetches the document at a path; it returns nil if the consent does not
  /// cover the scope.
  /// - Parameter knownZone: the zone in the participant file.
  func syncStatus(
    knownZone: String?, ask: (_ path: String, _ scope: String) async throws -> JSONTree?
  ) async throws -> SyncStatus
  /// The endpoint that identifies the account of a token; nil if the token response does.
  var identityPath: String? { get }
  /// The account that a document fetched from `path` identifies; nil if it identifies none.
  func identity(in document: JSONTree, at path: String) -> AccountIdentity?
}

extension ProviderWire {
  /// - Parameter requestsPerMinute: replaces the published limit of a minute; nil keeps it.
  func clientLimits(requestsPerMinute: Int?) -> [RequestLimit] {
    guard let requestsPerMinute else { return clientLimits }
    let minute = Duration.seconds(60)
    return [RequestLimit(requestsPerMinute, per: minute, isAnnounced: false)] + clientLimits.filter { $0.window != minute }
  }
}

/// The account of a token.
package struct AccountIdentity: Sendable, Equatable {
  /// The provider's id.
  package var id: String
  /// The account's id at the provider's former service.
  package var legacyID: String?
}

/// The client's OAuth credentials.
package struct ClientCredentials: Sendable {
  package var id: String
  /// nil for a public client, which sends only its id.
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

  /// Classifies a response to a token request. A response with both tokens is accepted whatever else is wrong with it,
  /// including its status: the refresh token that was sent is used up.
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

  /// Classifies a failed token request: nothing is known, unless both tokens arrived before the response broke off.
  func tokenOutcome(_ error: TransportError) -> TokenKeeper.Outcome {
    if let received = error.received, let pair = salvagedAnswer(received.body) { return .answer(pair) }
    if error.kind == .cancelled { return .interrupted }
    return error.isUnreachable || error.kind == .badURL ? .unreachable(reason: error.message) : .lost(reason: error.message, retryAfter: nil)
  }

  /// Both tokens of a response that may be malformed or truncated; nil if either cannot be read.
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

  /// Failures that affect the whole client, regardless of the request.
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

  /// Recognises a rate limit by status or error code: quotas have also been reported with 403.
  private func quotaFault(status: Int, headers: HTTPHeaders, _ envelope: ErrorEnvelope) -> ProviderFault? {
    let word = envelope.word(among: Self.quotaWords)
    let isQuota = status == 429 || (400..<600).contains(status) && word != nil || status == 403 && envelope.mentionsQuota
    guard isQuota else { return nil }
    let shown = word ?? envelope.word(among: errorWords)
    let wait = WaitHeaders.named(headers, budgetHeaders: budgetHeaders)
    let named = (wait.map { "wait \($0.wholeMilliseconds / 1000) s, " } ?? "") + "status \(status)" + (shown.map { " (\($0))" } ?? "")
    return ProviderFault(
      cause: .rateLimited, message: "\(title): rate limit reached, \(named)",
      retryAfter: wait, error: shown)
  }

  /// Fitbit's, Google's, and those of Google's older services.
  static var quotaWords: Set<String> {
    [
      "rate_limit_exceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded",
      "quotaExceeded", "dailyLimitExceeded", "limitExceeded", "concurrentLimitExceeded",
    ]
  }

  /// Classifies an error response. Quota codes take precedence over the status, and a 429 over all other codes: it has
  /// been seen with the code `system`.
  package func judge(status: Int, headers: HTTPHeaders, body: [UInt8]) -> ProviderFault {
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
    // The access token was renewed just before, so the provider contradicts itself; a later attempt may succeed.
    case 401: return fault(.serverError, "the access token is refused although it was just renewed")
    case 403: return fault(.clientRefused, "the request is refused")
    case 404: return fault(.notFound, "this path does not exist")
    case 408: return fault(.timeout, "the provider waited too long for the request")
    case 409, 425, 500...: return fault(.serverError, "the provider failed")
    case 200..<300: return fault(envelope.isJSON ? .badData : .notJSON, "the answer is not what was asked for")
    case 300..<400: return fault(.badRequest, "the provider redirects, which is not followed")
    default: return fault(.badRequest, "the request is refused as wrong")
    }
  }
}
