import FlowCore
import FlowImport
import Foundation
import Testing

/// Flows of tens of thousands of components, of sizes at which work that grows with their square would take hours.
@Suite("A large flow costs what it has, not its square", .serialized, .timeLimit(.minutes(2)))
struct LargeFlowTests {
  private typealias Bench = ImportBench

  private static func imported(_ bytes: [UInt8]) throws -> ImportedFlow { try FlowImporter.imported(bytes) { _ in [] } }
  private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

  @Test("references and expressions that do not end", arguments: ["#{", "${", "${#{", "${a:b('", "#", "$", "://", "://a@", "jdbc:", "?a=", "x://${"])
  func unclosed(_ text: String) throws {
    let value = Self.repeated(text, 5_000) + Self.repeated("}", text == "x://${" ? 5_000 : 0)
    let processors = [
      Bench.processor("text", "standard.GenerateFlowFile", ["Custom Text": value]), Bench.processor("file", "standard.GetFile", ["Input Directory": value]),
      Bench.processor("other", "standard.Other", ["a": value], ["annotationData": value, "comments": value]),
    ]
    let flow = try Self.imported(Bench.definition(processors, group: ["variables": ["a": "b"], "labels": [["identifier": "l", "label": value]]]))
    #expect(flow.components.count == 5)
  }

  @Test("groups without anything in them")
  func groups() throws {
    let groups = (0..<49_000).map { ["identifier": "g\($0)", "name": "g"] }
    #expect(try Self.imported(Bench.definition([], group: ["processGroups": groups])).components.count == 49_001)
  }

  @Test("processors of one name, and of names that are equal where they are cut off", arguments: ["a", String(repeating: "a", count: 100)])
  func names(_ name: String) throws {
    let processors = (0..<4000).map { Bench.processor("p\($0)", "standard.LogAttribute", [:], ["name": "\(name)\(name.count > 60 ? String($0) : "")"]) }
    let flow = try Self.imported(Bench.definition(processors))
    let names = flow.yaml.utf8.split(separator: UInt8(ascii: "\n")).filter { $0.starts(with: "  - name: ".utf8) }
    #expect(Set(names.map { Array($0) }).count == 4000)
  }

  @Test("parameters, and expressions that may refer to each")
  func parameters() throws {
    let count = 4000
    let context: [String: Any] = ["name": "x", "parameters": (0..<count).map { ["name": "p\($0)", "value": "v"] }]
    let all = Bench.processor("all", "standard.GenerateFlowFile", ["Custom Text": (0..<count).map { "#{p\($0)}" }.joined()])
    let processors = (0..<count).map { Bench.processor("e\($0)", "standard.PutFile", ["Directory": "${a}"]) }
    let flow = try Self.imported(Bench.definition([all] + processors, group: ["parameterContextName": "x"], top: ["parameterContexts": ["x": context]]))
    #expect(flow.yaml.contains("  p3999:\n    default: v\n") && flow.components.count == count + 3)
  }

  @Test("many groups in one that has many variables: they count as components, and are not copied for each group")
  func variables() throws {
    // Copied, they would take gigabytes.
    let variables = Dictionary(uniqueKeysWithValues: (0..<20_000).map { ("v\($0)", "x") })
    let groups = (0..<10_001).map { ["identifier": "g\($0)", "name": "g", "variables": ["own": "1"], "processors": [Bench.processor("p\($0)", "standard.PutFile", ["Directory": "${v7}"])]] as [String: Any] }
    func flow(_ count: Int) throws -> [UInt8] { try Bench.definition([], group: ["variables": variables, "processGroups": Array(groups.prefix(count))]) }
    let imported = try Self.imported(flow(1500))
    #expect(imported.yaml.contains("  v7:\n    default: x\n") && imported.yaml.contains("folder: \"${v7:replaceNull(#{v7})}\"\n"))
    #expect(try Bench.refusal(flow(10_001))?.code == .tooLargeToImport)
  }

  @Test("values of variables in services, which multiply", arguments: [1000])
  func multiplied(_ count: Int) throws {
    let long = Self.repeated("a", 100_000)
    let services = (0..<count).map { ["identifier": "s\($0)", "name": "s", "type": "org.example.S", "properties": ["a": "${v}${v}${v}${v}${v}${v}${v}${v}${v}${v}"]] as [String: Any] }
    #expect(try Self.imported(Bench.definition([], group: ["variables": ["v": long], "controllerServices": services])).components.count == count + 1)
  }

  @Test("contexts that inherit from many", arguments: [(100, false), (101, true)])
  func contexts(_ count: Int, _ isRefused: Bool) throws {
    var contexts: [String: Any] = [:]
    for number in 0..<count { contexts["c\(number)"] = ["name": "c\(number)", "inheritedParameterContexts": number + 1 < count ? ["c\(number + 1)"] : [], "parameters": []] as [String: Any] }
    let flow = try Bench.definition([], top: ["parameterContexts": contexts])
    #expect((Bench.refusal(flow)?.code == .tooLargeToImport) == isRefused)
  }

  @Test("contexts that name the same ones over and over are refused")
  func repeatedContexts() throws {
    let list = Array(repeating: "c", count: 90)
    let contexts = Dictionary(uniqueKeysWithValues: (0..<3000).map { ("c\($0)", ["name": "c\($0)", "inheritedParameterContexts": list.map { $0 + "1" } + ["c2", "c3"]] as [String: Any]) })
    #expect(Bench.refusal(try Bench.definition([], top: ["parameterContexts": contexts]))?.code == .tooLargeToImport)
  }
}
