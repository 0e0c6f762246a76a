import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("Obtaining an access token: carrying out the steps")
struct AccessTokensTests {
  @Test("a refresh writes intent and pair before the token may be used, and the next run keeps it")
  func refresh() async throws {
    let tokens = RotatingTokens()
    let world = TokenWorld(tokens: tokens)
    world.participant()
    let provider = try world.provider()
    try await provider.authorize("P1")
    let file = try world.file()
    #expect(file.token.refreshToken == RotatingTokens.refresh(2))
    #expect(file.token.accessToken == RotatingTokens.access(2))
    #expect(file.token.asked == nil && file.token.state == .live)
    #expect(file.account == "ABC123")
    let request = world.transport.requests[0]
    #expect(String(decoding: request.body ?? [], as: UTF8.self) == "grant_type=refresh_token&refresh_token=REFRESH-SECRET-1")
    #expect(request.headers["Authorization"] == "Basic MjNBQkNEOkNMSUVOVC1TRUNSRVQ=")
    try await provider.close()

    let next = try world.provider()
    try await next.authorize("P1")
    #expect(tokens.requests == 1)
  }

  @Test("a client without a secret sends its id in the form")
  func publicClient() async throws {
    let world = TokenWorld(tokens: RotatingTokens())
    world.participant()
    try await world.provider(secret: nil).authorize("P1")
    let request = world.transport.requests[0]
    #expect(request.headers["Authorization"] == nil)
    #expect(
      String(decoding: request.body ?? [], as: UTF8.self) == "grant_type=refresh_token&refresh_token=REFRESH-SECRET-1&client_id=23ABCD")
  }

  @Test("a stored access token that expires within a minute is renewed, one valid for longer is used", arguments: [(28_700, 1), (28_745, 2)])
  func expiry(secondsLater: Int, requests: Int) async throws {
    let tokens = RotatingTokens()
    let world = TokenWorld(tokens: tokens)
    world.participant()
    let provider = try world.provider()
    try await provider.authorize("P1")
    world.time.advance(.seconds(secondsLater))
    try await provider.authorize("P1")
    #expect(tokens.requests == requests)
  }

  @Test("a token request without a complete response is repeated with the same token until it has one", arguments: [1, 2, 3, 4])
  func lost(times: Int) async throws {
    let tokens = RotatingTokens(repeats: true, lost: Set(1...times))
    let world = TokenWorld(tokens: tokens)
    world.participant()
    try await world.provider().authorize("P1")
    #expect(tokens.requests == times + 1)
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(2))
    #expect(world.time.waits == [1, 5, 20, 60].prefix(times).map { .seconds($0) })
  }

  @Test("five lost responses put the participant in doubt, durably; this run sends no more requests, the next one sends the same token first")
  func inDoubt() async throws {
    let tokens = RotatingTokens(repeats: true, lost: [1, 2, 3, 4, 5])
    let world = TokenWorld(tokens: tokens)
    world.participant()
    let provider = try world.provider()
    for _ in 1...2 {
      let error = await failure { try await provider.authorize("P1") } as? ProcessorError
      #expect(error?.failure.cause == .tokenInDoubt)
      #expect(error?.description.contains("SECRET") == false)
    }
    #expect(tokens.requests == 5)
    #expect(try world.file().token.state == .inDoubt)
    try await provider.close()
    try await world.provider().authorize("P1")
    #expect(tokens.requests == 6)
    #expect(try world.file().token.state == .live)
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(2))
  }

  @Test("a token refused with invalid_grant is sent once, across runs; a new token in the file is tried without being told to")
  func needsConsent() async throws {
    let tokens = RotatingTokens()
    let world = TokenWorld(tokens: tokens)
    world.participant("P1", serial: 55)
    for _ in 1...2 {
      let provider = try world.provider()
      for _ in 1...2 {
        let error = await failure { try await provider.authorize("P1") } as? ProcessorError
        #expect(error?.failure.cause == .needsConsent)
        #expect(error?.description.contains("SECRET") == false)
      }
      try await provider.close()
    }
    #expect(tokens.requests == 1)
    #expect(try world.file().token.state == .needsConsent)
    let text = try #require(world.files.text("batch/P1.json"))
    world.files.put("batch/P1.json", text.replacing(RotatingTokens.refresh(55), with: RotatingTokens.refresh(1)))
    try await world.provider().authorize("P1")
    #expect(try world.file().token.state == .live)
  }

  @Test("a response that is not a token response never replaces a valid token", arguments: [
    "{}", "[]", "", "<html>", #"{"access_token":"A"}"#, #"{"access_token":7,"refresh_token":"R"}"#,
    #"{"access_token":"A","refresh_token":""}"#, #"{"access_token":"A","refresh_token":7}"#, #"{"access_token":"A","refresh_token":null}"#,
    #"{"access_token":"A B","refresh_token":"R"}"#, #"{"access_token":"A\r\nX: y","refresh_token":"R"}"#,
    #"{"access_token":"A","refresh_token":"R"#, #"[{"access_token":"A"},{"refresh_token":"R"}]"#,
  ])
  func garbage(_ body: String) async throws {
    let world = TokenWorld { _, _ in .json(200, body) }
    world.participant()
    let provider = try world.provider()
    let error = await failure { try await provider.authorize("P1") } as? ProcessorError
    #expect(error?.failure.cause == .tokenInDoubt)
    #expect(world.transport.requests.count == 5)
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(1))
  }

  @Test("a truncated token response counts once both tokens are complete, and not before")
  func cutOff() throws {
    let text = Payload.tokens(access: "A1", refresh: "R1")
    let bytes = Array(text.utf8)
    let whole = try #require(text.firstRange(of: #""refresh_token":"R1""#)).upperBound.utf16Offset(in: text)
    for length in 0..<bytes.count {
      let response = HTTPResponse(status: 200, headers: [:], body: Array(bytes[..<length]))
      switch FitbitWire().tokenOutcome(response, tokenURL: "") {
      case .lost: #expect(length < whole)
      case .answer(let answer): #expect(length >= whole && answer.accessToken == "A1" && answer.refreshToken == "R1", "\(length)")
      default: Issue.record("\(length)")
      }
    }
  }

  @Test(
    "statuses without a whole answer are repeated; whole answers that refuse are not",
    arguments: [
      (HTTPResponse.json(429, "{}", ["Retry-After": "2"]), 5, Cause.tokenInDoubt),
      (.json(500, Payload.error("system")), 5, .tokenInDoubt), (.html(502), 5, .tokenInDoubt), (.html(503), 5, .tokenInDoubt),
      (.html(400), 5, .tokenInDoubt), (.html(200), 5, .tokenInDoubt), (.json(408, ""), 5, .tokenInDoubt),
      (.json(400, Payload.error("invalid_request")), 1, .badRequest), (.json(403, Payload.error("authorization")), 1, .clientRefused),
      (.json(400, Payload.invalidGrant), 1, .needsConsent), (.json(401, Payload.invalidGrant), 1, .needsConsent),
      (.json(400, #"{"error":"invalid_grant","error_description":"SECRET"}"#), 1, .needsConsent),
    ])
  func statuses(_ response: HTTPResponse, requests: Int, cause: Cause) async throws {
    let world = TokenWorld { _, _ in response }
    world.participant()
    let provider = try world.provider()
    let error = await failure { try await provider.authorize("P1") } as? ProcessorError
    #expect(error?.failure.cause == cause)
    #expect(error?.description.contains("SECRET") == false)
    #expect(world.transport.requests.count == requests)
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(1))
  }

  @Test(
    "trouble of the whole client stops the run at the first answer",
    arguments: [
      (HTTPResponse.json(401, Payload.error("invalid_client")), Cause.clientRefused),
      (.json(400, Payload.error("unauthorized_client")), .clientRefused),
      (.json(401, #"{"error":"invalid_client"}"#), .clientRefused), (.json(410, "{}"), .gone), (.html(410), .gone),
      (.json(404, "{}"), .notFound), (.html(302), .notFound),
    ])
  func stops(_ response: HTTPResponse, cause: Cause) async throws {
    let world = TokenWorld { _, _ in response }
    world.participant()
    let provider = try world.provider()
    let stop = await failure { try await provider.authorize("P1") } as? StopRun
    #expect(stop?.reason == .unavailable)
    #expect(stop?.cause == cause)
    #expect(stop?.message.contains("SECRET") == false)
    #expect(world.transport.requests.count == 1)
    try await provider.close()
    #expect(try world.file().token.asked == nil)
  }

  @Test("many callers share one refresh")
  func oneRefresh() async throws {
    let tokens = RotatingTokens()
    let world = TokenWorld(tokens: tokens)
    world.participant()
    let provider = try world.provider()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 1...50 { group.addTask { try await provider.authorize("P1") } }
      try await group.waitForAll()
    }
    #expect(tokens.requests == 1)
  }

  @Test("a response for another account than before is not used; a new consent of another account needs confirmation")
  func accounts() async throws {
    let world = TokenWorld { _, _ in .json(200, Payload.tokens(access: "A", refresh: "R2", user: "OTHER")) }
    world.participant("P1", #", "user_id": "ABC123""#)
    let provider = try world.provider()
    for _ in 1...2 {
      let error = await failure { try await provider.authorize("P1") } as? ProcessorError
      #expect(error?.failure.cause == .needsConsent)
    }
    #expect(world.transport.requests.count == 1)
    #expect(try world.file().token.refreshToken == "R2")
    try await provider.close()
    let text = try #require(world.files.text("batch/P1.json"))
    world.files.put("batch/P1.json", text.replacing("\n  \"user_id\": \"ABC123\",", with: ""))
    try await world.provider().authorize("P1")
    #expect(world.transport.requests.count == 1)
  }

  @Test("a new refresh token that a person adds while the intent is written is the one that is sent")
  func replacedMeanwhile() async throws {
    let tokens = RotatingTokens()
    let world = TokenWorld(tokens: tokens)
    world.participant("P1", serial: 44)
    let provider = try world.provider()
    _ = try await provider.store.lease("P1")
    world.participant("P1", serial: 1)
    try await provider.authorize("P1")
    #expect(tokens.requests == 1)
    #expect(try world.file().token.refreshToken == RotatingTokens.refresh(2))
  }
}
