import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("Signed requests")
struct SignedRequestTests {
  private static let path = "/1/user/-/activities/date/2026-08-15.json"

  @Test("a request is sent to the provider's host with the participant's token and no other header of flowrun")
  func signs() async throws {
    let world = TokenWorld(tokens: RotatingTokens())
    world.participant()
    let response = try await world.provider().send(
      HTTPRequest(url: "https://elsewhere.example/", headers: ["Authorization": "Bearer other"]), path: Self.path, for: "P1")
    #expect(response.status == 200)
    let request = try #require(world.transport.requests.last)
    #expect(request.url == "https://provider.example" + Self.path)
    #expect(request.headers.fields.map(\.name) == ["Authorization"])
    #expect(request.headers["Authorization"] == "Bearer ACCESS-SECRET-2")
  }

  @Test(
    "a path that could lead elsewhere is refused before anything is sent",
    arguments: ["", "1/user", ".evil.example/x", "@evil.example/", ":80@evil.example", "//evil.example/x", "/a b", "/a\r\nX: y", "/a#b", "/a\\b", "https://evil.example/", "/é"])
  func paths(_ path: String) async throws {
    let world = TokenWorld(tokens: RotatingTokens())
    world.participant()
    let provider = try world.provider()
    let error = await failure { _ = try await provider.send(HTTPRequest(url: ""), path: path, for: "P1") } as? ProcessorError
    #expect(error?.failure.cause == .badRequest)
    #expect(world.transport.requests.isEmpty)
  }

  @Test(
    "addresses are absolute, with a host and without user, query or fragment",
    arguments: [
      ("https://api.fitbit.com", "https://api.fitbit.com"), ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
      ("https://host/prefix", "https://host/prefix"), ("", nil), ("api.fitbit.com", nil), ("ftp://host", nil), ("https://", nil),
      ("https://:80", nil), ("https://user@host", nil), ("https://host?x", nil), ("https://host#x", nil), ("https://ho st", nil),
      ("simulator", nil),
    ])
  func addresses(_ text: String, base: String?) {
    #expect(ProviderAddress(text)?.base == base)
  }

  /// Turns down every access token before the `accepted`-th.
  private static func world(tokens: RotatingTokens, accepting accepted: Int) -> TokenWorld {
    let world = TokenWorld(tokens: tokens) { request, _ in
      let bearer = request.headers["Authorization"] ?? ""
      let isAccepted = (accepted...(accepted + 9)).contains { bearer.hasSuffix(RotatingTokens.access($0)) }
      return isAccepted ? .json(200, "{}") : .json(401, Payload.expiredToken)
    }
    world.participant()
    return world
  }

  @Test("a 401 refreshes once and repeats once, also for many simultaneous requests")
  func renews() async throws {
    let tokens = RotatingTokens()
    let world = Self.world(tokens: tokens, accepting: 3)
    let provider = try world.provider()
    try await provider.authorize("P1")
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 1...20 { group.addTask { try await provider.send(HTTPRequest(url: ""), path: Self.path, for: "P1").status } }
      for try await status in group { #expect(status == 200) }
    }
    #expect(tokens.requests == 2)
  }

  @Test("a 401 that persists after a refresh is an error, and does not use up a refresh token each time")
  func incurable() async throws {
    let tokens = RotatingTokens()
    let world = Self.world(tokens: tokens, accepting: 1000)
    let provider = try world.provider()
    for _ in 1...6 {
      let error = await failure { _ = try await provider.send(HTTPRequest(url: ""), path: Self.path, for: "P1") } as? ProcessorError
      #expect(error?.failure.cause == .serverError)
      #expect(error?.failure.status == 401)
      #expect(error?.description.contains("SECRET") == false)
    }
    #expect(tokens.requests == 3)
    #expect(world.transport.requests(to: Self.path).count == 2 + 2 + 4)
  }

  @Test("other statuses are left to the caller", arguments: [200, 204, 403, 404, 410, 429, 500])
  func statuses(_ status: Int) async throws {
    let world = TokenWorld(tokens: RotatingTokens()) { _, _ in .json(status, "{}") }
    world.participant()
    let provider = try world.provider()
    #expect(try await provider.send(HTTPRequest(url: ""), path: Self.path, for: "P1").status == status)
  }

  @Test("a response lost in transit is an error of the transport and is not repeated here", arguments: [TransportError.Kind.timeout, .truncated, .connection])
  func lost(_ kind: TransportError.Kind) async throws {
    let world = TokenWorld(tokens: RotatingTokens()) { _, _ in throw TransportError(kind, "lost") }
    world.participant()
    let provider = try world.provider()
    let error = await failure { _ = try await provider.send(HTTPRequest(url: ""), path: Self.path, for: "P1") } as? TransportError
    #expect(error?.kind == kind)
    #expect(world.transport.requests(to: Self.path).count == 1)
  }

  @Test("a refused scope is known from the consent, from a refusal, and in the next run")
  func scopes() async throws {
    let world = TokenWorld(tokens: RotatingTokens())
    world.participant()
    let provider = try world.provider()
    #expect(provider.isGranted("weight", for: "P1"))
    try await provider.authorize("P1")
    #expect(!provider.isGranted("weight", for: "P1"))
    #expect(provider.isGranted("heartrate", for: "P1"))
    provider.refuse("heartrate", for: "P1")
    #expect(!provider.isGranted("heartrate", for: "P1"))
    try await provider.close()
    let next = try world.provider()
    _ = try await next.snapshot(of: "P1")
    #expect(!next.isGranted("heartrate", for: "P1"))
    #expect(next.isGranted("sleep", for: "P1"))
  }

  @Test("settings: every problem is reported at once, and none contains the secret")
  func settings() {
    let problems = #expect(throws: Diagnostics.self) {
      try OAuthProvider.Settings(
        service: "FitbitWebAPI 'fitbit'", wire: FitbitWire(), baseURL: "SECRET@x", tokenURL: "SECRET", clientID: "",
        clientSecret: "SECRET", participants: "batch", isSimulated: false, connectTimeout: .seconds(1), timeout: .seconds(1))
    }
    #expect(
      problems?.description == """
        error: FitbitWebAPI 'fitbit': property 'base_url' is not an address; expected a URL such as https://api.fitbit.com, without query or user
        error: FitbitWebAPI 'fitbit': property 'token_url' is not an address; expected a URL such as https://api.fitbit.com, without query or user
        error: FitbitWebAPI 'fitbit': property 'client_id' is empty; expected the id of your application; only the simulator needs none; set the parameter client_id, or its environment variable
        """)
  }

  @Test("settings: an invisible character in id or secret is reported with its position, without the text around it")
  func hidden() {
    let problems = #expect(throws: Diagnostics.self) {
      try OAuthProvider.Settings(
        service: "FitbitWebAPI 'fitbit'", wire: FitbitWire(), baseURL: "https://x", tokenURL: "", clientID: "\u{FEFF}23ABCD",
        clientSecret: "SECRET\u{200B}", participants: "batch", isSimulated: false, connectTimeout: .seconds(1), timeout: .seconds(1))
    }
    #expect(
      problems?.description == """
        error: FitbitWebAPI 'fitbit': property 'client_id' holds a byte order mark (U+FEFF) at character 1; expected the characters that the provider's console shows; it came along when the text was copied: take it out, or copy it once more
        error: FitbitWebAPI 'fitbit': property 'client_secret' holds a zero width space (U+200B) at character 7; expected the characters that the provider's console shows; it came along when the text was copied: take it out, or copy it once more
        """)
  }
}
