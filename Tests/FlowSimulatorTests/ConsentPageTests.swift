import FlowCore
import Foundation
import Testing

@testable import FlowSimulator

@Suite("The simulated consent page")
struct ConsentPageTests {
  static let verifier = String(repeating: "v", count: 43)
  static let redirect = "http://127.0.0.1:9/"

  private let clock = Locked(1_800_000_000)

  private func simulator(
    _ api: SimulatorConfiguration.API = .fitbit, folder: String? = nil, _ change: (inout SimulatorConfiguration) -> Void = { _ in }
  ) throws -> Simulator {
    var configuration = SimulatorConfiguration()
    configuration.api = api
    configuration.participants = 3
    configuration.stateFolder = folder
    let clock = clock
    configuration.limiterClock = { clock.withLock { $0 } }
    change(&configuration)
    return try Simulator(configuration)
  }

  private func query(_ api: SimulatorConfiguration.API, _ more: [String: String] = [:]) -> [String: String] {
    let scope = api == .fitbit ? "activity heartrate settings profile" : [GoogleHealthScope.activityAndFitness, .settings].map(\.address).joined(separator: " ")
    return [
      "response_type": "code", "client_id": "study", "redirect_uri": Self.redirect, "scope": scope, "state": "S+1",
      "code_challenge": AuthorizationCodes.challenge(of: Self.verifier), "code_challenge_method": "S256", "access_type": "offline",
    ].merging(more) { $1 }
  }
  private func path(_ api: SimulatorConfiguration.API) -> String { api == .fitbit ? "/oauth2/authorize" : "/o/oauth2/v2/auth" }

