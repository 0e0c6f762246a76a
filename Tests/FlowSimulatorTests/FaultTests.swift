import FlowBase
import Testing

@testable import FlowSimulator

@Suite("Faults")
struct FaultTests {
  @Test("every form on the command line is parsed", arguments: [
    ("status=429:0.05", Fault(.status(429), share: 0.05)), ("status=500:0.02", Fault(.status(500), share: 0.02)),
    ("reset:0.01", Fault(.reset, share: 0.01)), ("truncate:0.01", Fault(.truncate, share: 0.01)),
    ("html:1", Fault(.html, share: 1)), ("slow=2s:0.01", Fault(.slow(milliseconds: 2000), share: 0.01)),
    ("slow=250ms:0.5", Fault(.slow(milliseconds: 250), share: 0.5)),
    ("lost-token-response:0.01", Fault(.lostTokenResponse, share: 0.01)),
    ("invalid-grant:0.01", Fault(.invalidGrant, share: 0.01)),
    ("scope=heartrate:0.02", Fault(.scope(.heartrate), share: 0.02)),
    ("cut=0:0.5", Fault(.cut(bytes: 0), share: 0.5)), ("cut=17:1", Fault(.cut(bytes: 17), share: 1)),
    ("last-chunk-missing:1", Fault(.lastChunkMissing, share: 1)), ("error-200:0.1", Fault(.error200, share: 0.1)),
    ("quota-403:0.1", Fault(.quota403, share: 0.1)), ("same-token:1", Fault(.sameToken, share: 1)),
    ("token/reset:0.5", Fault(.reset, share: 0.5, of: .token)), ("data/status=500:1", Fault(.status(500), share: 1, of: .data)),
    ("scope=oxygen_saturation:1", Fault(.scope(.oxygenSaturation), share: 1)),
  ])
  func parsing(text: String, fault: Fault) throws {
    #expect(try Fault(parsing: text) == fault)
    #expect(try Fault(parsing: fault.description) == fault)
  }

  @Test("an invalid fault is rejected with the expected form", arguments: [
    "", "reset", "reset:2", "reset:-0.1", "reset:x", "explode:0.1", "status=200:0.1", "status:0.1", "slow:0.1", "slow=2:0.1",
    "scope=moon:0.1", "reset=1:0.1", "cut:0.1", "cut=-1:0.1", "cut=x:0.1", "page/reset:0.1", "token/:0.1", "/reset:0.1",
  ])
  func badForms(text: String) {
    #expect(throws: SimulatorError.self) { try Fault(parsing: text) }
  }

  @Test("Google's name of a scope is accepted too")
  func googleScope() throws {
    #expect(try Fault(parsing: "scope=activity_and_fitness:0.1") == Fault(.scope(.activity), share: 0.1))
  }

  @Test(
    "a fault affects the requested share of requests",
    arguments: [
      ("status=429:0.05", 0.05), ("status=500:0.2", 0.2), ("html:0.3", 0.3), ("reset:0.1", 0.1), ("truncate:0.25", 0.25),
    ], SimulatorConfiguration.API.allCases)
  func share(_ fault: (text: String, share: Double), api: SimulatorConfiguration.API) async throws {
    let share = fault.share
    let fault = try Fault(parsing: fault.text)
    let simulator = try simulator(api) {
      $0.faults = [fault]
      $0.rateLimit = 100_000
    }
    let client = try await signedIn(simulator)
    let whole = try await SimulatorTwin.whole(client.participant, api)
    var hit = 0
    for _ in 0..<2000 {
      let reply = try await client.devices()
      if reply.delivery != .whole || reply.status != 200 || reply.text != whole { hit += 1 }
    }
    #expect(abs(Double(hit) / 2000 - share) < 0.035)
  }

