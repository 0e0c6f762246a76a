import FlowCore
import FlowSimulator
import FlowTesting
import Foundation

/// A study on the simulator with trouble of each sort, whose commands are typed as short as they can be.
struct GoldenStudy: Sendable {
  private static let days = 2

  let study: Study
  private let clock: FixedClock
  private let port: Int

  init() async throws {
    clock = try await FixedClock()
    study = try await Study(participants: 16, days: Self.days, store: .file) {
      $0.faults = [Fault(.invalidGrant, share: 0.01), Fault(.scope(.heartrate), share: 0.01)]
    }
    port = Int(study.url.split(separator: ":").last ?? "") ?? 0
    let binary = study.binary
    try binary.write(
      "api: \(study.url)\nclient_id: study\nparticipants: participants\ndatabase: study.sqlite\nraw: raw\ndetail: 1min\n", to: "study.parameters")
    try writeFlow { $0.replacing("steps: { kind: integer, from: steps, accept_text: true, minimum: 0 }", with: "steps: { kind: integer, from: steps, maximum: 21000 }") }
    try binary.write("{\"participant\": \"P0003\", \"refresh_token\": ", to: "participants/P0003.json")
    try binary.write(Self.letters, to: "letters.yaml")
    try binary.write(Self.letterTests, to: "letters_test.yaml")
    try binary.write(Self.mistakes, to: "mistakes.yaml")
    try binary.write("participant,enrolled,zone\nQ0001,2026-03-01,Europe/Berlin\nQ0002,2026-03-02,\n", to: "enrolments.csv")
    try binary.write("participant,enrolled,zone\nQ0003,2026-13-01,Europe/Berlin\nQ0004,2026-03-02,Europe/Berln\n", to: "mistakes.csv")
    let manager = FileManager.default
    try manager.copyItem(at: BuiltBinary.repository.appending(path: "Flows/models"), to: URL(filePath: binary.folder.path("models")))
    try manager.copyItem(
      at: BuiltBinary.repository.appending(path: "Tests/FuzzTests/Corpus/nifi-flow/template.xml"), to: URL(filePath: binary.folder.path("template.xml")))
  }

  /// The shipped flow under a name of its own, whose retries wait for nothing.
  private func writeFlow(_ edited: (String) -> String = { $0 }) throws {
    let text = try String(contentsOfFile: BuiltBinary.flow("fitbit"), encoding: .utf8)
    try study.binary.write(edited(text.replacing("flow: fitbit\n", with: "flow: study\n").replacing("attempts: 5, backoff: 1s", with: "attempts: 2, backoff: 10ms")), to: "study.yaml")
  }

  // MARK: Between the commands

  func mendsFlow() throws { try writeFlow() }
  func answersErrors() async throws { try await study.restart(port: port) { $0.faults = [Fault(.status(500), share: 1, of: .data)] } }
  func answers() async throws { try await study.restart(port: port) }

  // MARK: Commands

  func run(_ golden: GoldenCase) async throws -> BuiltBinary.Result {
    try await golden.before?(self)
    let words = try await words(golden.command)
    // The file has the parameters of the study's flow; another flow has others.
    let isOther = ["letters.yaml", "mistakes.yaml", "starter.yaml"].contains { golden.command.contains($0) }
    let parameters = isOther ? [:] : ["FLOWRUN_PARAMETERS": "study.parameters"]
    return try await study.binary.run(
      words, environment: environment(golden.minute).merging(parameters) { $1 }.merging(golden.environment) { $1 })
  }

  func environment(_ minute: Int) -> [String: String] {
    clock.environment(seconds: Population.start + Self.days * 86_400 + minute * 60)
      .merging(["USER": "ada", "TZ": "UTC"]) { $1 }
  }

  private func words(_ command: String) async throws -> [String] {
    guard let match = command.firstMatch(of: #/\{(entry|flowfile) (P\d+)\}/#) else { return Self.words(command) }
    let participant = String(match.2)
    let uuid =
      if match.1 == "entry" {
        try await entry(of: participant)
      } else {
        try study.collected().value(
          "SELECT flowfile FROM slice JOIN participant USING (participant_id) WHERE name = '\(participant)' ORDER BY data_type, start_instant") ?? ""
      }
    return Self.words(command.replacing(match.0, with: uuid))
  }

  /// `*` within a word stands for a space where a processor is named.
  private static func words(_ command: String) -> [String] { command.split(separator: " ").map { String($0).replacing("extract*", with: "extract ") } }

  private func entry(of participant: String) async throws -> String {
    let listed = try await study.binary.run(["errors", "list", "--participant", participant, "--format", "json"], environment: environment(0))
    let entries = try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [[String: Any]] ?? []
    return entries.compactMap { $0["uuid"] as? String }.first ?? "no-entry-of-\(participant)"
  }

  // MARK: Files

  private static let letters = """
    flow: letters
    summary: Writes a letter to everybody.
    parameters:
      greeting: { default: Dear, help: How a letter begins. }
      key: { environment: LETTERS_KEY, default: "", sensitive: true }
      out: { default: letters }
    processors:
      - name: names
        type: GenerateFlowFile
        properties: { count: 2, content: "x", attributes: { name: "P${index}" } }
        to: { success: address }
      - name: address
        type: UpdateAttribute
        properties: { set: { line: "#{greeting} ${name}" } }
        to: { success: sort, failure: errors }
      - name: sort
        type: RouteOnAttribute
        group: sending
        properties: { rules: { first: "${name:equals('P0')}" } }
        to: { first: write, unmatched: drop, failure: errors }
      - name: write
        type: PutFile
        group: sending
        properties: { folder: "#{out}", name: "${name}.txt" }
        retry: { attempts: 3, backoff: 1s, on: [failure] }
        to: { success: drop, failure: errors }

    """

  private static let letterTests = """
    tests:
      - name: both are addressed
        expect:
          relationships: { address: { success: 2 } }
          files: { letters/P0.txt: x }
      - name: everybody is greeted
        at: address
        flowfiles: [{ attributes: { name: P7 } }]
        expect:
          flowfiles: [{ from: address, attributes: { line: Hello P7 } }]

    """

  private static let mistakes = """
    flow: mistakes
    paramters:
      out: { default: letters }
    processors:
      - name: names
        tpye: GenerateFlowFile
        properties: { cuont: 2 }
        to: { succes: write }
      - name: write
        type: PutFil
        to: { success: dorp, failure: errors }
      - name: fetch
        type: InvokeHTTP
        properties: { url: "http://127.0.0.1/${nme:toUper()}", method: GTE }
        to: { response: wirte, failure: errors }

    """
}
