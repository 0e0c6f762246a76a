import Foundation
import Testing

@Suite("flowrun explain")
struct ExplainTests {
  struct Origin: Decodable, Equatable {
    var kind: String
    var place: String?
    var parameters: [String]
  }
  struct Value: Decodable {
    var path: [String]
    var value: String?
    var origin: Origin
  }
  struct Parameter: Decodable {
    var name: String
    var value: String?
    var origin: Origin
  }
  struct Answer: Decodable {
    var flow: String
    var flow_sha256: String
    var parameters: [Parameter]
    var values: [Value]

    func parameter(_ name: String) -> Parameter? { parameters.first { $0.name == name } }
    func value(_ path: String...) -> Value? { values.first { $0.path == path } }
  }

  private static let flow = """
    flow: origins
    parameters:
      api: { default: simulator }
      folder: { default: out, when: { api: simulator, default: simulated/out } }
      who: { default: nobody }
      secret: { environment: ORIGINS_SECRET, default: "", sensitive: true }
      place: { default: here }
    services:
      fitbit: { type: FitbitWebAPI, base_url: "#{api}", client_secret: "#{secret}", participants: "#{folder}" }
    processors:
      - name: begin
        type: GenerateFlowFile
        properties: { content: "for #{who} in #{place}" }
        to: { success: drop }
    """

  private func binary() throws -> BuiltBinary {
    let binary = try BuiltBinary()
    try binary.write(Self.flow, to: "origins.yaml")
    try binary.write("place: there\n", to: "study.yaml")
    return binary
  }

  @Test("names the origin of each value, and shows no secret")
  func origins() async throws {
    let result = try await binary().run(
      ["explain", "origins.yaml", "--format", "json", "-p", "who=us", "--parameters", "study.yaml"], environment: ["ORIGINS_SECRET": "do-not-tell"])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(!result.output.contains("do-not-tell") && !result.errors.contains("do-not-tell"))
    let answer = try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
    #expect(answer.flow == "origins" && answer.flow_sha256.count == 64)
    #expect(answer.parameter("api")?.origin == Origin(kind: "default", place: "origins.yaml:3:19", parameters: []))
    #expect(answer.parameter("folder")?.value == "simulated/out")
    #expect(answer.parameter("folder")?.origin.kind == "when")
    #expect(answer.parameter("who")?.value == "us" && answer.parameter("who")?.origin.kind == "option")
    #expect(answer.parameter("secret")?.value == nil)
    #expect(answer.parameter("secret")?.origin == Origin(kind: "environment", place: "ORIGINS_SECRET", parameters: []))
    #expect(answer.parameter("place")?.origin == Origin(kind: "parameters_file", place: "study.yaml:1:8", parameters: []))

    let secret = try #require(answer.value("services", "fitbit", "client_secret"))
    #expect(secret.value == nil && secret.origin.parameters == ["secret"])
    let content = try #require(answer.value("processors", "begin", "properties", "content"))
    #expect(content.value == "for us in there")
    #expect(content.origin == Origin(kind: "file", place: "origins.yaml:13:28", parameters: ["who", "place"]))
    #expect(answer.value("services", "fitbit", "timeout")?.value == "60s")
    #expect(answer.value("services", "fitbit", "timeout")?.origin.kind == "default")
    #expect(answer.value("processors", "begin", "concurrency")?.origin.kind == "default")
  }

  @Test("is a line for each value in text, and tells the problems of a flow that is not valid")
  func text() async throws {
    let binary = try binary()
    let result = try await binary.run(["explain", "origins.yaml"])
    let lines = result.output.split(separator: "\n")
    #expect(lines.contains("parameters.who: nobody  # default, origins.yaml:5:19"), "\(result.output)")
    #expect(lines.contains("parameters.secret: (hidden)  # default, origins.yaml:6:51"), "\(result.output)")
    #expect(lines.contains("services.fitbit.base_url: simulator  # origins.yaml:9:43, #{api}"), "\(result.output)")
    try binary.write(Self.flow.replacing("success: drop", with: "sucess: drop"), to: "origins.yaml")
    let invalid = try await binary.run(["explain", "origins.yaml"])
    #expect(invalid.exit == 78 && invalid.output.isEmpty && invalid.errors.contains("did you mean 'success'?"), "\(invalid.errors)")
    #expect(try await binary.run(["explain", "nowhere.yaml"]).exit == 64)
  }

  private static let flows = ["fitbit", "fitbit-extract", "fitbit-nightly", "fitbit-steps", "fitbit-warehouse", "google-health", "google-health-extract"]

  @Test("explains the shipped flows", arguments: flows)
  func shipped(flow: String) async throws {
    let result = try await BuiltBinary().run(["explain", BuiltBinary.flow(flow), "--format", "json"])
    #expect(result.exit == 0, "\(result.errors)")
    let answer = try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
    #expect(answer.values.contains { $0.path.prefix(2) == ["processors", "slice time range"] && $0.path.last == "reread" })
  }
}
