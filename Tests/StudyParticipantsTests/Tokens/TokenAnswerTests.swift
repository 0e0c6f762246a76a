import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("A token pair at hand is kept")
struct TokenAnswerTests {
  private static func wide(_ text: String, isBigEndian: Bool, mark: Bool) -> [UInt8] {
    let units: [UInt16] = (mark ? [0xFEFF] : []) + Array(text.utf16)
    return units.flatMap { unit -> [UInt8] in
      let bytes = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
      return isBigEndian ? bytes : bytes.reversed()
    }
  }
  private static func pair(_ more: String) -> String { #"{"access_token": "ACCESS-2", "refresh_token": "REFRESH-2"\#(more)}"# }
  private static let whole = pair(#", "expires_in": 28800, "scope": "sleep", "token_type": "Bearer", "user_id": "ABC123""#)

  /// Members beside the tokens.
  private static let beside: [(String, String)] = [
    ("expires_in 0", #", "expires_in": 0"#), ("expires_in null", #", "expires_in": null"#), ("expires_in a text", #", "expires_in": "soon""#),
    ("expires_in huge", #", "expires_in": 1e300"#), ("expires_in NaN", #", "expires_in": NaN"#), ("scope a list", #", "scope": ["sleep"]"#),
    ("scope empty", #", "scope": """#), ("user_id a number", #", "user_id": 12345"#), ("user_id null", #", "user_id": null"#),
    ("token_type null", #", "token_type": null"#), ("token_type empty", #", "token_type": """#), ("token_type another", #", "token_type": "mac""#),
    ("a member twice", #", "scope": "a", "scope": "b""#), ("a nested object", #", "x": {"y": [1, {"z": null}]}"#),
    ("half a surrogate", #", "name": "\ud83d""#),
  ]
  private static let notUTF8: [UInt8] =
    Array(#"{"name": ""#.utf8) + [0xFF, 0xC3] + Array(#"", "access_token": "ACCESS-2", "refresh_token": "REFRESH-2"}"#.utf8)
  private static let forms: [(String, [UInt8])] = [
    ("odd members before the tokens", Array(#"{"expires_in": NaN, "scope": [], "access_token": "ACCESS-2", "user_id": 7, "refresh_token": "REFRESH-2"}"#.utf8)),
    ("a byte order mark", [0xEF, 0xBB, 0xBF] + Array(whole.utf8)),
    ("UTF-16, little endian, marked", wide(whole, isBigEndian: false, mark: true)),
    ("UTF-16, big endian, marked", wide(whole, isBigEndian: true, mark: true)),
    ("UTF-16, little endian", wide(whole, isBigEndian: false, mark: false)),
    ("UTF-16, big endian", wide(whole, isBigEndian: true, mark: false)),
    ("a side text that is not UTF-8", notUTF8),
    ("broken off after the pair", Array(whole.utf8.prefix(whole.utf8.count - 9))),
    ("two documents", Array((whole + whole).utf8)),
    ("white space around a token", Array(#"{"access_token": " ACCESS-2\n", "refresh_token": "REFRESH-2 "}"#.utf8)),
    ("something before it", Array((")]}'\n" + whole).utf8)),
  ]
  private static var bodies: [(String, [UInt8])] { beside.map { ($0.0, Array(pair($0.1).utf8)) } + forms }

  @Test("with any other irregularity in the response", arguments: bodies)
  func kept(_ name: String, body: [UInt8]) async throws {
    let world = TokenWorld { request, _ in
      request.url.hasSuffix("/oauth2/token") ? HTTPResponse(status: 200, headers: [:], body: body) : .json(200, "{}")
    }
    world.participant()
    let provider = try world.provider()
    for _ in 1...3 { #expect(try await provider.send(HTTPRequest(url: ""), path: "/x", for: "P1").status == 200) }
    try await provider.close()
    let file = try world.file()
    #expect(file.token.refreshToken == "REFRESH-2" && file.token.accessToken == "ACCESS-2" && file.token.state == .live)
    #expect(world.transport.requests(to: "/oauth2/token").count == 1, "an access token of unknown life is used until it is refused")
    #expect(world.transport.requests.last?.headers["Authorization"] == "Bearer ACCESS-2")
  }

  @Test("when the connection failed after the response, in the code exchange too", arguments: [TransportError.Kind.truncated, .timeout, .connection])
  func brokenFrame(_ kind: TransportError.Kind) async throws {
    let world = TokenWorld { request, count in
      guard request.url.hasSuffix("/oauth2/token") else { return .json(200, "{}") }
      throw TransportError(kind, "cut off", received: .init(status: 200, body: Array(Self.whole.utf8)))
    }
    world.participant()
    let provider = try world.provider()
    try await provider.authorize("P1")
    #expect(try world.file().token.refreshToken == "REFRESH-2")
    let intent = ConsentIntent(participant: "P1", redirectURI: "http://127.0.0.1:1/", random: SeededRandomSource(seed: 1), now: Instant(seconds: 1))
    #expect(try await provider.exchange("code", of: intent).refreshToken == "REFRESH-2")
    #expect(world.transport.requests.count == 2)
  }

  @Test("a connection that failed before the end of the response counts as lost", arguments: [#"{"access_token": "ACCESS-2", "refresh_token": "REFR"#, "<html>", "{}"])
  func brokenEarlier(_ text: String) {
    let error = TransportError(.truncated, "cut off", received: .init(status: 200, body: Array(text.utf8)))
    #expect(FitbitWire().tokenOutcome(error) == .lost(reason: "cut off", retryAfter: nil))
    #expect(GoogleHealthWire().tokenOutcome(error) == .lost(reason: "cut off", retryAfter: nil))
  }

  @Test("the same access token again, which is refused: requested twice, then reported as a retryable fault of the provider", arguments: [1, 20])
  func sameAgain(requests: Int) async throws {
    let world = TokenWorld { request, count in
      request.url.hasSuffix("/oauth2/token")
        ? .json(200, Payload.tokens(access: "SAME", refresh: "REFRESH-\(count)")) : .json(401, Payload.expiredToken)
    }
    world.participant()
    let provider = try world.provider()
    for _ in 1...4 {
      await withTaskGroup(of: (any Error)?.self) { group in
        for _ in 1...requests { group.addTask { await failure { _ = try await provider.send(HTTPRequest(url: ""), path: "/x", for: "P1") } } }
        for await error in group { #expect((error as? ProcessorError)?.failure.cause == .serverError, "\(String(describing: error))") }
      }
    }
    // One at a time, a round is one token request. Of twenty at once, one that begins when the others have been refused is a round of its own,
    // as on a busy machine; but not each asks for a token.
    #expect(world.transport.requests(to: "/oauth2/token").count <= (requests == 1 ? 5 : 2 * requests))
    try await provider.close()
    #expect(try world.file().token.state == .live)
  }
}
