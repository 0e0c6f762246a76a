import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("flowrun authorize turns a participant's consent into a participant file")
struct AuthorizeTests {
  private func list(_ study: Study) async throws -> [String: [String: Any]] {
    let result = try await study.flowrun(["participants", "list"], ["--format", "json"])
    let rows = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]] ?? []
    return Dictionary(uniqueKeysWithValues: rows.map { ($0["participant"] as? String ?? "", $0) })
  }

  private func authorize(
    _ study: Study, _ participant: String, _ more: [String] = [], browser act: @escaping (Browser, String) async throws -> Void
  ) async throws -> BuiltBinary.Result {
    let browser = Browser()
    let result = try await study.flowrun(["authorize"], [participant, "--port", "0"] + more) { running in
      try await act(browser, try await browser.link(in: running.output))
    }
    try await browser.close()
    return result
  }

  private func expectNoSecret(_ study: Study, in results: BuiltBinary.Result...) throws {
    for token in try study.simulator.tokensEverIssued() {
      for result in results { #expect(!result.output.contains(token) && !result.errors.contains(token)) }
    }
  }

  @Test("who had withdrawn consents again in a browser and is collected; the file keeps its other members", .timeLimit(.minutes(5)))
  func happy() async throws {
    let study = try await Study(participants: 2, days: 1) { $0.faults = [Fault(.invalidGrant, share: 1)] }
    let path = study.binary.folder.path("participants/P0001.json")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try study.binary.write(text.replacingOccurrences(of: "{", with: "{\"note\": \"kept\","), to: "participants/P0001.json")
    #expect(try await study.run().result.exit == 65)
    let result = try await authorize(study, "P0001") { browser, link in
      #expect(link.hasPrefix(study.url + "/oauth2/authorize?"))
      #expect(try await browser.page(link).status == 200)
      let location = try await browser.decide(link, participant: "P0001")
      let page = try await browser.page(location.replacingOccurrences(of: "#_=_", with: ""))
      #expect(page.status == 200 && String(decoding: page.body, as: UTF8.self).contains("Thank you"))
    }
    #expect(result.exit == 0, "\(result.errors)")
    #expect(result.output.contains("P0001: consented; its tokens are in participants/P0001.json"))
    let file = try String(contentsOfFile: path, encoding: .utf8)
    #expect(file.contains("\"note\": \"kept\""))
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    let row = try #require(try await list(study)["P0001"])
    #expect(row["token"] as? String == "live" && row["oauth_type"] as? String == "fitbit")
    let (run, report) = try await study.run()
    #expect(run.exit == 65, "the other one still needs consent")
    #expect(report.number("participants", "complete") == 1 && report.number("participants", "needs_consent") == 1)
    try expectNoSecret(study, in: result, run)
    #expect(try FileManager.default.contentsOfDirectory(atPath: study.binary.folder.path(".flowrun/consent")).isEmpty)
    await study.simulator.stop()
  }

  @Test("a new participant is enrolled; what is not shared is said and not collected", .timeLimit(.minutes(5)))
  func newParticipant() async throws {
    let study = try await Study(participants: 2, days: 1)
    try FileManager.default.removeItem(atPath: study.binary.folder.path("participants/P0002.json"))
    let enrolled = try #require(study.simulator.enrolments().last?.previousSync)
    let result = try await authorize(study, "P0002", ["--enrolled", enrolled]) { browser, link in
      let location = try await browser.decide(link, participant: "P0002", leavingOut: ["heartrate"])
      _ = try await browser.page(location.replacingOccurrences(of: "#_=_", with: ""))
    }
    #expect(result.exit == 0, "\(result.errors)")
    #expect(result.output.contains("enrolled in participants/P0002.json") && result.output.contains("not shared: heartrate"))
    #expect(try await list(study)["P0002"]?["enrolled"] as? String == enrolled)
    #expect(try await study.run().result.exit == 65, "a scope is missing")
    let steps: Int? = try study.collected().value("SELECT count(*) FROM fitbit_intraday_steps JOIN participant USING (participant_id) WHERE name = 'P0002'")
    #expect((steps ?? 0) > 0)
    await study.simulator.stop()
  }

  @Test("a response with another state is rejected, and the wait continues; a refusal changes nothing", .timeLimit(.minutes(5)))
  func denied() async throws {
    let study = try await Study(participants: 1, days: 1)
    let path = study.binary.folder.path("participants/P0001.json")
    let before = try String(contentsOfFile: path, encoding: .utf8)
    let result = try await authorize(study, "P0001") { browser, link in
      let redirect = try #require(URLComponents(string: link)?.queryItems?.first { $0.name == "redirect_uri" }?.value)
      #expect(try await browser.page(redirect + "?code=stolen&state=wrong").status == 400)
      #expect(try await browser.page(redirect + "?error=access_denied&state=wrong").status == 400)
      #expect(try await browser.page(redirect + "favicon.ico").status == 404)
      let location = try await browser.decide(link, participant: nil)
      #expect(try await browser.page(location).status == 200)
    }
    #expect(result.exit == 65)
    #expect(result.errors.contains("did not consent (access_denied)"), "\(result.errors)")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == before)
    #expect(study.simulator.statistics.requests["token"] == nil)
    await study.simulator.stop()
  }

  @Test("a code is taken to another process; one that is used, old or another's is refused with what to do", .timeLimit(.minutes(5)))
  func code() async throws {
    let study = try await Study(participants: 2, days: 1)
    let browser = Browser()
    func link(_ participant: String) async throws -> String {
      let result = try await study.flowrun(["authorize"], [participant, "--link-only"])
      #expect(result.exit == 0, "\(result.errors)")
      return result.output.trimmingCharacters(in: .newlines)
    }
    func give(_ code: String, _ participant: String = "P0001") async throws -> BuiltBinary.Result {
      try await study.flowrun(["authorize"], [participant, "--code", code])
    }
    #expect(try await give("anything").exit == 64, "no consent is under way")
    let address = try await browser.decide(try await link("P0001"), participant: "P0001")
    let foreign = try await give(address.replacingOccurrences(of: "state=", with: "state=x"))
    #expect(foreign.exit == 65 && foreign.errors.contains("belongs to another request"), "\(foreign.errors)")
    let good = try await give(address)
    #expect(good.exit == 0, "\(good.errors)")
    #expect(try await give(address).exit == 64, "it was used")

    // The verifier of a later link does not fit an earlier code.
    let earlier = try await browser.decide(try await link("P0002"), participant: "P0002")
    _ = try await link("P0002")
    let code = try #require(URLComponents(string: earlier)?.queryItems?.first { $0.name == "code" }?.value)
    let wrong = try await give(code, "P0002")
    #expect(wrong.exit == 65 && wrong.errors.contains("refuses the code"), "\(wrong.errors)")

    let late = try await browser.decide(try await link("P0002"), participant: "P0002")
    try study.simulator.advance(by: .seconds(601))
    let expired = try await give(late, "P0002")
    #expect(expired.exit == 65 && expired.errors.contains("older than 10 minutes"), "\(expired.errors)")
    #expect(!expired.errors.contains(URLComponents(string: late)?.queryItems?.first?.value ?? "?"))

    // Signed in with another account.
    let other = try await browser.decide(try await link("P0001"), participant: "P0002")
    let mixed = try await give(other)
    #expect(mixed.exit == 65 && mixed.errors.contains("--other-account"), "\(mixed.errors)")
    try await browser.close()
    try expectNoSecret(study, in: foreign, good, wrong, expired, mixed)
    await study.simulator.stop()
  }

  @Test(
    "a consent of another participant's account changes nothing for the one it was asked for, and costs the other one no token", .timeLimit(.minutes(5)),
    arguments: ["fitbit", "google-health"])
  func anothers(_ flow: String) async throws {
    let study = try await Study(participants: 3, days: 1, flow: flow)
    #expect(try await study.run().result.exit == 0)
    let before = try String(contentsOfFile: study.binary.folder.path("participants/P0001.json"), encoding: .utf8)
    let result = try await consent(study, as: "P0002", spoilt: false)
    #expect(result.exit == 65 && result.errors.contains("the new tokens are P0002's"), "\(result.errors)")
    #expect(try String(contentsOfFile: study.binary.folder.path("participants/P0001.json"), encoding: .utf8) == before)
    // Beyond the life of every access token.
    try study.simulator.advance(by: .seconds(9 * 3600))
    let (run, report) = try await study.run()
    #expect(run.exit == 0, "\(run.errors)")
    #expect(report.number("participants", "complete") == 3)
    await study.simulator.stop()
  }

  @Test(
    "a consent is kept whatever becomes of the question whose account it is", .timeLimit(.minutes(5)),
    arguments: [.status(500), .status(400), .status(410), .html, .error200, .reset, .truncate, .quota403] as [Fault.Kind])
  func unidentified(_ kind: Fault.Kind) async throws {
    let study = try await Study(participants: 1, days: 1, flow: "google-health") { $0.faults = [Fault(kind, share: 1, of: .data)] }
    let result = try await consent(study)
    #expect(result.exit == 0, "\(result.errors)")
    #expect(result.errors.contains("the next run checks it first"))
    try await study.restart()
    #expect(try await study.run().result.exit == 0)
    await study.simulator.stop()
  }

  @Test("--other-account permits another account, also if the account could not be requested", .timeLimit(.minutes(5)))
  func otherUnidentified() async throws {
    let study = try await Study(participants: 2, days: 1, flow: "google-health")
    #expect(try await study.run().result.exit == 0)
    // P0002 no longer belongs to this batch: the account is free.
    try FileManager.default.removeItem(atPath: study.binary.folder.path("participants/P0002.json"))
    try await study.restart { $0.faults = [Fault(.status(500), share: 1, of: .data)] }
    let result = try await consent(study, as: "P0002", spoilt: false, ["--other-account"])
    #expect(result.exit == 0 && result.errors.contains("the next run checks it first"), "\(result.errors)")
    try await study.restart()
    let (run, report) = try await study.run()
    #expect(run.exit == 0, "\(run.errors)")
    #expect(report.number("participants", "needs_consent") == 0)
    await study.simulator.stop()
  }

  @Test("a consent is kept where the disk refuses once", .timeLimit(.minutes(5)), arguments: ["file.write", "file.synchronize", "file.rename"])
  func disk(_ call: String) async throws {
    let study = try await Study(participants: 1, days: 1)
    let result = try await consent(study, ["FLOWRUN_INTERFERENCE": "fail 28 \(call) participants/ 1"])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(try await study.run().result.exit == 0)
    await study.simulator.stop()
  }

  /// A consent for P0001, whose former token is lost, by link and code, signed in with the given account.
  private func consent(
    _ study: Study, _ environment: [String: String] = [:], as person: String = "P0001", spoilt: Bool = true, _ more: [String] = []
  ) async throws -> BuiltBinary.Result {
    if spoilt { try spoil(study) }
    let link = try await study.flowrun(["authorize"], ["P0001", "--link-only"])
    let browser = Browser()
    let address = try await browser.decide(link.output.trimmingCharacters(in: .newlines), participant: person)
    try await browser.close()
    return try await study.flowrun(["authorize"], ["P0001", "--code", address] + more, environment: environment)
  }

  private func spoil(_ study: Study) throws {
    let path = study.binary.folder.path("participants/P0001.json")
    var file = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path))) as? [String: Any])
    file["refresh_token"] = "refused"
    try study.binary.write(String(decoding: try JSONSerialization.data(withJSONObject: file), as: UTF8.self), to: "participants/P0001.json")
  }

  @Test("without a consent it ends in time with 75, and immediately with a signal; withdrawn participants are skipped", .timeLimit(.minutes(5)))
  func nobody() async throws {
    let study = try await Study(participants: 1, days: 1)
    let browser = Browser()
    let late = try await study.flowrun(["authorize"], ["P0001", "--port", "0", "--timeout", "1s"])
    #expect(late.exit == 75 && late.errors.contains("no answer arrived in time"), "\(late.errors)")
    let interrupted = try await study.flowrun(["authorize"], ["P0001", "--port", "0"]) { running in
      _ = try await browser.link(in: running.output)
      running.interrupt()
    }
    #expect(interrupted.exit == 130 && interrupted.errors.contains("stopped by a signal before the consent was exchanged"), "\(interrupted.errors)")
    try await browser.close()
    _ = try await study.flowrun(["participants", "withdraw"], ["P0001", "--keep-data"])
    let withdrawn = try await study.flowrun(["authorize"], ["P0001", "--port", "0"])
    #expect(withdrawn.exit == 64 && withdrawn.errors.contains("withdrawn"))
    await study.simulator.stop()
  }

  @Test("with the bundled simulator the link leads to its page, and the next run collects", .timeLimit(.minutes(5)))
  func bundled() async throws {
    let binary = try BuiltBinary()
    let flow = BuiltBinary.flow("fitbit")
    let browser = Browser()
    let result = try await binary.run(["authorize", flow, "P0005", "--port", "0", "--format", "json"]) { running in
      let location = try await browser.decide(try await browser.link(in: running.errors), participant: "P0005")
      _ = try await browser.page(location.replacingOccurrences(of: "#_=_", with: ""))
    }
    try await browser.close()
    #expect(result.exit == 0, "\(result.errors)")
    #expect(try result.json()["participant"] as? String == "P0005")
    #expect(try await binary.run([flow, "--only", "P0005", "-p", "detail=1min"]).exit == 0)
  }
}
