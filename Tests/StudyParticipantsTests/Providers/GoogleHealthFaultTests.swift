import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


/// Every error that is known of the Google Health API, judged.
@Suite("The meaning of unsuccessful responses of Google Health")
struct GoogleHealthFaultTests {
  private static func error(_ code: Int, _ status: String, reason: String? = nil, message: String = "SECRET") -> String {
    let details = reason.map { #","details":[{"@type":"t","reason":"\#($0)","domain":"d"}]"# } ?? ""
    return #"{"error":{"code":\#(code),"message":"\#(message)","status":"\#(status)"\#(details)}}"#
  }

  @Test(
    "each known body gives its cause",
    arguments: [
      (400, error(400, "FAILED_PRECONDITION", reason: "ACCOUNT_NOT_LINKED"), Cause.needsConsent, "ACCOUNT_NOT_LINKED", false),
      (400, error(400, "INVALID_ARGUMENT", reason: "INVALID_DATA_POINT_FILTER"), .badRequest, "INVALID_DATA_POINT_FILTER", false),
      (400, error(400, "INVALID_ARGUMENT", reason: "INVALID_TIME_RANGE"), .badRequest, "INVALID_TIME_RANGE", false),
      (400, error(400, "INVALID_ARGUMENT", reason: "INVALID_ROLLUP_QUERY_DURATION"), .badRequest, "INVALID_ROLLUP_QUERY_DURATION", false),
      (400, error(400, "INVALID_ARGUMENT", reason: "INVALID_SOMETHING_NEW"), .badRequest, "INVALID_ARGUMENT", false),
      (401, error(401, "UNAUTHENTICATED"), .serverError, "UNAUTHENTICATED", false),
      (403, error(403, "PERMISSION_DENIED", reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), .scope, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", false),
      (403, error(403, "PERMISSION_DENIED", reason: "RESOURCE_PERMISSION_DENIED"), .needsConsent, "RESOURCE_PERMISSION_DENIED", false),
      (403, error(403, "PERMISSION_DENIED", reason: "MISSING_OAUTH_SCOPE"), .scope, "MISSING_OAUTH_SCOPE", false),
      (403, error(403, "PERMISSION_DENIED", reason: "DISALLOWED_OAUTH_SCOPES"), .clientRefused, "DISALLOWED_OAUTH_SCOPES", false),
      (403, error(403, "PERMISSION_DENIED", reason: "RATE_LIMIT_EXCEEDED"), .rateLimited, "RATE_LIMIT_EXCEEDED", false),
      (403, error(403, "RESOURCE_EXHAUSTED"), .rateLimited, "RESOURCE_EXHAUSTED", false),
      (403, error(403, "PERMISSION_DENIED", message: "Quota exceeded for quota metric 'SECRET'"), .rateLimited, "PERMISSION_DENIED", false),
      (403, error(403, "PERMISSION_DENIED", reason: "SERVICE_DISABLED"), .clientRefused, "SERVICE_DISABLED", true),
      (403, error(403, "PERMISSION_DENIED", message: "Failed to get UberMint for user SECRET."), .needsConsent, "UberMint", false),
      (403, error(403, "PERMISSION_DENIED"), .clientRefused, "PERMISSION_DENIED", false),
      (404, "<html>SECRET</html>", .notFound, "", false),
      (410, "<html>SECRET</html>", .gone, "", true),
      (412, error(412, "FAILED_PRECONDITION"), .needsConsent, "FAILED_PRECONDITION", false),
      (429, error(429, "RESOURCE_EXHAUSTED", reason: "RATE_LIMIT_EXCEEDED"), .rateLimited, "RATE_LIMIT_EXCEEDED", false),
      (500, error(500, "INTERNAL"), .serverError, "INTERNAL", false),
      (502, "<html>SECRET</html>", .serverError, "", false),
      (503, error(503, "UNAVAILABLE"), .serverError, "UNAVAILABLE", false),
      (504, error(504, "DEADLINE_EXCEEDED"), .serverError, "DEADLINE_EXCEEDED", false),
    ])
  func known(status: Int, body: String, cause: Cause, word: String, stopsRun: Bool) {
    let fault = GoogleHealthWire().judge(status: status, headers: [:], body: Array(body.utf8))
    #expect(fault.cause == cause)
    #expect(fault.error == (word.isEmpty ? nil : word))
    #expect(fault.stopsRun == stopsRun)
    #expect(!fault.message.contains("SECRET"))
    #expect(fault.message.hasPrefix("Google Health"))
  }
}
