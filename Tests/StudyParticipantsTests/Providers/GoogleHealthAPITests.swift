import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("GoogleHealthAPI")
struct GoogleHealthAPITests {
  static let settings = #"{"name":"users/me/settings","timeZone":"America/New_York","utcOffset":"-14400s"}"#
  static let identity = #"{"name":"users/me/identity","healthUserId":"1110000000000000001","legacyUserId":"ABC123"}"#
  static let devices = #"{"pairedDevices":[{"deviceType":"SCALE","lastSyncTime":"2026-08-16T00:00:00Z"},{"deviceType":"TRACKER","lastSyncTime":"2026-08-15T17:14:22Z"}]}"#
  private static let scopes = """
    https://www.googleapis.com/auth/googlehealth.activity_and_fitness.readonly \
    https://www.googleapis.com/auth/googlehealth.settings.readonly openid
    """
  private static let answer = #"{"access_token":"ya29.ACCESS-2","expires_in":3599,"scope":"\#(scopes)","token_type":"Bearer"}"#

  /// A provider whose token endpoint answers with these bodies in turn, the last one again and again.
  private static func world(_ answers: [HTTPResponse] = [.json(200, answer)]) -> TokenWorld {
    let asked = Locked(0)
    let world = TokenWorld { request, _ in
      guard request.url.hasSuffix("/oauth2/token") else {
        if request.url.hasSuffix("/identity") { return .json(200, identity) }
        return .json(200, request.url.hasSuffix("/settings") ? settings : devices)
      }
      return answers[min(asked.withLock { count in defer { count += 1 }; return count }, answers.count - 1)]
    }
    world.participant()
    return world
  }

  @Test("asks for tokens with id and secret in the form; without a new refresh token the old one stays")
  func refresh() async throws {
    let world = Self.world()
    let provider = try world.provider(wire: GoogleHealthWire())
    try await provider.authorize("P1")
    let request = try #require(world.transport.requests.first)
    #expect(request.headers["Authorization"] == nil)
    #expect(
      String(decoding: request.body ?? [], as: UTF8.self)
        == "grant_type=refresh_token&refresh_token=REFRESH-SECRET-1&client_id=23ABCD&client_secret=CLIENT-SECRET")
    #expect(try world.file().token.refreshToken == "REFRESH-SECRET-1")
    #expect(try world.file().token.accessToken == "ya29.ACCESS-2")
    #expect(provider.isGranted("activity_and_fitness", for: "P1"))
    #expect(!provider.isGranted("sleep", for: "P1"))
    #expect(try world.file().token.issuer == "google")
  }

  @Test("a new refresh token and its expiry are stored before its access token is used")
  func newRefreshToken() async throws {
    let rotated = #"{"access_token":"A2","expires_in":3599,"refresh_token":"REFRESH-SECRET-9","refresh_token_expires_in":604799,"token_type":"Bearer"}"#
    let world = Self.world([.json(200, rotated)])
    let provider = try world.provider(wire: GoogleHealthWire())
    _ = try await provider.syncStatus(of: "P1")
    let file = try world.file()
    #expect(file.token.refreshToken == "REFRESH-SECRET-9")
    #expect(file.token.refreshTokenExpires == Instant(seconds: 1_786_000_000 + 604_799))
  }

  @Test("a refresh token that is refused needs consent, a refused client stops the run")
  func refusals() async throws {
    let refused = try Self.world([.json(400, #"{"error":"invalid_grant","error_description":"SECRET"}"#)]).provider(wire: GoogleHealthWire())
    #expect((await failure { try await refused.authorize("P1") } as? ProcessorError)?.failure.cause == .needsConsent)
    let stopped = try Self.world([.json(401, #"{"error":"invalid_client"}"#)]).provider(wire: GoogleHealthWire())
    #expect(await failure { try await stopped.authorize("P1") } is StopRun)
  }

  @Test(
    "the token endpoint is Google's own for Google's host, else the api's",
    arguments: [
      ("https://health.googleapis.com", "https://oauth2.googleapis.com/token"),
      ("http://127.0.0.1:8080", "http://127.0.0.1:8080/oauth2/token"),
      ("https://googleapis.com.example", "https://googleapis.com.example/oauth2/token"),
    ])
  func tokenURL(base: String, expected: String) {
    #expect(GoogleHealthWire().tokenURL(base: base) == expected)
  }

  @Test("what another provider's response left in the file is ignored: another access token is requested")
  func otherIssuer() async throws {
    let tokens = RotatingTokens()
    let fitbit = TokenWorld(tokens: tokens)
    fitbit.participant()
    let before = try fitbit.provider()
    try await before.authorize("P1")
    try await before.close()
    let world = Self.world()
    world.files.put("batch/P1.json", try #require(fitbit.files.text("batch/P1.json")))
    let provider = try world.provider(wire: GoogleHealthWire())
    try await provider.authorize("P1")
    #expect(world.transport.requests(to: "token").count == 1)
    #expect(try world.file().account == "1110000000000000001" && world.file().legacyID == "ABC123", "the account that was moved")
    #expect(provider.isGranted("activity_and_fitness", for: "P1"))
  }
}
