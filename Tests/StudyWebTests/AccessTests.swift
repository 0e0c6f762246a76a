import FlowCore
import FlowTesting
import Foundation
import HTTPTypes
import StudyWeb
import Testing

@Suite("Who may ask what")
struct AccessTests {
  /// A request that is planted, and how it is answered.
  struct Plant: Sendable, CustomTestStringConvertible {
    var what: String
    var method = "GET"
    var target = "/api/v1/flows"
    var headers: [String: String] = [:]
    var body: String?
    var token: String?
    /// The answer of a server on loopback without `--token-file`, and of one with it.
    var open: Int
    var closed: Int
    var testDescription: String { what }

    static let order = "{\"flow\": \"fitbit\"}"
    static func get(_ what: String, _ site: String, _ mode: String, _ destination: String, open: Int, closed: Int? = nil) -> Plant {
      Plant(what: what, headers: ["Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination], open: open, closed: closed ?? open)
    }
    static func post(_ what: String, _ headers: [String: String] = [:], token: String? = nil, open: Int, closed: Int? = nil) -> Plant {
      Plant(what: what, method: "POST", target: "/api/v1/runs", headers: headers, body: order, token: token, open: open, closed: closed ?? open)
    }
  }

  static let plants: [Plant] = [
    Plant(what: "reading", open: 200, closed: 401),
    Plant(what: "reading with the token", token: ServerUnderTest.token, open: 200, closed: 200),
    Plant(what: "reading with a wrong token", token: "wrong", open: 401, closed: 401),
    Plant(what: "reading with half of the token", token: String(ServerUnderTest.token.prefix(12)), open: 401, closed: 401),
    Plant(what: "reading with another scheme", headers: ["Authorization": "Basic \(ServerUnderTest.token)"], open: 200, closed: 401),
    Plant(what: "a page", target: "/nothing", headers: ["Accept": "text/html"], open: 404, closed: 303),
    Plant(what: "health", target: "/healthz", open: 200, closed: 200),
    Plant(what: "readiness", target: "/readyz", open: 200, closed: 200),
    Plant(what: "metrics", target: "/metrics", open: 200, closed: 401),
    Plant(what: "a path that only begins like a public one", target: "/healthzz", open: 404, closed: 401),
    Plant(what: "a public path in another spelling", target: "//healthz", open: 200, closed: 401),
    Plant(what: "the document", target: "/api/v1/openapi.json", open: 200, closed: 401),
    // Names of this machine.
    Plant(what: "localhost", headers: ["Host": "localhost:8080"], open: 200, closed: 401),
    Plant(what: "the IPv6 loopback", headers: ["Host": "[::1]:8080"], open: 200, closed: 401),
    Plant(what: "a foreign name (DNS rebinding)", headers: ["Host": "evil.example"], open: 421, closed: 421),
    Plant(what: "a foreign name with the token", headers: ["Host": "evil.example:8080"], token: ServerUnderTest.token, open: 421, closed: 421),
    Plant(what: "a name that ends like this machine's", headers: ["Host": "notlocalhost"], open: 421, closed: 421),
    Plant(what: "another address", headers: ["Host": "192.0.2.1"], open: 421, closed: 421),
    Plant(what: "an unreadable name", headers: ["Host": "127.0.0.1/evil"], open: 400, closed: 400),
    Plant(what: "a foreign name of a public path", target: "/healthz", headers: ["Host": "evil.example"], open: 421, closed: 421),
    // Foreign pages: as a part of themselves they read nothing, a link from them is followed.
    .get("an image or a script of a foreign page", "cross-site", "no-cors", "image", open: 403),
    .get("a request of a foreign page's script", "cross-site", "cors", "empty", open: 403),
    .get("a frame of a foreign page", "cross-site", "navigate", "iframe", open: 403),
    .get("an embedded object of a foreign page", "cross-site", "navigate", "object", open: 403),
    .get("a part of a page on another port of this machine", "same-site", "no-cors", "script", open: 403),
    .get("a link from a foreign page", "cross-site", "navigate", "document", open: 200, closed: 401),
    .get("a bookmark", "none", "navigate", "document", open: 200, closed: 401),
    .get("a script of the server's own page", "same-origin", "cors", "empty", open: 200, closed: 401),
    Plant(what: "reading as a part of a foreign page with the token", headers: ["Sec-Fetch-Site": "cross-site"], token: ServerUnderTest.token, open: 403, closed: 403),
    Plant(what: "reading from a foreign origin", headers: ["Origin": "https://evil.example"], open: 403, closed: 403),
    Plant(what: "a page as a part of a foreign one", target: "/", headers: ["Sec-Fetch-Site": "cross-site", "Accept": "image/*"], open: 403, closed: 403),
    Plant(what: "readiness as a part of a foreign page", target: "/readyz", headers: ["Sec-Fetch-Site": "cross-site"], open: 403, closed: 403),
    Plant(what: "an asset as a part of a foreign page", target: "/assets/site.css", headers: ["Sec-Fetch-Site": "cross-site"], open: 403, closed: 403),
    // Changes.
    .post("a change without token", open: 401),
    .post("a change with the token", token: ServerUnderTest.token, open: 201),
    .post("a change with a wrong token", token: "wrong", open: 401),
    .post("a change from this server's page", ["Host": "localhost:1", "Origin": "http://localhost:1"], token: ServerUnderTest.token, open: 201),
    .post("a change from another port of this machine", ["Host": "localhost:1", "Origin": "http://localhost:2"], token: ServerUnderTest.token, open: 403),
    .post("a change from a foreign page", ["Origin": "https://evil.example"], token: ServerUnderTest.token, open: 403),
    .post("a change from a page without an origin", ["Origin": "null"], token: ServerUnderTest.token, open: 403),
    .post("a change from another site, without Origin", ["Sec-Fetch-Site": "cross-site"], token: ServerUnderTest.token, open: 403),
    .post("a change from the same site", ["Sec-Fetch-Site": "same-site"], token: ServerUnderTest.token, open: 403),
    .post("a change from a bookmark", ["Sec-Fetch-Site": "none"], token: ServerUnderTest.token, open: 201),
    .post("a change with a made-up session", ["Cookie": "flowrun-8080=0123456789"], open: 401),
    Plant(what: "another method", method: "DELETE", target: "/api/v1/runs", token: ServerUnderTest.token, open: 405, closed: 405),
    Plant(what: "another method without token", method: "DELETE", target: "/api/v1/runs", open: 401, closed: 401),
  ]

  @Test("each rule refuses what breaks it, and nothing else", arguments: [false, true])
  func plants(readingNeedsToken: Bool) async throws {
    for plant in Self.plants {
      // Each has a server of its own: wrong tokens slow the next ones down.
      try await ServerUnderTest.run(readingNeedsToken: readingNeedsToken) { server async throws in
        let answer = try await server.ask(plant.target, method: plant.method, headers: plant.headers, body: plant.body, token: plant.token)
        #expect(answer.status == (readingNeedsToken ? plant.closed : plant.open), "\(plant.what): \(answer.text)")
        #expect(answer.status != 401 || answer.headers["www-authenticate"]?.hasPrefix("Bearer ") == true, "\(plant.what)")
        #expect(server.desk.orders.count == (answer.status == 201 ? 1 : 0), "\(plant.what)")
      }
    }
  }

  @Test("a request without Host, or with two, is not answered")
  func hosts() async throws {
    try await ServerUnderTest.run { server async throws in
      #expect(try await server.exchange("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n").status == 400)
      #expect(try await server.exchange("GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n").status == 400)
    }
  }

  @Test("the public address is a name of the server, and the origin of its pages")
  func publicURL() async throws {
    try await ServerUnderTest.run(readingNeedsToken: true, publicURL: "https://study.example.org/") { server async throws in
      func post(_ origin: String) async throws -> Int {
        try await server.ask(
          "/api/v1/runs", method: "POST", headers: ["Host": "study.example.org", "Origin": origin], body: Plant.order, token: ServerUnderTest.token
        ).status
      }
      #expect(try await post("https://study.example.org") == 201)
      #expect(try await post("https://study.example.org:8443") == 403)
      // A page of the same name without TLS may be anybody's.
      #expect(try await post("http://study.example.org") == 403)
      let signIn = try await server.ask(
        "/sign-in", method: "POST", headers: ["Host": "study.example.org", "Origin": "http://study.example.org"], body: "token=\(ServerUnderTest.token)", json: false)
      #expect(signIn.status == 403 && signIn.headers["set-cookie"] == nil)
      let here = try await server.ask(
        "/api/v1/runs", method: "POST", headers: ["Host": "localhost:8081", "Origin": "http://localhost:8081"], body: Plant.order, token: ServerUnderTest.token)
      #expect(here.status == 201)
      #expect(try await post("https://other.example.org") == 403)
    }
  }

  @Test("under a public address without TLS, its port belongs to the origin, also where a proxy leaves it out of Host")
  func publicPort() async throws {
    try await ServerUnderTest.run(readingNeedsToken: true, publicURL: "http://study.example.org:8080") { server async throws in
      for (host, origin, status) in [
        ("study.example.org", "http://study.example.org:8080", 201), ("study.example.org:8080", "http://study.example.org:8080", 201),
        ("study.example.org", "http://study.example.org", 403), ("study.example.org", "https://study.example.org:8080", 403),
      ] {
        let answer = try await server.ask(
          "/api/v1/runs", method: "POST", headers: ["Host": host, "Origin": origin], body: Plant.order, token: ServerUnderTest.token)
        #expect(answer.status == status, "\(host) \(origin)")
      }
    }
  }

  @Test("wrong tokens are slowed, by address; the right one is answered meanwhile, and ends the wait")
  func slowed() async throws {
    let time = ManualTime()
    try await ServerUnderTest.run(readingNeedsToken: true, time: time) { server async throws in
      for _ in 0..<5 { #expect(try await server.ask("/api/v1/flows", token: "wrong").status == 401) }
      let answer = try await server.ask("/api/v1/flows", token: "wrong")
      #expect(answer.status == 429 && answer.headers["retry-after"] == "2")
      #expect(try await server.ask("/sign-in", method: "POST", body: "token=wrong", json: false).status == 429)
      time.advance(by: .seconds(2))
      #expect(try await server.ask("/api/v1/flows", token: "wrong").status == 401)
      #expect(try await server.ask("/api/v1/flows", token: "wrong").status == 429)
      // Others behind the same address must not lock its holder out.
      #expect(try await server.ask("/api/v1/flows", token: ServerUnderTest.token).status == 200)
      #expect(try await server.ask("/api/v1/flows", token: "wrong").status == 401)
    }
  }

  @Test("each further wrong token doubles the wait, up to a minute, and quiet addresses are forgotten")
  func throttle() {
    var throttle = AttemptThrottle()
    var now = Duration.zero
    var waits: [Int64] = []
    for _ in 0..<14 {
      throttle.failed("a", now: now)
      waits.append(throttle.wait(of: "a", now: now) ?? 0)
      #expect(throttle.wait(of: "b", now: now) == nil)
    }
    #expect(waits == [0, 0, 0, 0, 2, 3, 5, 9, 17, 33, 61, 61, 61, 61])
    now += .seconds(60)
    #expect(throttle.wait(of: "a", now: now) == nil)
    now += .seconds(900)
    throttle.failed("a", now: now)
    #expect(throttle.wait(of: "a", now: now) == nil)
    for index in 0..<20_000 { throttle.failed("address \(index)", now: now) }
  }
}