  @Test("one seed affects the same requests, independent of others", arguments: SimulatorConfiguration.API.allCases)
  func deterministic(api: SimulatorConfiguration.API) async throws {
    var outcomes: [[Int]] = []
    for order in [Array(0..<40), Array((0..<40).reversed())] {
      let simulator = try simulator(api) {
        $0.faults = [Fault(.status(503), share: 0.3)]
        $0.rateLimit = 1000
      }
      let client = try await signedIn(simulator)
      var statuses = Array(repeating: 0, count: 40)
      for day in order {
        statuses[day] = try await client.day(CivilDate(dayNumber: 20_500 + day)).status
      }
      outcomes.append(statuses)
    }
    #expect(outcomes[0] == outcomes[1])
    #expect(outcomes[0].contains(503))
  }

  @Test("a repeated request and a restarted simulator draw again")
  func repeated() async throws {
    let plan = FaultDice([Fault(.status(500), share: 0.5)], seed: 1, boot: 0)
    let throwsOfOne = (0..<200).map { _ in plan.trouble(for: "GET /x", isTokenRequest: false).kind != nil }
    #expect(Set(throwsOfOne) == [true, false])
    let other = FaultDice([Fault(.status(500), share: 0.5)], seed: 1, boot: 1)
    let throwsOfOther = (0..<200).map { _ in other.trouble(for: "GET /x", isTokenRequest: false).kind != nil }
    #expect(throwsOfOne != throwsOfOther)
  }

  @Test("a lost token response still issues a token, which can be requested again", arguments: SimulatorConfiguration.API.allCases)
  func lostTokenResponse(api: SimulatorConfiguration.API) async throws {
    let simulator = try simulator(api) {
      $0.faults = [Fault(.lostTokenResponse, share: 0.5)]
      $0.refreshGraceSeconds = 120
    }
    for enrolment in try simulator.enrolments() {
      var client = try WireClient(simulator, enrolment.participant)
      var lost = 0
      var reply = try await client.requestToken(client.refreshToken)
      while reply.delivery == .none {
        lost += 1
        reply = try await client.requestToken(client.refreshToken)
      }
      client.accessToken = try #require(try reply.json()["access_token"] as? String)
      #expect(try await client.devices().status == 200)
    }
  }

  @Test("withdrawn consent and missing scopes affect at least one participant")
  func participants() async throws {
    let simulator = try simulator { $0.faults = [Fault(.invalidGrant, share: 0.01), Fault(.scope(.heartrate), share: 0.08)] }
    var (refused, partial) = (0, 0)
    for enrolment in try simulator.enrolments() {
      let client = try WireClient(simulator, enrolment.participant)
      let reply = try await client.requestToken(client.refreshToken)
      guard reply.status == 200 else {
        refused += 1
        #expect(reply.text.contains("invalid_grant"))
        continue
      }
      guard !reply.text.contains("heartrate") else { continue }
      partial += 1
      let signedIn = try await WireClient.signedIn(simulator, enrolment.participant)
      let heart = try await signedIn.get("/1/user/-/activities/heart/date/2026-03-08/1d.json")
      #expect(heart.status == 403)
      #expect(heart.text.contains("insufficient_scope"))
      let activity = try await signedIn.get("/1/user/-/activities/date/2026-03-08.json")
      #expect(activity.status == 200)
      #expect(!activity.text.contains("restingHeartRate"))
    }
    #expect(refused == 1)
    #expect(partial == 2 || partial == 1)
  }

  @Test("the same faults occur on the Google wire, in its terms")
  func googleParticipants() async throws {
    let simulator = try simulator(.googleHealth) {
      $0.faults = [Fault(.invalidGrant, share: 0.01), Fault(.scope(.heartrate), share: 0.04)]
    }
    var (refused, partial) = (0, 0)
    for enrolment in try simulator.enrolments() {
      var client = try WireClient(simulator, enrolment.participant)
      let reply = try await client.requestToken(client.refreshToken)
      guard reply.status == 200 else {
        refused += 1
        #expect(reply.status == 400)
        #expect(try reply.json()["error"] as? String == "invalid_grant")
        continue
      }
      guard !reply.text.contains("health_metrics_and_measurements") else { continue }
      partial += 1
      try await client.refresh()
      let heart = try await client.get("/v4/users/me/dataTypes/heart-rate/dataPoints:reconcile")
      #expect(heart.status == 403)
      #expect(heart.text.contains("ACCESS_TOKEN_SCOPE_INSUFFICIENT"))
      #expect(try await client.dailyRollUp("steps", CivilDate(dayNumber: Population.start / 86_400)).status == 200)
    }
    #expect((refused, partial) == (1, 1))
  }

