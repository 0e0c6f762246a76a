import FlowCore
import FlowTesting
import Foundation
import Hummingbird
import StudyWeb
import Testing

@Suite("Signing in")
struct SessionTests {
  /// Shows a form's token, as a page would.
  private struct FormPart: SitePart {
    func addRoutes(to router: Router<WebContext>) {
      router.get("/form") { _, context in Response.page("\(context.isSignedIn) \(context.csrfToken ?? "-")") }
      router.post("/form") { _, _ in Response.page("changed") }
    }
  }

  @Test("a person signs in with the token, changes something with the page's CSRF token, and signs out")
  func wholeWay() async throws {
    try await ServerUnderTest.run(readingNeedsToken: true, parts: [FormPart()]) { server async throws in
      let page = try await server.ask("/sign-in")
      #expect(page.status == 200 && page.text.contains("type=\"password\""))
      #expect(page.text.components(separatedBy: "type=\"password\"").count == 2)
      let asked = try await server.ask("/form?a=b", headers: ["Accept": "text/html"])
      #expect(asked.status == 303 && asked.headers["location"] == "/sign-in?next=%2Fform%3Fa%3Db")
      let wrong = try await server.ask("/sign-in", method: "POST", headers: ["Accept": "text/html"], body: "token=wrong&next=%2Fform", json: false)
      #expect(wrong.status == 401 && wrong.headers["set-cookie"] == nil && wrong.text.contains("role=\"alert\""))
      let right = try await server.ask("/sign-in", method: "POST", body: "token=\(ServerUnderTest.token)&next=%2Fform%3Fa%3Db", json: false)
      #expect(right.status == 303 && right.headers["location"] == "/form?a=b")
      let cookie = String(try #require(right.headers["set-cookie"]).prefix { $0 != ";" })
      let form = try await server.ask("/form", headers: ["Cookie": "other=1; \(cookie)"])
      let words = form.text.split(separator: " ")
      try #require(form.status == 200 && words.count == 2 && words[0] == "true")
      let csrf = String(words[1])

      func post(_ body: String, _ headers: [String: String] = [:]) async throws -> Int {
        try await server.ask("/form", method: "POST", headers: headers.merging(["Cookie": cookie]) { $1 }, body: body, json: false).status
      }
      #expect(try await post("a=b") == 403)
      #expect(try await post("csrf_token=wrong") == 403)
      #expect(try await post("csrf_token=\(csrf)") == 200)
      #expect(try await post("csrf_token=\(csrf)", ["Origin": "https://evil.example"]) == 403)
      #expect(try await post("a=b", ["X-CSRF-Token": csrf]) == 200)
      // JSON cannot carry the form's field.
      let json = try await server.ask("/api/v1/runs", method: "POST", headers: ["Cookie": cookie], body: "{\"csrf_token\": \"\(csrf)\"}")
      #expect(json.status == 403)

      #expect(try await server.ask("/sign-out", method: "POST", headers: ["Cookie": cookie], body: "a=b", json: false).status == 403)
      let out = try await server.ask("/sign-out", method: "POST", headers: ["Cookie": cookie], body: "csrf_token=\(csrf)", json: false)
      #expect(out.status == 303 && out.headers["set-cookie"]?.contains("Max-Age=0") == true)
      #expect(try await server.ask("/form", headers: ["Cookie": cookie]).status == 401)
    }
  }

  @Test("a foreign page can neither sign a browser in nor spend its attempts", arguments: ["cross-site", "same-site"])
  func foreign(site: String) async throws {
    let time = ManualTime()
    try await ServerUnderTest.run(isMadeUp: true, time: time) { server async throws in
      for _ in 0..<20 {
        let link = try await server.ask(
          "/sign-in?token=wrong", headers: ["Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "text/html"])
        #expect(link.status == 200 && link.headers["set-cookie"] == nil && !link.text.contains("role=\"alert\""))
        #expect(try await server.ask("/sign-in?token=wrong", headers: ["Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"]).status == 403)
        #expect(try await server.ask("/sign-in", method: "POST", headers: ["Sec-Fetch-Site": site], body: "token=wrong", json: false).status == 403)
      }
      let right = try await server.ask(
        "/sign-in?token=\(ServerUnderTest.token)", headers: ["Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"])
      #expect(right.headers["set-cookie"] == nil, "nobody is signed in by somebody else's link")
      // The person's own attempts are all left.
      for _ in 0..<5 { #expect(try await server.ask("/sign-in?token=wrong").status == 401) }
      #expect(try await server.ask("/sign-in?token=wrong").status == 429)
    }
  }

  @Test("a session ends after twelve hours")
  func ends() async throws {
    let time = ManualTime()
    try await ServerUnderTest.run(readingNeedsToken: true, parts: [FormPart()], time: time) { server async throws in
      let cookie = try await server.signIn()
      time.advance(by: .seconds(12 * 3600 - 1))
      #expect(try await server.ask("/form", headers: ["Cookie": cookie]).status == 200)
      time.advance(by: .seconds(1))
      #expect(try await server.ask("/form", headers: ["Cookie": cookie]).status == 401)
    }
  }

  @Test("the cookie is for this server's pages only", arguments: [
    (nil, "HttpOnly; SameSite=Strict", false), ("http://study.example.org", "HttpOnly; SameSite=Strict", false),
    ("https://study.example.org", "HttpOnly; SameSite=Strict; Secure", true),
  ])
  func cookie(publicURL: String?, flags: String, isHostBound: Bool) async throws {
    try await ServerUnderTest.run(publicURL: publicURL) { server async throws in
      let answer = try await server.ask("/sign-in", method: "POST", body: "token=\(ServerUnderTest.token)", json: false)
      let field = try #require(answer.headers["set-cookie"])
      #expect(field.hasSuffix("; Path=/; Max-Age=43200; \(flags)"))
      #expect(field.hasPrefix("__Host-flowrun=") == isHostBound)
      #expect(!field.contains(ServerUnderTest.token))
    }
  }

  @Test("signing in leads to a page of this server, whatever the link says", arguments: [
    ("/runs/1?a=b", "/runs/1?a=b"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("https://evil.example", "/"), ("javascript:alert(1)", "/"),
    ("/a\u{1}b", "/"), ("/sign-in", "/"), ("", "/"), ("/a\r\nSet-Cookie: x=y", "/"),
  ])
  func next(asked: String, leads: String) async throws {
    try await ServerUnderTest.run { server async throws in
      let answer = try await server.ask(
        "/sign-in", method: "POST", body: PercentEncoding.encode([("token", ServerUnderTest.token), ("next", asked)]), json: false)
      #expect(answer.status == 303 && answer.headers["location"] == leads)
    }
  }

  @Test("the address that the server prints signs in; a token of a file is never taken from an address", arguments: [true, false])
  func address(isMadeUp: Bool) async throws {
    try await ServerUnderTest.run(isMadeUp: isMadeUp, parts: [FormPart()]) { server async throws in
      let answer = try await server.ask("/sign-in?token=\(ServerUnderTest.token)", headers: ["Accept": "text/html"])
      #expect(answer.status == 200)
      #expect((answer.headers["set-cookie"] != nil) == isMadeUp)
      #expect(answer.headers["refresh"] == (isMadeUp ? "0; url=/" : nil))
      #expect(answer.headers["referrer-policy"] == (isMadeUp ? "no-referrer" : "same-origin"))
      let wrong = try await server.ask("/sign-in?token=wrong")
      #expect(wrong.headers["set-cookie"] == nil)
      for answer in [answer, wrong] { #expect(try SecretSearch([ServerUnderTest.token]).places(in: Data(answer.raw)) == []) }
      #expect(server.lines.withLock { $0 }.allSatisfy { !$0.contains(ServerUnderTest.token) && !$0.contains("token=") })
    }
  }
}
