import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("The account of a token is requested, kept and compared")
struct IdentityTests {
  private static func identity(_ id: String, legacy: String? = nil) -> String {
    #"{"name":"users/me/identity","healthUserId":"\#(id)"\#(legacy.map { #","legacyUserId":"\#($0)""# } ?? "")}"#
  }

  /// Google's wire. The refresh token names the account that it opens: `GRANT-7`.
  private static func google(_ identity: @escaping @Sendable (String) -> HTTPResponse = { .json(200, Self.identity($0)) }) -> TokenWorld {
    TokenWorld { request, _ in
      if request.url.hasSuffix("/oauth2/token") {
        let form = String(decoding: request.body ?? [], as: UTF8.self)
        let account = form.split(separator: "&").first { $0.hasPrefix("refresh_token=GRANT-") }.map { $0.dropFirst("refresh_token=GRANT-".count) } ?? "?"
        return .json(200, #"{"access_token":"ACCESS-\#(account)","expires_in":3599,"token_type":"Bearer"}"#)
      }
      let account = String((request.headers["Authorization"] ?? "").dropFirst("Bearer ACCESS-".count))
      if request.url.hasSuffix("/identity") { return identity(account) }
      return .json(200, request.url.hasSuffix("/settings") ? GoogleHealthAPITests.settings : GoogleHealthAPITests.devices)
    }
  }
  private static func put(_ world: TokenWorld, _ name: String, account: String, _ more: String = "") {
    world.files.put("batch/\(name).json", TokenWorld.file(name, refresh: "GRANT-\(account)", more))
  }
  private static func error(_ world: TokenWorld, _ participant: String = "P1", _ wire: any ProviderWire = GoogleHealthWire()) async throws -> ProcessorError? {
    let provider = try world.provider(wire: wire)
    try await provider.store.checkBatch()
    let error = await failure {
      try await provider.authorize(participant)
      _ = try await provider.syncStatus(of: participant)
    }
    try await provider.close()
    return error as? ProcessorError
  }

  @Test("the identity missing from a file is requested once, before anything else, and then kept")
  func askedOnce() async throws {
    let world = Self.google { .json(200, Self.identity($0, legacy: "ABC123")) }
    Self.put(world, "P1", account: "7")
    for _ in 1...2 { #expect(try await Self.error(world) == nil) }
    #expect(world.transport.requests(to: "identity").count == 1)
    #expect(world.transport.requests.map(\.url)[1].hasSuffix("/v4/users/me/identity"))
    let file = try world.file()
    #expect(file.account == "7" && file.token.account == "7" && file.legacyID == "ABC123")
  }

  @Test("the token of another account is refused: after its identity nothing is requested with it, in this run or a later one")
  func otherAccount() async throws {
    let world = Self.google()
    Self.put(world, "P1", account: "7")
    #expect(try await Self.error(world) == nil)
    // A person puts another one's refresh token in.
    let text = try #require(world.files.text("batch/P1.json"))
    world.files.put("batch/P1.json", text.replacing("GRANT-7", with: "GRANT-8"))
    let count = world.transport.requests.count
    for _ in 1...2 {
      let error = try #require(try await Self.error(world))
      #expect(error.failure.cause == .needsConsent)
      #expect(error.description.contains("participant P1"))
    }
    #expect(world.transport.requests.dropFirst(count).map { $0.url.split(separator: "/").last ?? "" } == ["token", "identity"])
    #expect(try world.file().account == "7")
    // The right one again.
    world.files.put("batch/P1.json", text)
    #expect(try await Self.error(world) == nil)
  }

  @Test("an account that was moved from Fitbit is known by its former id")
  func moved() async throws {
    let world = Self.google { .json(200, Self.identity($0, legacy: $0 == "7" ? "ABC123" : "XYZ")) }
    Self.put(world, "P1", account: "7", #", "user_id": "ABC123""#)
    #expect(try await Self.error(world) == nil)
    #expect(try world.file().account == "7" && world.file().legacyID == "ABC123")
    // Simulated participants are collected by either flow: Fitbit's API reports the former id, which is the same person.
    let fitbit = TokenWorld { request, count in
      if request.url.hasSuffix("token") { return .json(200, Payload.tokens(access: "A\(count)", refresh: "R\(count)", user: "ABC123")) }
      return .json(200, request.url.hasSuffix("profile.json") ? Payload.profile : Payload.devices)
    }
    fitbit.files.put("batch/P1.json", try #require(world.files.text("batch/P1.json")))
    for _ in 1...2 { #expect(try await Self.error(fitbit, "P1", FitbitWire()) == nil) }
    #expect(try fitbit.file().account == "7")
    Self.put(world, "P2", account: "8", #", "legacy_id": "ABC124""#)
    for _ in 1...2 { #expect(try await Self.error(world, "P2")?.failure.cause == .needsConsent) }
  }

  @Test(
    "an identity that cannot be understood needs a person; one that fails on the way is asked again by the next request",
    arguments: [
      (HTTPResponse.json(200, "{}"), Cause.badData), (.json(200, #"{"healthUserId":7}"#), .badData), (.json(503, "{}"), .serverError),
      (.json(429, "{}"), .rateLimited), (.json(400, #"{"error":{"status":"FAILED_PRECONDITION","details":[{"reason":"ACCOUNT_NOT_LINKED"}]}}"#), .needsConsent),
    ])
  func troubled(_ response: HTTPResponse, cause: Cause) async throws {
    let world = Self.google { _ in response }
    Self.put(world, "P1", account: "7")
    #expect(try await Self.error(world)?.failure.cause == cause)
    #expect(world.transport.requests(to: "settings").isEmpty, "nothing is asked with a token before it is known whose it is")
  }

  @Test("a provider that does not report the account, and a consent without scopes, are not treated as faults", arguments: [HTTPResponse.html(404), .json(403, #"{"error":{"details":[{"reason":"MISSING_OAUTH_SCOPE"}]}}"#)])
  func untold(_ response: HTTPResponse) async throws {
    let world = Self.google { _ in response }
    Self.put(world, "P1", account: "7")
    #expect(try await Self.error(world) == nil)
    #expect(world.transport.requests(to: "identity").count == 1)
  }

  @Test("the account comes from Fitbit's profile if the token response does not contain it")
  func profile() async throws {
    let world = TokenWorld { request, _ in
      if request.url.hasSuffix("token") { return .json(200, #"{"access_token":"A","refresh_token":"R","expires_in":28800,"token_type":"Bearer"}"#) }
      return .json(200, request.url.hasSuffix("profile.json") ? Payload.profile : Payload.devices)
    }
    world.participant()
    #expect(try await Self.error(world, "P1", FitbitWire()) == nil)
    #expect(try world.file().account == "ABC123")
    world.participant("P2", serial: 2, #", "user_id": "XYZ""#)
    #expect(try await Self.error(world, "P2", FitbitWire())?.failure.cause == .needsConsent)
  }

  // MARK: One account, two participants

  @Test("one account or refresh token twice in a batch: both are refused before any request, and each message names both", arguments: [true, false])
  func twice(byToken: Bool) async throws {
    let world = Self.google()
    Self.put(world, "P1", account: "7", byToken ? "" : #", "user_id": "7""#)
    Self.put(world, "P2", account: byToken ? "7" : "8", byToken ? "" : #", "user_id": "7""#)
    Self.put(world, "P3", account: "9")
    for participant in ["P1", "P2"] {
      let error = try #require(try await Self.error(world, participant))
      #expect(error.failure.cause == .badParticipantFile)
      #expect(error.description.hasPrefix("participants P1 and P2 have the same \(byToken ? "refresh token" : "account 7"), and one account serves one participant"))
      #expect(!error.description.contains("GRANT"))
    }
    #expect(world.transport.requests.isEmpty)
    #expect(try await Self.error(world, "P3") == nil)
  }

  @Test("a withdrawn participant has no claim to an account")
  func withdrawn() async throws {
    let world = Self.google()
    Self.put(world, "P1", account: "7", #", "state": "withdrawn""#)
    Self.put(world, "P2", account: "7")
    #expect(try await Self.error(world, "P2") == nil)
  }

  @Test("an account that turns out to be another participant's stops the second one, and from then on both", arguments: [true, false])
  func foundOut(isFitbit: Bool) async throws {
    let wire: any ProviderWire = isFitbit ? FitbitWire() : GoogleHealthWire()
    let world =
      isFitbit
      ? TokenWorld { request, count in
        if request.url.hasSuffix("token") { return .json(200, Payload.tokens(access: "A\(count)", refresh: "R\(count)", user: "SAME")) }
        return .json(200, request.url.hasSuffix("profile.json") ? #"{"user":{"timezone":"Europe/Berlin"}}"# : Payload.devices)
      } : Self.google { _ in .json(200, Self.identity("SAME")) }
    Self.put(world, "P1", account: "7")
    Self.put(world, "P2", account: "8")
    let provider = try world.provider(wire: wire)
    try await provider.store.checkBatch()
    try await provider.authorize("P1")
    _ = try await provider.syncStatus(of: "P1")
    let second = await failure { try await provider.authorize("P2") } as? ProcessorError
    #expect(second?.failure.cause == .badParticipantFile && second?.description.contains("P1 and P2") == true)
    #expect(await failure { _ = try await provider.syncStatus(of: "P1") } is ProcessorError)
    try await provider.close()
    let count = world.transport.requests.count
    for participant in ["P1", "P2"] { #expect(try await Self.error(world, participant, wire)?.failure.cause == .badParticipantFile) }
    #expect(world.transport.requests.count == count)
  }
}
