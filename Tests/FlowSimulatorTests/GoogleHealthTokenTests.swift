import Foundation
import Testing

@testable import FlowSimulator

@Suite("Tokens of the Google wire")
struct GoogleHealthTokenTests {
  @Test("a refresh token is reusable; each of its access tokens is valid for an hour")
  func reuse() async throws {
    let simulator = try simulator(.googleHealth)
    var first = try WireClient(simulator, "P0001")
    try await first.refresh()
    var second = first
    try await second.refresh()
    #expect(first.accessToken != second.accessToken)
    #expect(first.refreshToken == second.refreshToken)
    for client in [first, second] { #expect(try await client.devices().status == 200) }
    try simulator.advance(by: .seconds(3599))
    #expect(try await first.devices().status == 200)
    try simulator.advance(by: .seconds(1))
    let expired = try await first.devices()
    #expect(expired.status == 401)
    #expect(expired.header("WWW-Authenticate")?.contains("invalid_token") == true)
    #expect(
      expired.text
        == #"{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}"#)
  }

  @Test("the response has no refresh token unless rotation is configured")
  func rotation() async throws {
    let plain = try WireClient(try simulator(.googleHealth), "P0001")
    #expect(try await plain.requestToken(plain.refreshToken).json()["refresh_token"] == nil)
    var rotating = try WireClient(try simulator(.googleHealth) { $0.rotatesGoogleTokens = true }, "P0001")
    let old = rotating.refreshToken
    try await rotating.refresh()
    #expect(rotating.refreshToken != old)
    #expect(try await rotating.devices().status == 200)
    for token in [old, rotating.refreshToken] { #expect(try await rotating.requestToken(token).status == 200) }
  }

  @Test("a request that is not a refresh gets OAuth's error, without the token", arguments: [
    ("grant_type=password&username=x", 400, "unsupported_grant_type"), ("refresh_token=x", 400, "invalid_request"),
    ("grant_type=refresh_token&refresh_token=xyzzy", 400, "invalid_grant"),
  ])
  func refusals(body: String, status: Int, error: String) async throws {
    let simulator = try simulator(.googleHealth)
    let reply = try await simulator.wire.respond(to: WireRequest(method: "POST", path: "/oauth2/token", body: body))
    #expect(reply.status == status)
    #expect(try reply.json()["error"] as? String == error)
    #expect(try reply.json()["error_description"] is String)
    #expect(!reply.text.contains("xyzzy"))
  }

  @Test("one batch works with both wires in turn, each with its own access tokens", arguments: [false, true])
  func bothWires(rotates: Bool) async throws {
    let folder = try TestFolder()
    func wire(_ api: SimulatorConfiguration.API) throws -> Simulator {
      try simulator(api) {
        $0.stateFolder = folder.path
        $0.rotatesGoogleTokens = rotates
      }
    }
    var client = try WireClient(try wire(.fitbit), "P0002")
    for _ in 0..<3 {
      for api in [SimulatorConfiguration.API.fitbit, .googleHealth] {
        client = client.moved(to: try wire(api))
        // The access token of the other wire is invalid here; the refresh token in the file is valid.
        #expect(try await client.devices().status == 401)
        try await client.refresh()
        #expect(try await client.devices().status == 200)
        #expect(try client.simulator.tokensEverIssued().contains(client.accessToken))
      }
    }
  }

  @Test("a token used up on the Fitbit wire still works on the Google wire, an unknown one does not")
  func anyGeneration() async throws {
    let folder = try TestFolder()
    var client = try WireClient(try simulator { $0.stateFolder = folder.path }, "P0002")
    let first = client.refreshToken
    for _ in 0..<3 { try await client.refresh() }
    let google = client.moved(to: try simulator(.googleHealth) { $0.stateFolder = folder.path })
    #expect(try await google.requestToken(first).status == 200)
    #expect(try await google.requestToken(String(repeating: "0", count: 64)).status == 400)
    #expect(try await google.requestToken(google.accessToken).status == 400)
  }

  @Test("the scopes are Google's, without those that are not granted")
  func scopes() async throws {
    let simulator = try simulator(.googleHealth) { $0.faults = [Fault(.scope(.temperature), share: 1)] }
    let client = try WireClient(simulator, "P0001")
    let scope = try #require(try await client.requestToken(client.refreshToken).json()["scope"] as? String)
    // The last part says that data are only read.
    let granted = scope.split(separator: " ").map { scope -> Substring? in scope.split(separator: ".").dropLast().last }
    #expect(granted == ["activity_and_fitness", "location", "profile", "settings", "sleep"])
  }

  @Test("300 requests per minute are served, the next one is rejected without a wait time", arguments: [false, true])
  func quota(namesRetryAfter: Bool) async throws {
    let simulator = try simulator(.googleHealth) {
      $0.limiterClock = { 1000 }
      $0.namesRetryAfter = namesRetryAfter
    }
    let client = try await WireClient.signedIn(simulator)
    for _ in 0..<300 { #expect(try await client.devices().status == 200) }
    let refused = try await client.devices()
    #expect(refused.status == 429)
    #expect(refused.text.contains("RESOURCE_EXHAUSTED"))
    #expect(refused.header("Retry-After") == (namesRetryAfter ? "60" : nil))
    #expect(try await WireClient.signedIn(simulator, "P0002").devices().status == 200)
  }
}
