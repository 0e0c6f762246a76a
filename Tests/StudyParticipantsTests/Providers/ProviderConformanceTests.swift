import FlowCore
import FlowTesting
import StudyModel
import StudyTesting
import Testing

@testable import StudyParticipants

/// The two providers, each with its own wire, in front of a scripted server whose refresh tokens are valid once.
private final class OAuthHome: ProviderHome {
  enum Wire: CaseIterable { case fitbit, googleHealth }

  private struct Server {
    var answers: [ProviderAnswer] = [.data]
    var answered = 0
    var tokenAnswer = TokenEndpointAnswer.grants
    var tokenRequests = 0
    var dataRequests = 0
    /// The number of the refresh token that is valid next.
    var serials = ["P1": 1, "P2": 1]
  }
  private let server: Locked<Server>
  private let world: TokenWorld
  let service: any ProviderService

  init(_ wire: Wire) throws {
    let server = Locked(Server())
    self.server = server
    let world = TokenWorld { request, _ in
      if request.url.hasSuffix("/oauth2/token") { return try Self.tokens(request, server, wire) }
      // P1's and P2's accounts differ.
      let account = (request.headers["Authorization"] ?? "").contains("-P2-") ? "DEF456" : "ABC123"
      if request.url.hasSuffix("/identity") { return .json(200, #"{"healthUserId":"\#(account)","legacyUserId":"\#(account)"}"#) }
      guard request.url.contains(OAuthHome.dataPath) else { return .json(200, #"{"user":{"encodedId":"\#(account)"}}"#) }
      let answer = server.withLock { server in
        server.dataRequests += 1
        defer { server.answered += 1 }
        return server.answers[min(server.answered, server.answers.count - 1)]
      }
      return try Self.response(to: answer, wire)
    }
    for name in ["P1", "P2"] { world.files.put("batch/\(name).json", TokenWorld.file(name, refresh: Self.refresh(name, 1))) }
    self.world = world
    service = try world.provider(wire: wire == .fitbit ? FitbitWire() as any ProviderWire : GoogleHealthWire())
  }

  private static func refresh(_ participant: String, _ serial: Int) -> String { "REFRESH-SECRET-\(participant)-\(serial)-" }

  private static func tokens(_ request: HTTPRequest, _ server: Locked<Server>, _ wire: Wire) throws -> HTTPResponse {
    let body = String(decoding: request.body ?? [], as: UTF8.self)
    return try server.withLock { server in
      server.tokenRequests += 1
      let name = ["P1", "P2"].first { body.contains(refresh($0, server.serials[$0] ?? 0)) }
      if case .refuses = server.tokenAnswer { return .json(400, refusal(wire)) }
      if case .loses = server.tokenAnswer {
        if let name { server.serials[name, default: 0] += 1 }
        throw TransportError(.truncated, "cut off")
      }
      guard let name else { return .json(400, refusal(wire)) }
      server.serials[name, default: 0] += 1
      let serial = server.serials[name] ?? 0
      return .json(
        200, Payload.tokens(access: "ACCESS-SECRET-\(name)-\(serial)-", refresh: refresh(name, serial), user: name == "P2" ? "DEF456" : "ABC123"))
    }
  }

  private static func refusal(_ wire: Wire) -> String {
    wire == .fitbit ? Payload.error("invalid_grant") : #"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#
  }

  private static func response(to answer: ProviderAnswer, _ wire: Wire) throws -> HTTPResponse {
    switch answer {
    case .data: .json(200, "{}")
    case .expiredToken: .json(401, wire == .fitbit ? Payload.error("expired_token") : google(401, "UNAUTHENTICATED"))
    case .limitedFor30Seconds: .json(429, google(429, "RESOURCE_EXHAUSTED"), ["Retry-After": "30"])
    case .limited: .json(429, google(429, "RESOURCE_EXHAUSTED"))
    case .missingScope:
      .json(403, wire == .fitbit ? Payload.error("insufficient_scope") : google(403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"))
    case .notFound: .json(404, google(404, "NOT_FOUND"))
    case .serverError: .json(500, "{}")
    case .truncated: throw TransportError(.truncated, "cut off")
    }
  }

  private static func google(_ code: Int, _ status: String, _ reason: String? = nil) -> String {
    let details = reason.map { #","details":[{"@type":"t","reason":"\#($0)","domain":"d"}]"# } ?? ""
    return #"{"error":{"code":\#(code),"message":"","status":"\#(status)"\#(details)}}"#
  }

  func answer(with answers: [ProviderAnswer]) {
    server.withLock { server in
      server.answers = answers
      server.answered = 0
    }
  }
  func answerTokenRequests(with answer: TokenEndpointAnswer) { server.withLock { $0.tokenAnswer = answer } }
  var dataRequestCount: Int { server.withLock { $0.dataRequests } }
  var tokenRequestCount: Int { server.withLock { $0.tokenRequests } }
  func hasCurrentToken(_ participant: String) throws -> Bool {
    let serial = server.withLock { $0.serials[participant] ?? 0 }
    return try world.file(participant).token.refreshToken == Self.refresh(participant, serial)
  }
  func advance(by duration: Duration) { world.time.advance(duration) }
}

@Suite("The two providers as a provider service")
struct ProviderConformanceTests {
  @Test("Fitbit's wire meets every requirement", arguments: ProviderConformance.checks)
  func fitbit(_ check: ProviderCheck) async throws { try await check.run(on: OAuthHome(.fitbit)) }

  @Test("Google Health's wire meets every requirement", arguments: ProviderConformance.checks)
  func googleHealth(_ check: ProviderCheck) async throws { try await check.run(on: OAuthHome(.googleHealth)) }
}
