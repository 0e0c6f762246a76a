import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("Consent with authorization code and PKCE")
struct ConsentTests {
  private func intent(_ participant: String = "P1") -> ConsentIntent {
    ConsentIntent(
      participant: participant, redirectURI: "http://127.0.0.1:8765/", random: SeededRandomSource(seed: 1), now: Instant(seconds: 1_786_000_000))
  }

  @Test("the challenge is RFC 7636's S256")
  func challenge() throws {
    let text = #"{"participant": "P1", "redirect_uri": "x", "state": "s", "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "created": "2026-01-05T00:00:00Z"}"#
    let intent = try ConsentIntent(parsing: Array(text.utf8), path: "p")
    #expect(intent.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
  }

  @Test("state and verifier are 43 characters that a URL may hold, and differ")
  func random() {
    let intent = intent()
    #expect(intent.state != intent.verifier)
    for text in [intent.state, intent.verifier] {
      #expect(text.count == 43 && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
    }
  }

  @Test("another process finds a pending consent, another batch does not; a damaged one is reported")
  func intents() async throws {
    var world = TokenWorld { _, _ in .json(200, "{}") }
    world.files = MemoryFileSystem(folders: ["batch", "state", "state/consent"])
    let intents = ConsentIntents(folder: "state/consent", batch: "fitbit batch", environment: world.environment)
    #expect(try await intents.read("P1") == nil)
    try await intents.write(intent())
    #expect(try await intents.read("P1") == intent())
    let path = try #require(world.files.paths().first { $0.hasPrefix("state/consent/") })
    #expect(world.files.mode(path) == 0o600)
    let other = ConsentIntents(folder: "state/consent", batch: "fitbit other", environment: world.environment)
    #expect(try await other.read("P1") == nil)
    world.files.put(path, "{")
    #expect(await failure { _ = try await intents.read("P1") } is Diagnostics)
    try await intents.remove("P1")
    try await intents.remove("P1")
    #expect(try await intents.read("P1") == nil)
  }

  @Test(
    "the answer is read from the redirect, from what a person copied, and only if it belongs to the request",
    arguments: [
      ("http://127.0.0.1:8765/?code=AB%2BC&state=S#_=_", ConsentAnswer.code("AB+C")),
      ("  ABC#_=_\n", .code("ABC")), ("code=ABC&state=S", .code("ABC")),
      ("http://127.0.0.1:8765/?error=access_denied&state=S", .refused("access_denied")),
      ("http://127.0.0.1:8765/?error=%3Cscript%3E&state=S", .refused("an error")),
      ("http://127.0.0.1:8765/?code=ABC&state=T", .foreign), ("http://127.0.0.1:8765/?code=ABC", .foreign),
      ("http://127.0.0.1:8765/?error=access_denied&state=T", .foreign),
      ("http://127.0.0.1:8765/?state=S", .nothing), ("http://127.0.0.1:8765/?code=&state=S", .nothing), ("", .nothing), ("#_=_", .nothing),
    ])
  func answer(_ text: String, expected: ConsentAnswer) {
    #expect(ConsentAnswer(copied: text, state: "S") == expected)
  }

  private func provider(
    _ wire: any ProviderWire = FitbitWire(), base: String = "https://provider.example", simulated: Bool = false,
    _ answer: @escaping AnsweringTransport.Answer = { _, _ in .json(200, "{}") }
  ) throws -> (OAuthProvider, TokenWorld) {
    let world = TokenWorld(answer)
    let settings = try OAuthProvider.Settings(
      service: "s", wire: wire, baseURL: base, tokenURL: "", clientID: "23ABCD", clientSecret: "CLIENT-SECRET", participants: "batch",
      isSimulated: simulated, connectTimeout: .seconds(10), timeout: .seconds(60))
    return (OAuthProvider(wire: wire, settings: settings, environment: world.environment), world)
  }

