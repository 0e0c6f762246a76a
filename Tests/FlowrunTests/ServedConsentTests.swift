import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("Consent by invitation, with the built program", .timeLimit(.minutes(5)))
struct ServedConsentTests {
  /// A study whose first participant's token was forgotten.
  private func study(_ count: Int = 2, flow: String = "fitbit", forgotten: Int = 1, _ change: (inout SimulatorConfiguration) -> Void = { _ in }) async throws -> Study {
    let study = try await Study(participants: count, days: 1, flow: flow, change)
    for enrolment in try study.simulator.enrolments().prefix(forgotten) {
      try study.binary.write(
        #"{"participant": "\#(enrolment.participant)", "previous_sync": "\#(enrolment.previousSync)", "token": {"state": "needs_consent"}}"#,
        to: "participants/\(enrolment.participant).json")
    }
    return study
  }

  private func invitation(_ study: Study, _ participant: String) async throws -> String? {
    let result = try await study.flowrun(["participants", "list"], ["--format", "json"])
    let rows = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]] ?? []
    return (rows.first { $0["participant"] as? String == participant }?["invitation"] as? [String: Any])?["state"] as? String
  }

  @Test("the batch remembers the server's address for invite; the consent is kept and the next run collects", arguments: ["fitbit", "google-health"])
  func way(_ flow: String) async throws {
    let study = try await study(flow: flow)
    let served = try ServedStudy(study)
    #expect(try await study.run().result.exit == 65)
    let texts = try await study.binary.run(["participants", "texts"])
    try study.binary.write(texts.output.replacing("study: the study", with: "study: Herz und Schlaf"), to: "texts.yaml")
    let result = try await served.serving(["--consent-texts", "texts.yaml"]) {
      let links = try await served.invite()
      let link = try #require(links["P0001"])
      #expect(links.count == 1 && link.hasPrefix(served.url + "/consent/"))
      #expect(try await served.page(link)?.heading.hasSuffix("data with Herz und Schlaf") == true)
      let (callback, cookie) = try await served.consent(link, as: "P0001")
      #expect(try await served.page(callback, cookie: cookie) == .init(status: 200, heading: "Thank you"))
      #expect(try await served.page(link) == .init(status: 410, heading: "You have already agreed"))
    }
    #expect(result.exit == 143, "\(result.errors)")
    #expect(try await invitation(study, "P0001") == "consented")
    let trail = try await study.flowrun(["audit"])
    #expect(trail.output.contains(#/consent by invitation +P0001/#), "\(trail.output)")
    let (run, report) = try await study.run()
    #expect(run.exit == 0 && report.number("participants", "complete") == 2, "\(run.errors)")
    let search = try SecretSearch(study.simulator.tokensEverIssued())
    #expect(search.places(in: Data((result.output + result.errors).utf8)) == [])
    #expect(try search.files(below: study.binary.folder.path) { $0.hasPrefix("participants/P") || $0.hasPrefix("provider") } == [])
    await study.simulator.stop()
  }

  @Test("the next scheduled run of the server collects who has consented")
  func scheduled() async throws {
    let study = try await study(flow: "fitbit-steps")
    let served = try ServedStudy(study)
    _ = try await served.serving {
      let link = try #require(try await served.invite()["P0001"])
      let (callback, cookie) = try await served.consent(link, as: "P0001")
      #expect(try await served.page(callback, cookie: cookie)?.heading == "Thank you")
    }
    // What came due while no server ran is made up for when one starts.
    let record = URL(filePath: study.binary.folder.path(".flowrun/schedule.json"))
    let text = try String(contentsOf: record, encoding: .utf8)
    try text.replacing(#/"handled" ?: ?"[^"]*"/#, with: #""handled": "2026-01-01T00:00:00Z""#).write(to: record, atomically: true, encoding: .utf8)
    let result = try await served.serving {
      var exit: Int?
      while exit == nil {
        let runs = try await study.binary.run(["runs", "--format", "json"]).output
        exit = (try JSONSerialization.jsonObject(with: Data(runs.utf8)) as? [[String: Any]])?.compactMap { $0["exit"] as? Int }.first
      }
      #expect(exit == 0)
    }
    #expect(result.errors.contains("scheduled run started"), "\(result.errors)")
    let names = try study.collected().strings("SELECT DISTINCT name FROM fitbit_daily_activity JOIN participant USING (participant_id) ORDER BY name")
    #expect(names == ["P0001", "P0002"])
    await study.simulator.stop()
  }

  @Test("killed at any point of keeping the tokens, the server started again takes the consent with the same link", arguments: [
    "kill after http.send token 1", "kill before file.write participants/. 1", "kill after file.rename participants/P0001.json 1",
    "kill before file.rename participants/.invitations/P0001.json 1",
  ])
  func killed(_ rule: String) async throws {
    // No program can keep a token whose response it never read: the provider gives it once more.
    let study = try await study { $0.refreshGraceSeconds = 120 }
    let served = try ServedStudy(study)
    let link = try #require(try await served.invite(["P0001"], ["--public-url", served.url])["P0001"])
    var answer: (callback: String, cookie: String)?
    // The rule is for the exchange alone, so the request begins with another server.
    _ = try await served.serving { answer = try await served.consent(link, as: "P0001") }
    let (callback, cookie) = try #require(answer)
    let killed = try await served.serving(environment: ["FLOWRUN_INTERFERENCE": rule]) {
      let page = try await served.page(callback, cookie: cookie)
      #expect(page == nil, "it was killed")
    }
    #expect(killed.exit == 9)
    let text = try String(contentsOfFile: study.binary.folder.path("participants/P0001.json"), encoding: .utf8)
    let isKept = text.contains("refresh_token\"")
    _ = try await served.serving {
      // The code is used: the page says so, or thanks where everything was written.
      let again = try await served.page(callback, cookie: cookie)
      #expect(again == .init(status: 409, heading: "This did not work"), "\(String(describing: again))")
      let (next, cookie) = try await served.consent(link, as: "P0001")
      #expect(try await served.page(next, cookie: cookie)?.heading == "Thank you")
      #expect(try await served.page(link)?.heading == "You have already agreed")
    }
    #expect(isKept == (rule.contains("P0001.json 1")), "\(text)")
    #expect(try await study.run().result.exit == 0)
    #expect(try await invitation(study, "P0001") == "consented")
    await study.simulator.stop()
  }

  @Test("with the bundled simulator the link leads to its page, and the next run collects")
  func bundled() async throws {
    let binary = try BuiltBinary(), flow = BuiltBinary.flow("fitbit")
    #expect(try await binary.run([flow, "--only", "P0004", "-p", "detail=1min"]).exit == 0)
    let served = try ServedStudy(binary, flow: [flow, "-p", "detail=1min"])
    let result = try await served.serving {
      let link = try #require(try await served.invite(["P0005"])["P0005"])
      #expect(link.hasPrefix(served.url))
      let (callback, cookie) = try await served.consent(link, as: "P0005")
      #expect(try await served.page(callback, cookie: cookie)?.heading == "Thank you")
    }
    #expect(result.exit == 143, "\(result.errors)")
    #expect(try await binary.run([flow, "--only", "P0005", "-p", "detail=1min"]).exit == 0)
  }

  @Test("without --public-url there are no consent pages; their texts are refused without it, and with mistakes (64, 78)")
  func options() async throws {
    let binary = try BuiltBinary(), flow = BuiltBinary.flow("fitbit")
    try binary.write("language: en\n", to: "texts.yaml")
    let alone = try await binary.run(["serve", flow, "--consent-texts", "texts.yaml"])
    #expect(alone.exit == 64 && alone.errors.contains("--public-url"), "\(alone.errors)")
    let wrong = try await binary.run(["serve", flow, "--public-url", "http://127.0.0.1:8080", "--consent-texts", "texts.yaml"])
    #expect(wrong.exit == 78 && wrong.errors.contains("texts are missing"), "\(wrong.errors)")
  }

  // MARK: A real browser

  /// Chromium and its driver; in continuous integration they must be there.
  private static let programs = ["/usr/bin/chromium", "/usr/bin/chromedriver"]
  static let mayBrowse = PythonTools.mayRun && (programs.allSatisfy(FileManager.default.isExecutableFile) || ProcessInfo.processInfo.environment["CI"] == "true")

  @Test(
    "a participant's way on a phone: nothing wider than 390 px, everything readable in light and dark, no message in the console",
    .enabled(if: mayBrowse, "chromium is missing; run Scripts/setup --tests"))
  func phone() async throws {
    let study = try await study(5, forgotten: 4)
    let served = try ServedStudy(study)
    // P0005 is known to the batch.
    #expect(try await study.run().result.exit == 65)
    let old = try #require(try await served.invite(["P0001"], ["--public-url", served.url])["P0001"])
    let links = try await served.invite([], ["--public-url", served.url])
    let expired = try #require(try await served.invite(["P0004"], ["--public-url", served.url, "--expires", "1s"])["P0004"])
    func link(_ participant: String) throws -> String { try #require(links[participant]) }
    let go = "Continue to Fitbit"
    let steps: [[String: Any]] = [
      ["name": "1-invited", "open": try link("P0001")],
      ["name": "2-provider", "press": go],
      ["name": "3-thanks", "as": "P0001", "decide": "Allow"],
      ["name": "4-used", "open": try link("P0001")],
      ["name": "5-declined", "open": try link("P0002"), "press": go, "decide": "Deny"],
      ["name": "6-again", "press": "Open the link again"],
      ["name": "7-partial", "press": go, "as": "P0002", "without": ["heartrate"], "decide": "Allow"],
      ["name": "8-wrong-account", "open": try link("P0003"), "press": go, "as": "P0005", "decide": "Allow"],
      ["name": "9-unknown", "open": served.url + "/consent/AAAAAAAAAAAAAAAAAAAAAA"],
      ["name": "10-replaced", "open": old],
      ["name": "11-expired", "open": expired],
      ["name": "12-late", "open": served.url + "/consent/callback?state=" + String(repeating: "0", count: 64) + ".x&code=x"],
    ]
    let pictures = ProcessInfo.processInfo.environment["FLOWRUN_PICTURES"]
    let task: [String: Any] = [
      "driver": Self.programs[1], "browser": Self.programs[0], "width": 390, "steps": steps, "pictures": pictures.map { $0 as Any } ?? NSNull(),
    ]
    let input = Array(try JSONSerialization.data(withJSONObject: task))
    let result = try await served.serving {
      let output = try await PythonTools.run("Tests/FlowrunTests/Scripts/consent_browser.py", input: input)
      let seen = try JSONSerialization.jsonObject(with: Data(output)) as? [[String: Any]] ?? []
      let headings = [
        "Share your Fitbit data with the study", "Simulated Fitbit", "Thank you", "You have already agreed", "You did not agree", "Share your Fitbit data with the study",
        "Thank you, but some data is not shared", "This was another account", "This link does not work", "This link does not work", "This link has expired",
        "This link does not work",
      ]
      #expect(seen.map { $0["heading"] as? String ?? "" } == headings)
      for step in seen where step["name"] as? String != "2-provider" {
        let name = step["name"] as? String ?? ""
        #expect((step["scroll"] as? Int ?? 999) <= 390, "\(name)")
        #expect((step["contrast"] as? Double ?? 0) >= 4.5 && (step["dark"] as? Double ?? 0) >= 4.5, "\(name): \(step)")
        #expect((step["small"] as? [String]) == [], "\(name)")
        // Browsers say that a page's own status is an error; the simulator has no icon.
        let messages = (step["console"] as? [String] ?? []).filter {
          $0.contains("Content Security") || ($0.hasPrefix(served.url) && !$0.hasPrefix(served.url + "/consent/"))
        }
        #expect(messages == [], "\(name)")
      }
    }
    #expect(result.exit == 143, "\(result.errors)")
    #expect(try await invitation(study, "P0001") == "consented")
    #expect(try await invitation(study, "P0002") == "consented")
    #expect(try await invitation(study, "P0003") == "wrong_account")
    #expect(try await invitation(study, "P0004") == "expired")
    #expect(try await study.run(["--only", "P0001"]).result.exit == 0)
    await study.simulator.stop()
  }
}
