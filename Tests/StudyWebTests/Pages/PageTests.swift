import FlowCore
import FlowErrors
import FlowFileSystem
import FlowRuntime
import StudyModel
import StudyProcessors
import StudyWeb
import Testing

@Suite("Pages")
struct PageTests {
  private static let browser = ["Accept": "text/html"]

  static let pages: [(path: String, text: String)] = [
    ("/", "Days of participants"), ("/participants/P0001", "Participant P0001"), ("/participants/P0001?metric=steps&from=2026-03-08&until=2026-03-10", "Rows of fitbit_intraday_steps"),
    ("/participants/P0001?metric=fitbit_daily_activity.steps", "Daily steps"), ("/runs", "Start a run"), ("/errors", "Errors"), ("/flows/fitbit", "Client secret"),
    ("/schedule", "No schedule: fitbit"), ("/sign-in", "Token of this server"), ("/docs", "openapi.json"),
  ]

  @Test("are HTML without inline scripts and styles, under the strict policy, and tell no secret", arguments: pages)
  func harmless(path: String, text: String) async throws {
    let secrets = try await CollectedBatch.shared.value.secrets
    try await ServerUnderTest.run { server in
      let answer = try await server.ask(path, headers: Self.browser)
      #expect(answer.status == 200 && answer.headers["content-type"] == "text/html; charset=utf-8", "\(answer.status)")
      #expect(answer.text.contains(text), "\(answer.text.prefix(3000))")
      #expect(answer.headers["content-security-policy"]?.contains("default-src 'none'") == true)
      for word in [" style=\"", "<script>", "<style", "javascript:", " onclick="] { #expect(!answer.text.contains(word), "\(word)") }
      for secret in secrets { #expect(!answer.text.contains(secret)) }
      #expect(answer.text.split(separator: "\n").last == "</html>" && !answer.text.contains("{{"))
    }
  }

  @Test("escape whatever an address holds", arguments: ["/participants/X", "/participants/P0001?metric=X", "/participants/P0001?from=X", "/?flow=X", "/errors?participant=X", "/errors/X", "/runs/X", "/flows/X", "/X"])
  func escaped(path: String) async throws {
    try await ServerUnderTest.run { server in
      // A quote followed by a combining mark is one character to Swift, and a quote all the same to a browser.
      let hostile = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%CC%81%27%CC%81%3C%CC%81"
      let answer = try await server.ask(path.replacing("X", with: hostile), headers: Self.browser)
      #expect([200, 400, 404].contains(answer.status), "\(answer.status)")
      for bytes in [Array("<script>alert".utf8), Array("\"\u{301}".utf8), Array("'\u{301}".utf8), Array("<\u{301}".utf8)] {
        #expect(answer.body.firstRange(of: bytes) == nil, "\(path)")
      }
    }
  }

  @Test("of a participant or a flow that is not there say so, with the nearest name", arguments: [("/participants/P001", "P0001"), ("/flows/fitbi", "fitbit"), ("/runs/nothing", "/runs")])
  func unknown(path: String, hint: String) async throws {
    try await ServerUnderTest.run { server in
      let answer = try await server.ask(path, headers: Self.browser)
      #expect(answer.status == 404 && answer.text.contains(hint), "\(answer.status) \(answer.text)")
    }
  }

  @Test("about a problem and about the API stand in the same frame as all others", arguments: ["/nothing", "/participants/nobody", "/runs/nothing", "/docs"])
  func frame(path: String) async throws {
    try await ServerUnderTest.run { server in
      func header(_ answer: TestAnswer) throws -> String { try #require(answer.text.firstMatch(of: #/(?s)<header.*</header>/#).map { String($0.0) }).replacing(" aria-current=\"page\"", with: "") }
      let cookie = try await server.signIn(), signedIn = Self.browser.merging(["Cookie": cookie]) { $1 }
      let page = try await server.ask(path, headers: signedIn)
      #expect(try header(page) == header(try await server.ask("/schedule", headers: signedIn)))
      #expect(page.text.contains("<a class=\"brand\" href=\"/\">fitbit</a>") && page.text.contains("Sign out") && !page.text.contains("href=\"/sign-in"))
      let open = try await server.ask(path, headers: Self.browser)
      #expect(open.text.contains(">fitbit</a>") && open.text.contains("href=\"/sign-in") && !open.text.contains("Sign out"))
    }
  }

  @Test("about a problem are of the flow that was asked for, and name none to who may not read")
  func problemOfFlow() async throws {
    let served = try await CollectedBatch.shared.value.served
    var other = served
    other.graph.name = "other"
    try await ServerUnderTest.run(serves: [served, other], readingNeedsToken: true) { server in
      let page = try await server.ask("/participants/nobody?flow=other", headers: Self.browser, token: ServerUnderTest.token)
      #expect(page.status == 404 && page.text.contains("<a class=\"brand\" href=\"/?flow=other\">other</a>"), "\(page.text)")
      #expect(try await server.ask("/docs?flow=other", headers: Self.browser, token: ServerUnderTest.token).text.contains("<a class=\"brand\" href=\"/?flow=other\">other</a>"))
      let stranger = try await server.ask("/sign-in/nothing", headers: Self.browser)
      #expect(stranger.status == 404 && stranger.text.contains(">flowrun</a>") && !stranger.text.contains("fitbit"), "\(stranger.text)")
    }
  }

  @Test("of the study has the verdict of coverage, a row for each participant, and links")
  func study() async throws {
    let batch = try await CollectedBatch.shared.value
    let access = try StudyAccess(batch.served, on: .here()), coverage = try await access.coverage()
    try await ServerUnderTest.run { server in
      let text = try await server.ask("/", headers: Self.browser).text
      #expect(text.contains("<p class=\"verdict\">\(coverage.verdict)</p>"))
      for one in coverage.participants { #expect(text.contains("<a href=\"/participants/\(one.participant)\">\(one.participant)</a>") && text.contains(">\(one.participant)</text>")) }
      #expect(text.contains("href=\"/runs/\(batch.report.run)\"") && text.contains("href=\"/errors\""))
    }
    try await access.close()
  }

  @Test("of a participant show a metric that has values; where there are none they say so")
  func metrics() async throws {
    let batch = try await CollectedBatch.shared.value, access = try StudyAccess(batch.served, on: .here())
    let participants = try await access.coverage().participants
    try await access.close()
    // The consent of some does not cover heart rate: their page begins with steps.
    #expect(participants.contains { one in one.dataTypes.contains { $0.dataType == "intraday-heart-rate" && $0.counts[.have] == 0 } && one.dataTypes.contains { $0.counts[.have] > 0 } })
    try await ServerUnderTest.run { server in
      for one in participants where one.dataTypes.contains(where: { $0.counts[.have] > 0 }) {
        let text = try await server.ask("/participants/\(one.participant)", headers: Self.browser).text
        #expect(text.contains("id=\"chart\"") && !text.contains(">0 points") && !text.contains("1969-"), "\(one.participant)")
      }
      let none = try await server.ask("/participants/\(participants[0].participant)?metric=fitbit_daily_activity.no_such", headers: Self.browser).text
      #expect(none.contains("There is no metric"))
    }
  }

  @Test("of errors name an entry that cannot be read, and the study counts it")
  func damaged() async throws {
    let batch = try await CollectedBatch(), fileSystem = POSIXFileSystem()
    let before = try await ErrorRecords(folder: batch.served.errors, on: .here()).list().entries
    let entry = try #require(before.first)
    try fileSystem.replaceDurably(entry.path + "/flowfile.json", with: Array("{".utf8), temporary: entry.path + "/new")
    try await ServerUnderTest.run(serves: [batch.served]) { server in
      let text = try await server.ask("/errors", headers: Self.browser).text
      #expect(text.contains("An entry cannot be read") && text.contains(entry.document.uuid), "\(text)")
      #expect(try await server.ask("/", headers: Self.browser).text.contains("<b>\(before.count)</b> <span>error"))
    }
  }

  @Test("of a run that has ended have its counters, and the graph has its counts")
  func run() async throws {
    let batch = try await CollectedBatch.shared.value
    try await ServerUnderTest.run { server in
      let text = try await server.ask("/runs/\(batch.report.run)", headers: Self.browser).text
      let first = try #require(batch.report.processors.first)
      #expect(text.contains("<tr data-processor=\"\(first.name)\">") && text.contains("<tspan class=\"count\" dx=\"4\">\(first.sent["success"] ?? -1)</tspan>"))
      #expect(!text.contains("/assets/live.js"))
    }
  }

  @Test("of a run under way have a live graph and a button that stops it, for who is signed in")
  func live() async throws {
    try await ServerUnderTest.run { server in
      server.desk.show("live-1", [.example(run: "live-1", done: 2)])
      let open = try await server.ask("/runs/live-1", headers: Self.browser).text
      #expect(open.contains("data-events=\"/api/v1/runs/live-1/events\"") && open.contains("/assets/live.js") && open.contains("data-processor=\"read token file\""))
      #expect(!open.contains("Stop this run"))
      let (cookie, token) = try await server.session("/runs/live-1")
      let answer = try await server.ask("/runs/live-1/stop", method: "POST", headers: Self.browser.merging(["Cookie": cookie]) { $1 }, body: "csrf_token=\(token)", json: false)
      #expect(answer.status == 303 && answer.headers["location"] == "/runs/live-1")
      #expect(server.desk.state.withLock { $0.stopped } == ["live-1"])
      let other = try await server.ask("/runs/another/stop", method: "POST", headers: Self.browser.merging(["Cookie": cookie]) { $1 }, body: "csrf_token=\(token)", json: false)
      #expect(other.status == 404)
    }
  }

  @Test("start a run with what the form says; a refusal is said on the page, which keeps what was typed")
  func start() async throws {
    try await ServerUnderTest.run { server in
      let (cookie, token) = try await server.session("/runs"), headers = Self.browser.merging(["Cookie": cookie]) { $1 }
      let form = "csrf_token=\(token)&flow=fitbit&p.from=2026-03-08&p.until=&only=P0001+P0002"
      let answer = try await server.ask("/runs", method: "POST", headers: headers, body: form, json: false)
      #expect(answer.status == 303 && answer.headers["location"] == "/runs/run-of-the-double")
      #expect(server.desk.orders == [RunOrder(flow: "fitbit", parameters: ["from": "2026-03-08"], only: ["P0001", "P0002"])])
      server.desk.refuse(RunRefusal(.underWay, "run <b> is under way"))
      let refused = try await server.ask("/runs", method: "POST", headers: headers, body: form, json: false)
      #expect(refused.status == 409 && refused.text.contains("run &lt;b&gt; is under way") && refused.text.contains("value=\"2026-03-08\""), "\(refused.text)")
      #expect(try await server.ask("/runs", method: "POST", headers: headers, body: "flow=fitbit", json: false).status == 403)
    }
  }

  @Test("replay as the form says: a dry replay says what it would do, a real one leads to its run")
  func replay() async throws {
    try await ServerUnderTest.run { server in
      let (cookie, token) = try await server.session("/runs"), headers = Self.browser.merging(["Cookie": cookie]) { $1 }
      let form = "csrf_token=\(token)&flow=fitbit&cause=scope&participant=P0001&change=yes"
      let dry = try await server.ask("/errors/replay", method: "POST", headers: headers, body: form + "&dry=yes", json: false)
      #expect(dry.status == 200 && dry.text.contains("3 entries would be put back in") && dry.text.contains("<li>three entries</li>"), "\(dry.text)")
      let real = try await server.ask("/errors/replay", method: "POST", headers: headers, body: form, json: false)
      #expect(real.status == 303 && real.headers["location"] == "/runs/replay-of-the-double")
      let orders = server.desk.state.withLock { $0.replays }
      #expect(orders.map(\.isDryRun) == [true, false] && orders.allSatisfy { $0.cause == "scope" && $0.participant == "P0001" && $0.allowsFlowChange && $0.processor == nil })
    }
  }
}

extension ServerUnderTest {
  /// Signs in; returns the cookie and the CSRF token that a page's forms carry.
  fileprivate func session(_ path: String) async throws -> (cookie: String, token: String) {
    let cookie = try await signIn(), page = try await ask(path, headers: ["Accept": "text/html", "Cookie": cookie]).text
    let token = try #require(page.firstMatch(of: #/name="csrf_token" value="(\w+)"/#)?.1)
    return (cookie, String(token))
  }
}