  @Test("each provider's consent page is on its own host with its own parameters; another address has its own page")
  func links() throws {
    let fitbit = try provider(FitbitWire(), base: "https://api.fitbit.com").0.consentLink(intent(), scopes: ["heartrate", "profile"], page: nil)
    #expect(fitbit.hasPrefix("https://www.fitbit.com/oauth2/authorize?response_type=code&client_id=23ABCD&redirect_uri=http%3A%2F%2F127.0.0.1%3A8765%2F&scope=heartrate%20profile%20settings&state="))
    #expect(fitbit.hasSuffix("&code_challenge=\(intent().challenge)&code_challenge_method=S256"))
    let google = try provider(GoogleHealthWire(), base: "https://health.googleapis.com").0.consentLink(intent(), scopes: ["sleep"], page: nil)
    #expect(google.hasPrefix("https://accounts.google.com/o/oauth2/v2/auth?"))
    #expect(google.contains("scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fgooglehealth.sleep.readonly%20"))
    #expect(google.hasSuffix("&access_type=offline&prompt=consent"))
    #expect(try provider().0.consentLink(intent(), scopes: [], page: nil).hasPrefix("https://provider.example/oauth2/authorize?"))
    #expect(try provider().0.consentLink(intent(), scopes: [], page: "https://p.example/x").hasPrefix("https://p.example/x?"))
    for link in [fitbit, google] { #expect(!link.contains("CLIENT-SECRET") && !link.contains(intent().verifier) && !link.contains("P1")) }
  }

  @Test("the code is sent with verifier and redirect, the client authenticates as for any token request", arguments: [true, false])
  func exchange(isFitbit: Bool) async throws {
    let wire: any ProviderWire = isFitbit ? FitbitWire() : GoogleHealthWire()
    let (provider, world) = try provider(wire) { _, _ in .json(200, Payload.tokens(access: "A1", refresh: "R1")) }
    let answer = try await provider.exchange("C&1", of: intent())
    #expect(answer.refreshToken == "R1")
    let request = try #require(world.transport.requests.first)
    #expect(request.url == "https://provider.example/oauth2/token")
    let form = String(decoding: request.body ?? [], as: UTF8.self)
    let begin = "grant_type=authorization_code&code=C%261&redirect_uri=http%3A%2F%2F127.0.0.1%3A8765%2F&code_verifier=\(intent().verifier)&client_id=23ABCD"
    #expect(form == begin + (isFitbit ? "" : "&client_secret=CLIENT-SECRET"))
    #expect((request.headers["Authorization"] != nil) == isFitbit)
  }

  @Test("a refused code, a lost response and an unreachable provider each say what to do, without the code", arguments: [0, 1, 2, 3, 4])
  func refusals(_ index: Int) async throws {
    let (provider, world) = try provider { _, _ in
      switch index {
      case 0: return .json(400, Payload.error("invalid_grant", "Authorization code invalid: SECRETCODE."))
      case 1: throw TransportError(.connection, "the connection was lost")
      case 2: throw TransportError(.unreachable, "connection refused")
      case 3: return .json(401, Payload.error("invalid_client"))
      default: return .json(400, Payload.error("invalid_request", "SECRETCODE"))
      }
    }
    let error = await failure { _ = try await provider.exchange("SECRETCODE", of: intent()) }
    #expect(!"\(error.map { "\($0)" } ?? "")".contains("SECRETCODE"))
    switch index {
    case 0: #expect((error as? ConsentFailure)?.description.contains("older than 10 minutes") == true)
    case 1:
      #expect((error as? ProcessorError)?.failure.cause == .tokenInDoubt)
      #expect(world.transport.requests.count == 3)
    case 2: #expect((error as? StopRun)?.reason == .unavailable)
    case 3: #expect((error as? StopRun)?.reason == .unavailable)
    default: #expect((error as? ProcessorError)?.failure.cause == .badRequest)
    }
  }

  private func file(_ more: String = "") throws -> ParticipantFile {
    let text = TokenWorld.file("P1", refresh: "R0", more)
    return try ParticipantFile(parsing: Array(text.utf8), participant: "P1", path: "p")
  }
  private func answer(account: String?, refresh: String? = "R1") -> TokenAnswer {
    TokenAnswer(accessToken: "A1", lifetime: .seconds(3600), refreshToken: refresh, scopes: ["sleep"], account: account)
  }

  @Test("a fresh consent replaces the token and what was known of it, and keeps everything else")
  func taking() throws {
    var file = try file(#", "note": "kept", "user_id": "ABC""#)
    file.token.become(.needsConsent, at: Instant(seconds: 1))
    try file.take(answer(account: "ABC"), oauthType: "fitbit", takesOtherAccount: false, at: Instant(seconds: 2))
    let again = try ParticipantFile(parsing: file.bytes, participant: "P1", path: "p")
    #expect(again.token.state == .live && again.token.refreshToken == "R1")
    #expect(again.oauthType == "fitbit")
    #expect(String(decoding: file.bytes, as: UTF8.self).contains("kept"))
  }

  @Test("the consent of another account is refused unless requested; a response without a refresh token is not a consent")
  func otherAccount() throws {
    var file = try file(#", "user_id": "ABC""#)
    let before = file
    #expect(throws: ConsentFailure.self) {
      try file.take(answer(account: "XYZ"), oauthType: "fitbit", takesOtherAccount: false, at: Instant(seconds: 2))
    }
    #expect(throws: ConsentFailure.self) {
      try file.take(answer(account: "ABC", refresh: nil), oauthType: "fitbit", takesOtherAccount: false, at: Instant(seconds: 2))
    }
    #expect(file == before)
    try file.take(answer(account: "XYZ"), oauthType: "fitbit", takesOtherAccount: true, at: Instant(seconds: 2))
    #expect(file.account == "XYZ")
  }

  @Test("moving from Fitbit to Google keeps the old account's id as legacy_id")
  func migration() throws {
    var file = try file(#", "user_id": "ABC", "oauth_type": "fitbit""#)
    try file.take(answer(account: nil), oauthType: "google", takesOtherAccount: false, at: Instant(seconds: 2))
    let again = try ParticipantFile(parsing: file.bytes, participant: "P1", path: "p")
    #expect(again.oauthType == "google" && again.legacyID == "ABC" && again.account == nil)
  }
}
