import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


/// Every error body that is known of Fitbit's host, and Google's where that host gave one, judged.
@Suite("The meaning of unsuccessful responses")
struct ProviderFaultTests {
  private static func google(_ code: Int, _ status: String, reason: String? = nil) -> String {
    let details = reason.map { #","details":[{"@type":"t","reason":"\#($0)","domain":"d"}]"# } ?? ""
    return #"{"error":{"code":\#(code),"message":"SECRET","status":"\#(status)"\#(details)}}"#
  }

  @Test(
    "each known body gives its cause",
    arguments: [
      (400, Payload.error("validation", "SECRET"), Cause.badRequest, "validation", false),
      (400, Payload.invalidGrant, .badRequest, "invalid_grant", false),
      (401, Payload.expiredToken, .serverError, "expired_token", false),
      (401, Payload.error("invalid_token", "Access token invalid: SECRET"), .serverError, "invalid_token", false),
      (401, Payload.error("invalid_client", "SECRET"), .clientRefused, "invalid_client", true),
      (401, google(401, "UNAUTHENTICATED"), .serverError, "UNAUTHENTICATED", false),
      (403, Payload.error("insufficient_scope"), .scope, "insufficient_scope", false),
      (403, Payload.error("insufficient_permissions"), .clientRefused, "insufficient_permissions", false),
      (403, google(403, "PERMISSION_DENIED"), .clientRefused, "PERMISSION_DENIED", false),
      (403, google(403, "PERMISSION_DENIED", reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), .scope, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", false),
      (403, google(403, "PERMISSION_DENIED", reason: "RESOURCE_PERMISSION_DENIED"), .needsConsent, "RESOURCE_PERMISSION_DENIED", false),
      (403, google(403, "PERMISSION_DENIED", reason: "SERVICE_DISABLED"), .clientRefused, "SERVICE_DISABLED", true),
      (403, google(403, "PERMISSION_DENIED", reason: "MISSING_OAUTH_SCOPE"), .scope, "MISSING_OAUTH_SCOPE", false),
      (401, Payload.error("insufficient_scope"), .scope, "insufficient_scope", false),
      (403, "<html>SECRET</html>", .clientRefused, "", false),
      // Words for a quota come before the status.
      (403, Payload.error("rate_limit_exceeded", "SECRET"), .rateLimited, "rate_limit_exceeded", false),
      (403, google(403, "RESOURCE_EXHAUSTED"), .rateLimited, "RESOURCE_EXHAUSTED", false),
      (403, google(403, "PERMISSION_DENIED", reason: "RATE_LIMIT_EXCEEDED"), .rateLimited, "RATE_LIMIT_EXCEEDED", false),
      (403, #"{"error":{"code":403,"message":"SECRET","errors":[{"domain":"usageLimits","reason":"userRateLimitExceeded"}]}}"#, .rateLimited, "userRateLimitExceeded", false),
      (403, #"{"error":{"code":403,"message":"Quota exceeded for quota metric SECRET","status":"PERMISSION_DENIED"}}"#, .rateLimited, "PERMISSION_DENIED", false),
      (403, #"{"message":"Rate limit exceeded SECRET"}"#, .rateLimited, "", false),
      (503, google(503, "RESOURCE_EXHAUSTED"), .rateLimited, "RESOURCE_EXHAUSTED", false),
      (403, #"{"error":{"code":403,"message":"The rate of change SECRET","status":"PERMISSION_DENIED"}}"#, .clientRefused, "PERMISSION_DENIED", false),
      (404, Payload.error("not_found"), .notFound, "not_found", false),
      (404, "<html>", .notFound, "", false),
      (408, "", .timeout, "", false),
      (409, Payload.error("request"), .serverError, "request", false),
      (410, "{}", .gone, "", true),
      (410, "<html>", .gone, "", true),
      (422, "{}", .badRequest, "", false),
      (429, Payload.error("system", "Too Many Requests"), .rateLimited, "system", false),
      (429, Payload.error("rate_limit_exceeded"), .rateLimited, "rate_limit_exceeded", false),
      (429, google(429, "RESOURCE_EXHAUSTED"), .rateLimited, "RESOURCE_EXHAUSTED", false),
      (500, Payload.error("system", "Something went wrong."), .serverError, "system", false),
      (502, "<html><head><title>502 Bad Gateway</title></head><body>502</body></html>", .serverError, "", false),
      (503, google(503, "UNAVAILABLE"), .serverError, "UNAVAILABLE", false),
      (504, "", .serverError, "", false),
      (302, "", .badRequest, "", false),
      (200, "<html>SECRET</html>", .notJSON, "", false),
      (200, "{}", .badData, "", false),
      (400, #"{"success":false,"errors":[{"errorType":"SECRET","message":"SECRET"}]}"#, .badRequest, "", false),
      (400, #"{"errors":"SECRET","error":["SECRET"]}"#, .badRequest, "", false),
    ])
  func known(status: Int, body: String, cause: Cause, word: String, stopsRun: Bool) {
    let fault = FitbitWire().judge(status: status, headers: [:], body: Array(body.utf8))
    #expect(fault.cause == cause)
    #expect(fault.error == (word.isEmpty ? nil : word))
    #expect(fault.stopsRun == stopsRun)
    #expect(!fault.message.contains("SECRET"))
    #expect(fault.message.hasPrefix("Fitbit"))
  }

  @Test(
    "a 429 waits as Retry-After says, else the budget's reset, else it names no time",
    arguments: [
      (["Retry-After": "1478", "Fitbit-Rate-Limit-Reset": "9"], 1478), (["fitbit-rate-limit-reset": "1478"], 1478),
      (["Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"], nil), ([:], nil), (["Retry-After": "-5"], nil), (["Retry-After": "0"], 0),
      (["Retry-After": "99999999999999999999"], 86_400), (["Retry-After": "1.2"], 2),
    ] as [(HTTPHeaders, Int?)])
  func waits(headers: HTTPHeaders, seconds: Int?) {
    let fault = FitbitWire().judge(status: 429, headers: headers, body: [])
    #expect(fault.retryAfter.map { Int($0.inSeconds.rounded(.up)) } == seconds)
  }

  @Test("the messages contain only status and known words")
  func words() {
    func message(_ status: Int, _ body: String) -> String {
      FitbitWire().judge(status: status, headers: [:], body: Array(body.utf8)).message
    }
    #expect(message(500, Payload.error("system")) == "Fitbit: the provider failed, status 500 (system)")
    #expect(message(429, Payload.error("system")) == "Fitbit: rate limit reached, status 429 (system)")
    #expect(
      message(401, Payload.error("invalid_client"))
        == "Fitbit refuses the application's credentials (invalid_client); check client_id and client_secret")
    #expect(
      message(410, "{}")
        == "Fitbit answers 410 Gone: the service at this address has been switched off; the provider has to be another one")
  }
}
