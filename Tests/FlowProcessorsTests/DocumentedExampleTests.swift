import FlowCore
import FlowDefinition
import FlowSQLite
import Foundation
import StudyModel
import StudyParticipants
import StudyProcessors
import StudyRaw
import Testing

/// Reads the example of a flow file in a processor's documentation, like the loader does.
@Suite("The examples in the processors' documentation are valid")
struct DocumentedExampleTests {
  /// The code in the comment above a processor: one example, or several with a line between them.
  private static func examples(of type: String) throws -> [[Substring]] {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let paths = ["StudyProcessors", "FlowProcessors"].map { repository.appending(path: "Sources/\($0)/\(type).swift") }
    let path = try #require(paths.first { FileManager.default.fileExists(atPath: $0.path()) })
    let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
    let declaration = try #require(lines.firstIndex { $0.hasPrefix("package struct \(type): Processor") })
    let comment = lines[..<declaration].reversed().prefix { $0.hasPrefix("///") }.reversed()
    return comment.map { $0.hasPrefix("///     ") ? $0.dropFirst(8) : "" }
      .split(separator: "", omittingEmptySubsequences: true).map(Array.init)
  }

  /// A flow around the example, which is a map of properties or a whole processor.
  private static func flow(_ type: String, _ example: [Substring]) -> String {
    let isWhole = example.first?.hasPrefix("- name:") == true
    let head = isWhole ? "" : "  - name: example\n    type: \(type)\n    properties:\n      provider: google\n"
    let margin = isWhole ? "  " : "      "
    let lines: [String] = example.map { margin + String($0) }
    let tail = isWhole ? "" : "\n    to: { success: drop, retry: errors, scope: errors, rate_limited: defer, failure: errors }"
    let name = isWhole ? String(example[0].dropFirst("- name: ".count)) : "example"
    let isSource = BuiltinProcessors.catalog[type]?.descriptor.input == .forbidden
    // What the example leads to, beside itself and what the flow has.
    let known = ["errors", "defer", "drop", "look for duplicates", name]
    let destinations = example.filter { $0.hasPrefix("  to:") }.flatMap { $0.matches(of: /: ([a-z ]+?) *[,}]/).map { String($0.1) } }
    let others = Set(destinations).subtracting(known).sorted().map { "  - { name: \($0), type: LogAttribute, to: { success: drop } }\n" }
    return """
      flow: documentation
      parameters:
        weather_key: { default: "" }
      services:
        google: { type: GoogleHealthAPI, base_url: "http://127.0.0.1:1", client_id: study, participants: participants }
        study: { type: Database, path: study.sqlite }
      processors:
        - { name: make, type: GenerateFlowFile, to: { success: set } }
        - name: set
          type: UpdateAttribute
          properties: { set: { participant: P1, slice.start: "2026-01-05T00:00:00Z", slice.end: "2026-01-06T00:00:00Z", slice.date: "2026-01-05", participant.zone: UTC, day: "2026-01-05", absolute.path: inbox/, filename: a.csv } }
          to: { success: \(isSource ? "drop" : name) }
      \(head + lines.joined(separator: "\n") + tail)
        - { name: look for duplicates, type: LogAttribute, to: { success: drop } }
        - { name: make nothing, type: GenerateFlowFile, to: { success: look for duplicates } }
      \(others.joined())
      """
  }

  @Test("are valid in a flow file", arguments: BuiltinProcessors.catalog.types)
  func valid(_ type: String) throws {
    let loader = FlowLoader(
      processors: BuiltinProcessors.catalog, services: [DatabaseDeclaration.descriptor, RawStorage.descriptor, FitbitWebAPI.descriptor, GoogleHealthAPI.descriptor],
      compiler: { CompiledExpressions(parameters: $0) })
    for example in try Self.examples(of: type) {
      let flow = Self.flow(type, example)
      if case .failure(let problems) = loader.load(bytes: Array(flow.utf8), file: "\(type).yaml") {
        Issue.record("\(problems)\n\(flow)")
      }
    }
  }

  @Test("exist for processors with many properties", arguments: ["InvokeEndpoint", "ExtractRecords"])
  func there(_ type: String) throws { #expect(try !Self.examples(of: type).isEmpty) }
}
