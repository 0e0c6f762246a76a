import FlowCore
import FlowRuntime
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants
import StudyWeb
import Testing

@Suite("Consent by invitation, over HTTP", .timeLimit(.minutes(5)))
struct ConsentPagesTests {
  @Test("from the link to rows: the page asks, the provider's page answers, the next run collects", arguments: ["fitbit", "google-health"])
  func way(_ flow: String) async throws {
    let study = try await ConsentStudy(flow: flow)
    let links = try await study.invite()
    #expect(links.count == 2)
    let secrets = Locked<[String]>([])
    try await study.serving { browser in
      let page = try await browser.ask(links[0])
      #expect(page.status == 200 && page.heading == "Share your \(flow == "fitbit" ? "Fitbit" : "Google Health") data with the study")
      #expect(page.text.contains("<form method=\"post\">") && page.text.contains("Steps, distance"))
      let provider = try await browser.press(links[0])
      #expect(provider.hasPrefix(study.graph.parameters.first { $0.name == "api" }?.value ?? "?"))
      let callback = try await browser.decide(provider, as: "P0001")
      let thanks = try await browser.ask(callback)
      #expect(thanks.status == 200 && thanks.heading == "Thank you", "\(thanks.text)")
      #expect(try await browser.ask(callback).heading == "Thank you", "a reloaded page says the same")
      #expect(try await browser.ask(links[0]).heading == "You have already agreed")
      #expect(try await browser.ask(links[0], method: "POST", body: "").heading == "You have already agreed")
      secrets.withLock { $0 += [String(callback.split(separator: "code=").last?.prefix { $0 != "&" } ?? "")] }
      let all = browser.seen.withLock { $0 }
      let search = try SecretSearch(study.simulator.tokensEverIssued() + [ConsentStudy.client])
      #expect(search.places(in: Data(all)) == [])
      let text = String(decoding: all, as: UTF8.self)
      #expect(!text.contains("P0001"), "no page names a participant")
    }
    let statuses = try await study.statuses()
    #expect(statuses["P0001"]?.state == .consented && statuses["P0002"]?.state == .invited && statuses["P0003"] == nil)
    let report = try await study.collect("P0001")
    #expect(report.exit == 0 && report.participants.complete == 1)
    try await expectNoSecret(study, links, secrets.withLock { $0 })
    await study.simulator.stop()
  }

  /// Neither code nor token outside of the participant files.
  private func expectNoSecret(_ study: ConsentStudy, _ links: [String], _ codes: [String]) async throws {
    let search = try SecretSearch(study.simulator.tokensEverIssued() + links.map { String($0.dropFirst("/consent/".count)) } + codes.filter { !$0.isEmpty } + [ConsentStudy.client])
    #expect(try search.files(below: study.folder.path) { $0.hasPrefix("participants/P") } == [])
    #expect(search.places(in: Data(study.log.withLock { $0.joined(separator: "\n") }.utf8)) == [])
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var status: Int
    var heading: String
    var listed: InvitationStatus.State
    /// Where the link leads afterwards.
    var linkWorks = true
    var act: @Sendable (ConsentStudy, ConsentBrowser, String) async throws -> TestAnswer
  }

