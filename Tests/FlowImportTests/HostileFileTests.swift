import FlowCore
import FlowImport
import FlowTesting
import Foundation
import Testing

@Suite("A hostile file costs seconds and megabytes, and is refused", .serialized, .timeLimit(.minutes(5)))
struct HostileFileTests {
  private static func repeated(_ text: String, _ count: Int) -> [UInt8] { Array(String(repeating: text, count: count).utf8) }

  @Test("elements inside each other")
  func depth() {
    let refusal = ImportBench.refusal(Array("<template><snippet>".utf8) + Self.repeated("<a>", 100_000))
    #expect(refusal?.code == .tooLargeToImport, "\(String(describing: refusal))")
    #expect(ImportBench.refusal(Array("{\"a\":".utf8) + Self.repeated("[", 100_000))?.code == .damagedImport)
  }

  @Test("many elements, many attributes, many values")
  func counts() {
    #expect(ImportBench.refusal(Array("<template><snippet>".utf8) + Self.repeated("<a/>", 700_000))?.code == .tooLargeToImport)
    #expect(ImportBench.refusal(Array("<template".utf8) + (0..<2000).flatMap { Array(" a\($0)=\"\"".utf8) } + Array("/>".utf8))?.code == .tooLargeToImport)
    #expect(ImportBench.refusal(Array("{\"a\":[".utf8) + Self.repeated("0,", 700_000) + Array("0]}".utf8))?.code == .tooLargeToImport)
  }

  @Test("a text that no flow file has room for is refused with its name", arguments: ["a", "properties"])
  func texts(_ place: String) throws {
    let long = String(repeating: "a", count: (1 << 20) + 1)
    let json = try ImportBench.refusal(ImportBench.definition([ImportBench.processor("p", "standard.PutFile", place == "a" ? ["a": long] : [long: "a"])]))
    #expect(json?.code == .tooLargeToImport && json?.found.hasSuffix("has a text of 1048577 bytes") == true && json?.found.utf8.count ?? 0 < 200, "\(String(describing: json?.found))")
    let xml = ImportBench.refusal("<template><snippet><processors><config><properties><entry><key>HTTP URL</key><value>\(long)</value></entry></properties></config></processors></snippet></template>")
    #expect(xml?.found == "'HTTP URL' has a text of 1048577 bytes" && xml?.code == .tooLargeToImport)
  }

  @Test("the longest texts cost seconds", arguments: ["b=2&", "${a}", "#{a}", "?a1=", "&token=", "://a@"])
  func longest(_ part: String) throws {
    let text = "http://h/?a=1&" + String(repeating: part, count: 150_000 / part.utf8.count)
    let processors = [ImportBench.processor("p", "standard.InvokeHTTP", ["HTTP URL": text]), ImportBench.processor("q", "standard.Other", ["a": text])]
    let flow = try FlowImporter.imported(ImportBench.definition(processors)) { _ in [] }
    #expect(flow.components.count == 3)
  }

  @Test("groups inside each other")
  func groups() {
    let open = "{\"processGroups\":[", close = "]}"
    let text = "{\"flowContents\":" + String(repeating: open, count: 60) + String(repeating: close, count: 60) + "}"
    #expect(ImportBench.refusal(text)?.code == .tooLargeToImport)
  }

  @Test("a few kilobytes that inflate to gigabytes")
  func bomb() throws {
    // A member of gzip with a stored block is as long as its content; deflate's longest copies are a thousandth of it.
    let bomb = try TestProgram.runBlocking(["/bin/sh", "-c", "head -c 200000000 /dev/zero | gzip -9"])
    #expect(bomb.count < 300_000)
    #expect(ImportBench.refusal(bomb)?.code == .tooLargeToImport)
  }

  @Test("connections that multiply")
  func fanOut() throws {
    // 600 processors into one funnel, and out of it to all of them.
    let processors = (0..<600).map { ImportBench.processor("p\($0)", "standard.X") }
    let connections = (0..<600).flatMap { [ImportBench.connection("a\($0)", "p\($0)", "f", ["success"]), ImportBench.connection("b\($0)", "f", "p\($0)", [])] }
    let flow = try ImportBench.definition(processors, connections, group: ["funnels": [["identifier": "f"]]])
    #expect(ImportBench.refusal(flow)?.code == .tooLargeToImport)
  }

  @Test("contexts that inherit from themselves, funnels that lead to themselves")
  func cycles() throws {
    let contexts: [String: Any] = [
      "a": ["name": "a", "inheritedParameterContexts": ["b"], "parameters": [["name": "x", "value": "1", "sensitive": false]]],
      "b": ["name": "b", "inheritedParameterContexts": ["a", "b"], "parameters": []],
    ]
    let flow = try ImportBench.imported(
      ImportBench.definition(
        [ImportBench.processor("p", "standard.GenerateFlowFile", ["Custom Text": "#{x}"])],
        [ImportBench.connection("c", "p", "f", ["success"]), ImportBench.connection("d", "f", "g", []), ImportBench.connection("e", "g", "f", [])],
        group: ["funnels": [["identifier": "f"], ["identifier": "g"]], "parameterContextName": "a"], top: ["parameterContexts": contexts]))
    #expect(flow.yaml.contains("content: \"#{x}\""))
    // A loop of funnels has no end: nothing is guessed.
    #expect(try flow.component("p").status == .partial)
  }

  @Test("control characters in names reach neither the flow file nor the report's lines")
  func controlCharacters() throws {
    let flow = try ImportBench.imported(
      ImportBench.definition(
        [ImportBench.processor("p", "standard.X", ["a\u{1B}[2J": "b\u{7}\u{202E}c"], ["name": "n\u{1B}[31m\nprocessors:\n- evil", "comments": "c\u{1B}\n- name: evil"])]))
    #expect(!flow.yaml.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control || $0 == "\u{202E}" })
    #expect(flow.yaml.matches(of: #/(?m)^ *- name/#).count == 1, "\(flow.yaml)")
  }
}
