import FlowBase
import FlowImport
import FlowTesting
import Foundation
import Testing

@Suite("flowrun import makes a flow file and a report")
struct ImportCommandTests {
  private struct Component: Decodable {
    var id: String
    var name: String
    var type: String
    var status: String
    var notes: [String]
  }

  private static func corpus(_ name: String) -> String {
    BuiltBinary.repository.appending(path: "Tests/FuzzTests/Corpus/nifi-flow/\(name)").path(percentEncoded: false)
  }

  @Test("a flow that can run runs: what NiFi would have put into files is in files")
  func runs() async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run(["import", Self.corpus("definition.json"), "-o", "flow.yaml", "--report", "report.json"])
    #expect(result.exit == 0 && result.output.contains("'People / sorted', a NiFi flow definition: 19 components: 17 converted, 2 partial, 0 placeholder, 0 dropped"), "\(result)")
    #expect(result.errors.hasSuffix("flow.yaml: it is valid; look at the notes of what is partial, then run it: flowrun flow.yaml\n"), "\(result.errors)")
    #expect(try await binary.run(["validate", "flow.yaml"]).exit == 0)
    let run = try await binary.run(["flow.yaml", "-q", "--format", "json"])
    #expect(run.exit == 0, "\(run.errors)")
    func names(_ folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: binary.folder.path(folder)) }
    // Four people; indices 2 and 3 are above the limit of 1, and go both ways.
    #expect(try names("kept/all").count == 4 && names("kept/old").count == 2)
    let file = try #require(try names("kept/old").first)
    #expect(try String(contentsOfFile: binary.folder.path("kept/old/" + file), encoding: .utf8) == "hello")
    let report = try JSONDecoder().decode([Component].self, from: Data(contentsOf: URL(filePath: binary.folder.path("report.json"))))
    #expect(report.count == 19 && Set(report.map(\.status)) == ["converted", "partial"] && report.filter { $0.status == "partial" }.map(\.id) == ["gen", "put"])
  }

  @Test("without -o the flow file is standard output; the report is standard error")
  func standardOutput() async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run(["import", Self.corpus("instance.json.gz")])
    #expect(result.exit == 0 && result.output.hasPrefix("# Made by flowrun import") && result.output.hasSuffix("\n") && result.errors.contains("placeholder: HandleHttpRequest 'answer'"))
    try binary.write(result.output, to: "flow.yaml")
    let validation = try await binary.run(["validate", "flow.yaml"])
    #expect(validation.exit == 78 && validation.errors.contains("flowrun has no processor for 'org.apache.nifi.processors.standard.HandleHttpRequest'"))
    let run = try await binary.run(["flow.yaml"])
    #expect(run.exit == 78)
  }

  @Test("a file that is refused is 78, one that does not exist 64; a flow file that exists is left alone")
  func refused() async throws {
    let binary = try BuiltBinary()
    try binary.write("MiNiFi Config Version: 3\nProcessors: []\n", to: "config.yml")
    let refused = try await binary.run(["import", "config.yml", "-o", "flow.yaml"])
    #expect(refused.exit == 78 && refused.errors.contains("config.yml: error: a MiNiFi configuration (YAML); expected a NiFi template (XML), a flow definition (JSON)"), "\(refused)")
    #expect(!FileManager.default.fileExists(atPath: binary.folder.path("flow.yaml")))
    // What has no size is found to be too large by reading it.
    let endless = try await binary.run(["import", "/dev/zero"])
    #expect(endless.exit == 78 && endless.errors.contains("/dev/zero: error: the file has more than 33554432 bytes"), "\(endless)")
    let absent = try await binary.run(["import", "no.json"])
    #expect(absent.exit == 64 && absent.errors.contains("no.json"))
    try binary.write("mine\n", to: "flow.yaml")
    let taken = try await binary.run(["import", Self.corpus("template.xml"), "-o", "flow.yaml"])
    #expect(taken.exit == 64 && taken.errors.contains("exists already and was left alone") && taken.errors.contains("mv -n flow.yaml flow.yaml.old"))
    #expect(try String(contentsOfFile: binary.folder.path("flow.yaml"), encoding: .utf8) == "mine\n")
  }

  @Test("neither the flow file nor the report replaces anything, and one is not written without the other")
  func together() async throws {
    let binary = try BuiltBinary()
    func text(_ name: String) -> String? { try? String(contentsOfFile: binary.folder.path(name), encoding: .utf8) }
    let template = try String(contentsOfFile: Self.corpus("template.xml"), encoding: .utf8)
    try binary.write(template, to: "flow.xml")
    for (output, report) in [("x", "x"), ("x", "./x"), (".//x", "x")] {
      let same = try await binary.run(["import", "flow.xml", "-o", output, "--report", report])
      #expect(same.exit == 64 && same.errors.contains("the flow file and the report are both"), "\(same)")
    }
    try binary.write("mine\n", to: "report.json")
    for report in ["report.json", "flow.xml"] {
      let taken = try await binary.run(["import", "flow.xml", "-o", "flow.yaml", "--report", report])
      #expect(taken.exit == 64 && taken.errors.contains("'\(report)' exists already and was left alone, and nothing was written"), "\(taken)")
    }
    let alone = try await binary.run(["import", "flow.xml", "--report", "report.json"])
    #expect(alone.exit == 64 && alone.output.isEmpty)
    for arguments in [["-o", "flow.yaml", "--report", "none/x y/file"], ["-o", "none/x y/file"]] {
      let nowhere = try await binary.run(["import", "flow.xml"] + arguments)
      #expect(nowhere.exit == 64 && nowhere.errors.contains("there is no folder 'none/x y' for 'none/x y/file'") && nowhere.errors.contains("mkdir -p 'none/x y'"), "\(nowhere)")
    }
    // Another path of one file.
    let folder = URL(filePath: binary.folder.path).lastPathComponent
    let detour = try await binary.run(["import", "flow.xml", "-o", "x", "--report", "../\(folder)/x"])
    #expect(detour.exit == 64, "\(detour)")
    let names = try FileManager.default.contentsOfDirectory(atPath: binary.folder.path).filter { !$0.hasSuffix(".out") && !$0.hasSuffix(".err") }
    #expect(text("report.json") == "mine\n" && text("flow.xml") == template && names.sorted() == ["flow.xml", "report.json"])
    // What has a temporary name, be it a link to a file of somebody's, is left alone.
    try FileManager.default.createSymbolicLink(atPath: binary.folder.path("flow.yaml.new"), withDestinationPath: "report.json")
    try binary.write("mine too\n", to: "other.json.new")
    let written = try await binary.run(["import", "flow.xml", "-o", "flow.yaml", "--report", "other.json"])
    #expect(written.exit == 0 && text("flow.yaml")?.hasPrefix("# Made by") == true && text("other.json")?.hasPrefix("[") == true, "\(written)")
    #expect(text("report.json") == "mine\n" && text("other.json.new") == "mine too\n")
    // A link that leads nowhere is something, too.
    try FileManager.default.createSymbolicLink(atPath: binary.folder.path("link.yaml"), withDestinationPath: "gone.yaml")
    #expect(try await binary.run(["import", "flow.xml", "-o", "link.yaml"]).exit == 64 && text("gone.yaml") == nil)
  }

  @Test("the guide's tables are the mappings")
  func tables() throws {
    let types = "| NiFi | flowrun | former names of properties that it knows |\n|---|---|---|\n"
      + TypeMapping.all.sorted { $0.nifi < $1.nifi }.map { mapping in
        "| \(mapping.nifi) | `\(mapping.type)` | \(mapping.properties.reduce(0) { $0 + $1.names.count - 1 }) |\n"
      }.joined()
    let shown = ["InvokeHTTP", "ReplaceText", "ExecuteSQL", "PutDatabaseRecord", "GenerateFlowFile"]
    var renames = "| type | NiFi 1.x | NiFi 2.x | flowrun |\n|---|---|---|---|\n"
    for mapping in TypeMapping.all.filter({ shown.contains($0.nifi) }).sorted(by: { $0.nifi < $1.nifi }) {
      for property in mapping.properties {
        guard property.names.count > 1, case .value(let name, _) = property.target else { continue }
        renames += "| \(mapping.nifi) | \(property.names.dropFirst().joined(separator: ", ")) | \(property.names[0]) | `\(name)` |\n"
      }
    }
    try Self.expect(types, between: "import types")
    try Self.expect(renames, between: "import renames")
  }

  /// RECORD=1 rewrites the text and still fails, so that it is not left set by accident.
  private static func expect(_ expected: String, between marker: String) throws {
    let file = BuiltBinary.repository.appending(path: "Sources/flowrun/Guide.docc/ComeFromNiFi.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    let start = try #require(text.range(of: "<!-- \(marker): begin -->\n")).upperBound
    let finish = try #require(text.range(of: "<!-- \(marker): end -->")).lowerBound
    if ProcessInfo.processInfo.environment["RECORD"] == "1" {
      try (text[..<start] + expected + text[finish...]).write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(String(text[start..<finish]) == expected, "run the tests once with RECORD=1 to rewrite the page")
  }
}
