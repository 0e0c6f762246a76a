import Foundation
import Testing

@testable import FlowSimulator

@Suite("Tokens")
struct TokenTests {
  @Test("a refresh token works once; the new pair works")
  func rotation() async throws {
    var client = try await WireClient.signedIn(try simulator())
    let first = client.refreshToken
    #expect(try await client.get("/1/user/-/profile.json").status == 200)
    try await client.refresh()
    #expect(client.refreshToken != first)
    #expect(try await client.get("/1/user/-/profile.json").status == 200)
    let again = try await client.requestToken(first)
    #expect(again.status == 400)
    #expect(again.text.contains("invalid_grant"))
    #expect(again.text.contains(first), "the real provider echoes the token")
  }

  @Test("without a grace period, the old token is refused even if the new pair was never used")
  func strictByDefault() async throws {
    let client = try WireClient(try simulator(), "P0001")
    #expect(try await client.requestToken(client.refreshToken).status == 200)
    #expect(try await client.requestToken(client.refreshToken).status == 400)
  }

  @Test("with a grace period, the old token yields the same pair again until the new pair is used")
  func lostResponse() async throws {
    let client = try WireClient(try simulator { $0.refreshGraceSeconds = 120 }, "P0001")
    let first = try await client.requestToken(client.refreshToken).text
    let second = try await client.requestToken(client.refreshToken).text
    #expect(first == second)
  }

  @Test("the grace period ends with the first use of the new refresh token or at its timeout")
  func graceEnds() async throws {
    var client = try WireClient(try simulator { $0.refreshGraceSeconds = 120 }, "P0001")
    let old = client.refreshToken
    try await client.refresh()
    try await client.refresh()
    #expect(try await client.requestToken(old).status == 400)

    let slow = try simulator { $0.refreshGraceSeconds = 120 }
    let late = try WireClient(slow, "P0001")
    #expect(try await late.requestToken(late.refreshToken).status == 200)
    try slow.advance(by: .seconds(121))
    #expect(try await late.requestToken(late.refreshToken).status == 400)
  }

  @Test("if the access token is repeated, the refresh token is used up and the old expiry is kept")
  func sameToken() async throws {
    let simulator = try simulator { $0.faults = [Fault(.sameToken, share: 1)] }
    var client = try await WireClient.signedIn(simulator)
    let (access, refresh) = (client.accessToken, client.refreshToken)
    try simulator.advance(by: .seconds(28_799))
    try await client.refresh()
    #expect(client.accessToken == access && client.refreshToken != refresh)
    #expect(try await client.get("/1/user/-/profile.json").status == 200)
    try simulator.advance(by: .seconds(1))
    try await client.refresh()
    #expect(client.accessToken == access)
    #expect(try await client.get("/1/user/-/profile.json").status == 401)
    let healed = client.moved(to: simulator)
    #expect(try await healed.requestToken(refresh).status == 400)
  }

  @Test("the same applies to the Google wire")
  func sameGoogleToken() async throws {
    let simulator = try simulator(.googleHealth) { $0.faults = [Fault(.sameToken, share: 1)] }
    var client = try await WireClient.signedIn(simulator)
    let access = client.accessToken
    try await client.refresh()
    #expect(client.accessToken == access)
    try simulator.advance(by: .seconds(3600))
    try await client.refresh()
    #expect(client.accessToken == access)
    #expect(try await client.devices().status == 401)
  }

  @Test("an access token is valid for eight simulated hours; the error echoes it")
  func expiry() async throws {
    let simulator = try simulator()
    var client = try await WireClient.signedIn(simulator)
    try simulator.advance(by: .seconds(28_799))
    #expect(try await client.get("/1/user/-/profile.json").status == 200)
    try simulator.advance(by: .seconds(1))
    let expired = try await client.get("/1/user/-/profile.json")
    #expect(expired.status == 401)
    #expect(expired.text.contains("expired_token"))
    #expect(expired.text.contains(client.accessToken))
    try await client.refresh()
    #expect(try await client.get("/1/user/-/profile.json").status == 200)
  }

  @Test("an unknown token is invalid", arguments: ["", "nonsense", "eyJhbGciOiJIUzI1NiJ9.x", String(repeating: "0", count: 64)])
  func invalid(token: String) async throws {
    var client = try WireClient(try simulator(), "P0001")
    client.accessToken = token
    let reply = try await client.get("/1/user/-/profile.json")
    #expect(reply.status == 401)
    #expect(reply.text.contains("invalid_token"))
    #expect(try await client.requestToken(token).status == 400)
  }

  @Test("a request that is not a refresh is rejected by name", arguments: [
    ("grant_type=password&username=x", 400, "unsupported_grant_type"), ("refresh_token=x", 400, "invalid_request"),
    ("grant_type=refresh_token", 400, "invalid_request"), ("grant_type=refresh_token&refresh_token=x", 400, "invalid_grant"),
  ])
  func forms(body: String, status: Int, error: String) async throws {
    let reply = try await simulator().wire.respond(to: WireRequest(method: "POST", path: "/oauth2/token", body: body))
    #expect(reply.status == status)
    #expect(reply.text.contains(error))
  }

  @Test("only the configured client is served, by header or by form", arguments: [
    ("Basic " + Data("study:secret".utf8).base64EncodedString(), "", 200),
    ("Basic " + Data("study:wrong".utf8).base64EncodedString(), "", 401), ("Basic ???", "", 401), ("Bearer x", "", 401),
    (nil, "client_id=study&client_secret=secret&", 200), (nil, "client_id=other&", 401), (nil, "", 401),
  ] as [(String?, String, Int)])
  func clients(header: String?, form: String, status: Int) async throws {
    let simulator = try simulator { $0.client = .init(id: "study", secret: "secret") }
    let token = try #require(try simulator.enrolments().first).refreshToken
    let reply = try await simulator.wire.respond(
      to: WireRequest(
        method: "POST", path: "/oauth2/token", authorization: header,
        body: form + "grant_type=refresh_token&refresh_token=\(token)"))
    #expect(reply.status == status)
    #expect(status == 200 || reply.text.contains("invalid_client"))
  }

  @Test("every issued token can be listed afterwards")
  func issued() async throws {
    let simulator = try simulator()
    var client = try WireClient(simulator, "P0003")
    var seen = [client.refreshToken]
    for _ in 0..<4 {
      try await client.refresh()
      seen += [client.refreshToken, client.accessToken]
    }
    #expect(Set(seen).isSubset(of: try simulator.tokensEverIssued()))
    #expect(try simulator.tokensEverIssued().count == 25 + 4 * 2)
  }
}