  @Test(
    "an injected error has the provider's form and repeats the token", arguments: SimulatorConfiguration.API.allCases,
    [400, 401, 403, 404, 409, 410, 412, 429, 500, 502, 503, 504])
  func errors(api: SimulatorConfiguration.API, status: Int) async throws {
    let simulator = try simulator(api) { $0.faults = [Fault(.status(status), share: 1)] }
    var client = try WireClient(simulator, "P0001")
    client.accessToken = "secret-token"
    let reply = try await client.devices()
    #expect(reply.status == status)
    if reply.contentType == "text/html" || [410, 429].contains(status) { return }
    #expect(reply.text.contains("secret-token"))
    switch api {
    case .fitbit: #expect(try reply.json()["success"] as? Bool == false)
    case .googleHealth: #expect((try reply.json()["error"] as? [String: Any])?["code"] as? Int == status)
    }
    let token = try await client.requestToken(client.refreshToken)
    #expect(token.status == status && token.text.contains(client.refreshToken))
  }

  @Test("a fault of token requests does not affect data, and vice versa", arguments: SimulatorConfiguration.API.allCases)
  func targets(api: SimulatorConfiguration.API) async throws {
    let data = try simulator(api) { $0.faults = [Fault(.status(500), share: 1, of: .data)] }
    #expect(try await WireClient.signedIn(data).devices().status == 500)
    let token = try simulator(api) { $0.faults = [Fault(.status(503), share: 1, of: .token)] }
    let client = try WireClient(token, "P0001")
    #expect(try await client.requestToken(client.refreshToken).status == 503)
    #expect(try await client.devices().status == 401)
  }

  @Test("disguised errors: 200 with an error's JSON, 403 with a quota message", arguments: SimulatorConfiguration.API.allCases)
  func disguised(api: SimulatorConfiguration.API) async throws {
    let enveloped = try await signedIn(try simulator(api) { $0.faults = [Fault(.error200, share: 1, of: .data)] }).devices()
    #expect(enveloped.status == 200)
    #expect(try enveloped.json()[api == .fitbit ? "errors" : "error"] != nil)
    var words: Set<String> = []
    let client = try await signedIn(try simulator(api) { $0.faults = [Fault(.quota403, share: 1, of: .data)] })
    for _ in 0..<20 {
      let reply = try await client.devices()
      #expect(reply.status == 403)
      for word in ["userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"] where reply.text.contains(word) { words.insert(word) }
    }
    #expect(words.count == 2)
  }

  @Test("a slow response states its duration", arguments: SimulatorConfiguration.API.allCases)
  func slow(api: SimulatorConfiguration.API) async throws {
    let client = try await signedIn(try simulator(api) { $0.faults = [Fault(.slow(milliseconds: 1500), share: 1)] })
    #expect(try await client.devices().delayMilliseconds == 1500)
  }

  /// A client with an access token, even if token requests can fail.
  private func signedIn(_ simulator: Simulator) async throws -> WireClient {
    var client = try WireClient(simulator, "P0001")
    // A response lost to a fault has used up the token: take the live one, as after a new consent.
    while true {
      client.refreshToken = try #require(try simulator.enrolments().first).refreshToken
      let reply = try await client.requestToken(client.refreshToken)
      guard reply.status == 200, reply.delivery == .whole, reply.contentType == "application/json",
        reply.text.hasSuffix("}")
      else { continue }
      client.accessToken = try #require(try reply.json()["access_token"] as? String)
      return client
    }
  }
}

/// The same simulation without faults.
private enum SimulatorTwin {
  static func whole(_ participant: SimulatedParticipant, _ api: SimulatorConfiguration.API) async throws -> String {
    try await WireClient.signedIn(try simulator(api), participant.name).devices().text
  }
}
