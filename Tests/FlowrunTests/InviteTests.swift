import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("flowrun participants invite prints links that the server answers", .timeLimit(.minutes(5)))
struct InviteTests {
  /// A study whose participants have files without tokens.
  private func study(_ count: Int = 3, flow: String = "fitbit") async throws -> Study {
    let study = try await Study(participants: count, days: 1, flow: flow)
    for enrolment in try study.simulator.enrolments() {
      try study.binary.write(
        #"{"participant": "\#(enrolment.participant)", "previous_sync": "\#(enrolment.previousSync)", "token": {"state": "needs_consent"}}"#,
        to: "participants/\(enrolment.participant).json")
    }
    return study
  }

  private func list(_ study: Study) async throws -> [String: [String: Any]] {
    let result = try await study.flowrun(["participants", "list"], ["--format", "json"])
    let rows = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]] ?? []
    return Dictionary(uniqueKeysWithValues: rows.map { ($0["participant"] as? String ?? "", $0) })
  }

  @Test("CSV, text and JSON have a link for each; list says who was invited and until when; no file has the code")
  func formats() async throws {
    let study = try await study()
    let csv = try await study.flowrun(["participants", "invite"], ["--format", "csv", "--public-url", "https://study.example.org"])
    #expect(csv.exit == 0, "\(csv.errors)")
    let lines = csv.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "participant,link,expires" && lines.count == 4)
    for (line, name) in zip(lines.dropFirst(), ["P0001", "P0002", "P0003"]) {
      #expect(line.wholeMatch(of: try Regex("\(name),https://study\\.example\\.org/consent/[A-Za-z0-9_-]{22},\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ")) != nil, "\(line)")
    }
    #expect(csv.errors.contains("cannot be shown again"))
    let invited = try #require(try await list(study)["P0001"]?["invitation"] as? [String: Any])
    #expect(invited["state"] as? String == "invited")
    #expect(invited["expires"] as? String == lines[1].split(separator: ",").last.map(String.init))
    let codes = lines.dropFirst().compactMap { $0.split(separator: ",").dropFirst().first?.split(separator: "/").last.map(String.init) }
    #expect(try SecretSearch(codes).files(below: study.binary.folder.path) { $0.hasSuffix(".out") } == [])

    let text = try await study.flowrun(["participants", "invite"], ["P0002", "--expires", "2h"], environment: ["FLOWRUN_PUBLIC_URL": "https://other.example.org/"])
    #expect(text.output.contains("P0002") && text.output.contains("https://other.example.org/consent/") && text.errors.contains("1 earlier link no longer works"))
    let json = try await study.flowrun(["participants", "invite"], ["--skip-invited", "--format", "json", "--public-url", "https://study.example.org"])
    #expect(json.output == "[]\n" || json.output == "[\n\n]\n", "\(json.output)")
    #expect(json.errors.contains("left out, because their links still work: P0001, P0002, P0003"))
    #expect(try await study.flowrun(["participants", "list"]).output.contains("invited "))
    await study.simulator.stop()
  }

  @Test("what cannot be invited, and links that would lead nowhere, are refused with what to do (64)")
  func refused() async throws {
    let study = try await study()
    _ = try await study.flowrun(["participants", "pause"], ["P0001"])
    _ = try await study.flowrun(["participants", "withdraw"], ["P0002", "--keep-data"])
    let result = try await study.flowrun(["participants", "invite"], ["P0001", "P0002", "P0003", "P003"])
    #expect(result.exit == 64 && result.output == "")
    for words in ["'P003'", "did you mean 'P0003'?", "it is paused", "it is withdrawn"] { #expect(result.errors.contains(words), "\(words)") }
    #expect(try await list(study).values.allSatisfy { $0["invitation"] == nil })
    for (options, words) in [
      (["--expires", "soon"], "--expires is 'soon'"), (["--expires", "400d"], "at most 366 days"), (["--public-url", "study"], "--public-url is 'study'"),
      (["--public-url", "https://a.test/b"], "without a path"),
    ] {
      let result = try await study.flowrun(["participants", "invite"], options)
      #expect(result.exit == 64 && result.errors.contains(words), "\(result.errors)")
    }
    let far = try await study.binary.run([
      "participants", "invite", BuiltBinary.flow("fitbit"), "-p", "api=https://api.fitbit.com", "-p", "client_id=study", "-p", "participants=participants",
    ])
    #expect(far.exit == 64 && far.errors.contains("FLOWRUN_PUBLIC_URL") && far.errors.contains("--public-url https://study.example.org"), "\(far.errors)")
    let near = try await study.flowrun(["participants", "invite"], ["P0003"])
    #expect(near.exit == 0 && near.output.contains("http://127.0.0.1:8080/consent/") && near.errors.contains("lead to this machine"))
    await study.simulator.stop()
  }

  @Test("the texts are printed, and a file of them is checked as a whole (78)")
  func texts() async throws {
    let binary = try BuiltBinary()
    let printed = try await binary.run(["participants", "texts"])
    #expect(printed.exit == 0 && printed.output.contains("invite_title:"))
    try binary.write(printed.output, to: "texts.yaml")
    #expect(try await binary.run(["participants", "texts", "texts.yaml"]).output == "texts.yaml: valid\n")
    try binary.write(printed.output.replacing("used_title", with: "usd_title").replacing("{date}", with: "{day}"), to: "texts.yaml")
    let wrong = try await binary.run(["participants", "texts", "texts.yaml"])
    #expect(wrong.exit == 78 && wrong.errors.contains("did you mean 'used_title'?") && wrong.errors.contains("{day}") && wrong.errors.contains("missing: used_title"))
    #expect(try await binary.run(["participants", "texts", "none.yaml"]).exit == 64)
  }
}