  /// The query of the redirect after the participant's decision.
  private func decide(
    _ simulator: Simulator, _ form: [String: String], _ more: [String: String] = [:]
  ) async throws -> [String: String] {
    let api = simulator.configuration.api
    let body = form.map { "\($0.key)=\($0.value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }.joined(separator: "&")
    let reply = try await simulator.wire.respond(to: WireRequest(method: "POST", path: path(api), query: query(api, more), body: body))
    #expect(reply.status == 302)
    let location = reply.headers.first { $0.name == "Location" }?.value ?? ""
    #expect(location.hasPrefix(Self.redirect + "?"))
    let items = URLComponents(string: location)?.queryItems ?? []
    return Dictionary(uniqueKeysWithValues: items.map { ($0.name, $0.value ?? "") })
  }
  private func allow(_ api: SimulatorConfiguration.API, _ participant: String = "P0002") -> [String: String] {
    let scopes = (query(api)["scope"] ?? "").split(separator: " ").map { ("scope.\($0)", "on") }
    return Dictionary(uniqueKeysWithValues: scopes + [("decision", "accept"), ("participant", participant)])
  }

  private func exchange(_ simulator: Simulator, _ code: String, _ more: [String: String] = [:]) async throws -> WireReply {
    let form = [
      "grant_type": "authorization_code", "client_id": "study", "code": code, "redirect_uri": Self.redirect, "code_verifier": Self.verifier,
    ].merging(more) { $1 }
    let body = form.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
    return try await simulator.wire.respond(to: WireRequest(method: "POST", path: "/oauth2/token", body: body))
  }

  @Test("the page lists application, scopes and participants, with escaped parameters", arguments: SimulatorConfiguration.API.allCases)
  func page(_ api: SimulatorConfiguration.API) async throws {
    let simulator = try simulator(api)
    let request = WireRequest(method: "GET", path: path(api), query: query(api, ["client_id": "<b>study", "login_hint": "P0003"]))
    let reply = try await simulator.wire.respond(to: request)
    #expect(reply.status == 200 && reply.contentType.hasPrefix("text/html"))
    for part in ["&lt;b&gt;study", "<option selected>P0003</option>", "<option>P0001</option>", "value=\"accept\"", "value=\"deny\"", "checked"] {
      #expect(reply.text.contains(part))
    }
    #expect(!reply.text.contains("<b>study"))
  }

  @Test("a consent yields a code, which yields live tokens once", arguments: SimulatorConfiguration.API.allCases)
  func happy(_ api: SimulatorConfiguration.API) async throws {
    let simulator = try simulator(api)
    let old = try simulator.enrolments()[1].refreshToken
    let answer = try await decide(simulator, allow(api))
    #expect(answer["state"] == "S+1")
    let code = try #require(answer["code"])
    let reply = try await exchange(simulator, code)
    #expect(reply.status == 200, "\(reply.text)")
    let tokens = try reply.json()
    let refresh = try #require(tokens["refresh_token"] as? String)
    #expect(refresh == (try simulator.enrolments()[1].refreshToken) && refresh != old)
    #expect((tokens["scope"] as? String)?.contains(api == .fitbit ? "heartrate" : "activity_and_fitness") == true)
    let path = api == .fitbit ? "/1/user/-/devices.json" : "/v4/users/me/pairedDevices"
    let bearer = "Bearer \(tokens["access_token"] as? String ?? "")"
    #expect(try await simulator.wire.respond(to: WireRequest(method: "GET", path: path, authorization: bearer)).status == 200)
    let again = try await exchange(simulator, code)
    #expect(again.status == 400 && again.text.contains("invalid_grant"))
  }

  @Test("another client gets no tokens for a code, and the code stays valid", arguments: SimulatorConfiguration.API.allCases)
  func refused(_ api: SimulatorConfiguration.API) async throws {
    let simulator = try simulator(api)
    let code = try #require(try await decide(simulator, allow(api))["code"])
    let wrong: [(more: [String: String], word: String)] = [
      (["code_verifier": String(repeating: "x", count: 43)], "invalid_grant"), (["client_id": "other"], "invalid_grant"),
      (["redirect_uri": "http://127.0.0.1:10/"], api == .fitbit ? "invalid_request" : "redirect_uri_mismatch"),
      (["code": "nothing"], "invalid_grant"),
    ]
    for (more, word) in wrong {
      let reply = try await exchange(simulator, code, more)
      #expect(reply.status == 400 && reply.text.contains("\"\(word)\""), "\(more): \(reply.text)")
    }
    #expect(try await exchange(simulator, code).status == 200)
  }

  @Test("a code is valid for ten minutes")
  func expiry() async throws {
    let simulator = try simulator()
    let code = try #require(try await decide(simulator, allow(.fitbit))["code"])
    clock.withLock { $0 += 601 }
    let reply = try await exchange(simulator, code)
    #expect(reply.status == 400 && reply.text.contains("expired"))
  }

  @Test("a denial and a consent without scopes both fail", arguments: [["decision": "deny"], ["decision": "accept", "participant": "P0001"]])
  func denied(_ form: [String: String]) async throws {
    let answer = try await decide(try simulator(), form)
    #expect(answer["error"] == "access_denied" && answer["state"] == "S+1" && answer["code"] == nil)
  }

  @Test("an invalid request is redirected as an error; an unsafe redirect is shown instead")
  func wrongRequests() async throws {
    let simulator = try simulator { $0.client = .init(id: "study", secret: nil) }
    for (more, word) in [
      (["response_type": "token"], "unsupported_response_type"), (["code_challenge_method": "plain"], "invalid_request"),
      (["code_challenge": "short"], "invalid_request"), (["scope": "everything"], "invalid_scope"), (["scope": ""], "invalid_scope"),
    ] {
      #expect(try await decide(simulator, [:], more)["error"] == word)
    }
    for more in [["redirect_uri": "https://evil.example/"], ["redirect_uri": "http://127.0.0.1.evil.example/"], ["client_id": "other"]] {
      let reply = try await simulator.wire.respond(to: WireRequest(method: "GET", path: path(.fitbit), query: query(.fitbit, more)))
      #expect(reply.status == 400 && !reply.headers.contains { $0.name == "Location" })
    }
  }

  @Test("only selected scopes are granted and served; a new consent ends a withdrawal", arguments: [nil, "folder"])
  func scopes(_ folderName: String?) async throws {
    let folder = NSTemporaryDirectory() + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let simulator = try simulator(folder: folderName.map { _ in folder }) { $0.faults = [Fault(.invalidGrant, share: 1)] }
    var form = allow(.fitbit)
    form["scope.heartrate"] = nil
    let code = try #require(try await decide(simulator, form)["code"])
    let tokens = try (try await exchange(simulator, code)).json()
    #expect(tokens["scope"] as? String == "activity profile settings")
    let refreshed = "grant_type=refresh_token&client_id=study&refresh_token=\(tokens["refresh_token"] as? String ?? "")"
    let reply = try await simulator.wire.respond(to: WireRequest(method: "POST", path: "/oauth2/token", body: refreshed))
    #expect(reply.status == 200, "the participant's consent is good again")
    let bearer = "Bearer \(try reply.json()["access_token"] as? String ?? "")"
    let heart = WireRequest(method: "GET", path: "/1/user/-/activities/heart/date/2026-03-08/1d.json", authorization: bearer)
    #expect(try await simulator.wire.respond(to: heart).status == 403)
    let devices = WireRequest(method: "GET", path: "/1/user/-/devices.json", authorization: bearer)
    #expect(try await simulator.wire.respond(to: devices).status == 200)
  }

  @Test("Google issues a refresh token only for offline access")
  func online() async throws {
    let simulator = try simulator(.googleHealth)
    let code = try #require(try await decide(simulator, allow(.googleHealth), ["access_type": "online"])["code"])
    #expect(try (try await exchange(simulator, code)).json()["refresh_token"] == nil)
  }
}