  static let wrongWays: [Wrong] = [
    Wrong(testDescription: "refusal", status: 200, heading: "You did not agree", listed: .refused) { _, browser, link in
      try await browser.ask(browser.decide(browser.press(link), as: nil))
    },
    Wrong(testDescription: "a scope left out", status: 200, heading: "Thank you, but some data is not shared", listed: .consented, linkWorks: false) { study, browser, link in
      let page = try await browser.press(link)
      return try await browser.ask(browser.decide(page, as: "P0001", leavingOut: ["heartrate", "https://www.googleapis.com/auth/googlehealth.sleep.readonly", "https://www.googleapis.com/auth/googlehealth.health_metrics_and_measurements.readonly"]))
    },
    Wrong(testDescription: "another participant's account", status: 409, heading: "This was another account", listed: .wrongAccount) { study, browser, link in
      // P0003 is known by a run.
      _ = try await study.collect("P0003")
      return try await browser.ask(browser.decide(browser.press(link), as: "P0003"))
    },
    Wrong(testDescription: "the answer to an earlier request", status: 409, heading: "Please open your link again", listed: .opened) { _, browser, link in
      let callback = try await browser.decide(browser.press(link), as: "P0001")
      _ = try await browser.press(link)
      return try await browser.ask(callback)
    },
    Wrong(testDescription: "a forged state", status: 409, heading: "Please open your link again", listed: .opened) { _, browser, link in
      let callback = try await browser.decide(browser.press(link), as: "P0001")
      return try await browser.ask(callback.replacing(#/state=([0-9a-f]{64})\.[^&]*/#) { "state=\($0.1).forged" })
    },
    Wrong(testDescription: "a code that the provider does not know", status: 409, heading: "This did not work", listed: .opened) { _, browser, link in
      let callback = try await browser.decide(browser.press(link), as: "P0001")
      return try await browser.ask(callback.replacing(#/code=[^&]*/#, with: "code=forged"))
    },
    Wrong(testDescription: "the provider's code is too old", status: 409, heading: "This did not work", listed: .opened) { study, browser, link in
      let callback = try await browser.decide(browser.press(link), as: "P0001")
      try study.simulator.advance(by: .seconds(601))
      return try await browser.ask(callback)
    },
    Wrong(testDescription: "another browser", status: 200, heading: "Is this your own invitation?", listed: .opened) { _, browser, link in
      let callback = try await browser.decide(browser.press(link), as: "P0001")
      browser.forgetCookies()
      return try await browser.ask(callback)
    },
    Wrong(testDescription: "the provider has gone", status: 503, heading: "{provider} does not answer", listed: .opened) { study, browser, link in
      let callback = try await browser.decide(browser.press(link), as: "P0001")
      await study.simulator.stop()
      return try await browser.ask(callback)
    },
  ]

  @Test("each wrong way has its own page, and the link stays where it can", arguments: wrongWays, ["fitbit", "google-health"])
  func wrong(_ way: Wrong, flow: String) async throws {
    let study = try await ConsentStudy(flow: flow)
    let link = try await study.invite(["P0001"])[0]
    try await study.serving { browser in
      let answer = try await way.act(study, browser, link)
      #expect(answer.status == way.status)
      #expect(answer.heading == way.heading.replacing("{provider}", with: flow == "fitbit" ? "Fitbit" : "Google Health"), "\(answer.text)")
      #expect(!answer.text.contains("P000"), "no page names a participant")
      let after = try await browser.ask(link)
      #expect(after.status == (way.linkWorks ? 200 : 410))
      let secrets = try study.simulator.tokensEverIssued()
      #expect(try SecretSearch(secrets).places(in: Data(browser.seen.withLock { $0 })) == [])
    }
    #expect(try await study.statuses()["P0001"]?.state == way.listed)
    if way.listed != .consented { #expect(try !study.text("P0001").contains("refresh_token\"")) }
    try await expectNoSecret(study, [link], [])
    await study.simulator.stop()
  }

  @Test("the other browser's page goes on with its button; so does the one of a provider that was away")
  func buttons() async throws {
    let study = try await ConsentStudy()
    let link = try await study.invite(["P0001"])[0]
    try await study.serving { browser in
      let callback = try await browser.decide(browser.press(link), as: "P0001")
      browser.forgetCookies()
      let page = try await browser.ask(callback)
      let fields = page.text.matches(of: #/name="(\w+)" value="([^"]*)"/#).map { "\($0.1)=\($0.2)" }
      #expect(fields.count == 3 && page.text.contains(#"action="/consent/callback""#))
      let thanks = try await browser.ask("/consent/callback", method: "POST", body: fields.joined(separator: "&"))
      #expect(thanks.heading == "Thank you", "\(thanks.text)")
    }
    await study.simulator.stop()
  }

  @Test("guesses from everywhere lock nobody out, are all answered alike in the end, and no page below the link's is the study's")
  func locksNobodyOut() async throws {
    let study = try await ConsentStudy(time: ManualTime(now: DispatchTimeSource().now))
    let link = try await study.invite(["P0001"])[0]
    try await study.serving { browser in
      func guess(_ number: Int) async throws -> TestAnswer {
        browser.move(to: "198.51.\(number / 250).\(number % 250)")
        return try await browser.ask("/consent/AAAAAAAAAAAAAAAAAAAAAA")
      }
      for number in 0..<300 { #expect(try await guess(number).status == 404) }
      let slowed = try await guess(300), again = try await guess(0)
      #expect(slowed.status == 429 && again.status == 429 && slowed.body == again.body && slowed.headers["retry-after"] == "1")
      browser.move(to: "203.0.113.7")
      #expect(try await browser.ask(link).status == 200, "a participant whose address has not guessed")
      _ = try await browser.press(link)
      for (path, method) in [("/consent", "GET"), ("/consent/a/b", "GET"), (link, "PUT"), ("/consent/consent.css", "POST")] {
        let answer = try await browser.ask(path, method: method)
        #expect([404, 405].contains(answer.status) && answer.text.contains("consent.css") && !answer.text.contains("fitbit"), "\(method) \(path): \(answer.text)")
      }
    }
    await study.simulator.stop()
  }

  @Test("expired, replaced, withdrawn and unknown links: only its holder learns that a link has expired, and unknown ones are all the same")
  func dead() async throws {
    let study = try await ConsentStudy()
    let expired = try await study.invite(["P0001"], agoSeconds: 7200)[0]
    let replaced = try await study.invite(["P0002"])[0]
    _ = try await study.invite(["P0002"])
    let withdrawn = try await study.invite(["P0003"])[0]
    _ = try await Withdrawal(try ParticipantBatch(study.graph, on: .here()), erasesFrom: nil).run(["P0003"])
    try await study.serving { browser in
      let page = try await browser.ask(expired)
      #expect(page.status == 410 && page.heading == "This link has expired")
      #expect(try await browser.ask(expired, method: "POST", body: "").heading == "This link has expired")
      let unknown = try await browser.ask("/consent/AAAAAAAAAAAAAAAAAAAAAA")
      #expect(unknown.status == 404 && unknown.heading == "This link does not work")
      for other in [replaced, withdrawn, "/consent/x", "/consent/..%2F..%2Fetc%2Fpasswd", "/consent/P0001", "/consent/callback?code=C&state=S", "/consent/callback"] {
        let answer = try await browser.ask(other)
        #expect(answer.status == 404 && answer.body == unknown.body, "\(other)")
        #expect(answer.headers.filter { $0.key != "date" } == unknown.headers.filter { $0.key != "date" }, "\(other)")
        browser.move(to: "192.0.2.\(other.utf8.count)")
      }
    }
    #expect(try await study.statuses()["P0001"]?.state == .expired)
    await study.simulator.stop()
  }

  @Test("programs that preview links do not use them up")
  func previews() async throws {
    let study = try await ConsentStudy()
    let link = try await study.invite(["P0001"])[0]
    try await study.serving { browser in
      for _ in 0..<20 {
        let head = try await browser.ask(link, method: "HEAD"), page = try await browser.ask(link)
        #expect(head.status == 200 && page.status == 200)
      }
    }
    #expect(try await study.statuses()["P0001"]?.state == .invited)
    await study.simulator.stop()
  }

  @Test("codes guessed by the thousand are slowed, whoever is invited; people with a link are not")
  func guesses() async throws {
    let study = try await ConsentStudy()
    let link = try await study.invite(["P0001"])[0]
    try await study.serving { browser in
      browser.move(to: "198.51.100.7")
      #expect(try await browser.ask(link).status == 200)
      var answered = 0, bodies: Set<[UInt8]> = [], waits: [Int] = []
      for number in 0..<1_000 {
        // A hundred addresses.
        browser.move(to: "203.0.113.\(number % 100)")
        let answer = try await browser.ask("/consent/" + String(repeating: "A", count: 19) + String(1_000 + number).suffix(3))
        if answer.status == 404 { answered += 1 } else { #expect(answer.status == 429) }
        if let wait = answer.headers["retry-after"].flatMap({ Int($0) }) { waits.append(wait) }
        bodies.insert(answer.body)
      }
      #expect(answered < 700, "\(answered) of 1000 guesses were answered")
      #expect(bodies.count == 2 && waits.allSatisfy { $0 >= 1 } && waits.count == 1_000 - answered, "one page for all, and one for those who wait")
      browser.move(to: "203.0.113.200")
      #expect(try await browser.ask(link).status == 200, "an address that has not guessed is not locked out by those that have")
      browser.move(to: "198.51.100.7")
      #expect(try await browser.ask(link).status == 200, "an address with a valid link does not")
    }
    await study.simulator.stop()
  }

  @Test("the pages need no token and no script, and everything else still does; headers keep them to themselves")
  func headers() async throws {
    let study = try await ConsentStudy()
    let link = try await study.invite(["P0001"])[0]
    try await study.serving { browser in
      #expect(try await browser.ask("/api/v1/participants").status == 401)
      let page = try await browser.ask(link)
      let policy = page.headers["content-security-policy"] ?? ""
      #expect(policy.hasPrefix("default-src 'none'; style-src 'self';") && !policy.contains("script") && !policy.contains("unsafe"))
      #expect(policy.contains("form-action 'self' http://127.0.0.1:*;") && policy.contains("frame-ancestors 'none'"))
      #expect(page.headers["cache-control"] == "no-store" && page.headers["x-robots-tag"] == "noindex, nofollow")
      #expect(page.headers["referrer-policy"] == "same-origin" && page.headers["x-content-type-options"] == "nosniff")
      #expect(!page.text.contains("<script") && !page.text.contains("style=") && !page.text.contains("http://"))
      let style = try await browser.ask("/consent/consent.css")
      #expect(style.status == 200 && style.headers["content-type"]?.hasPrefix("text/css") == true)
      let pressed = try await browser.ask(link, method: "POST", body: "")
      #expect(pressed.headers["set-cookie"]?.hasSuffix("; Path=/consent; Max-Age=3600; HttpOnly; SameSite=Lax") == true)
      #expect(try await browser.ask(link, method: "POST", body: "", headers: ["Origin": "https://elsewhere.test"]).status == 403)
      #expect(try await browser.ask(link, method: "DELETE").status >= 400)
    }
    await study.simulator.stop()
  }
}
