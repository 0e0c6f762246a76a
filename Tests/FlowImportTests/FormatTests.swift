import FlowCore
import FlowImport
import Foundation
import Testing

@Suite("A file's format is recognised, or refused with what was found")
struct FormatTests {
  @Test("each format is told by its content")
  func formats() throws {
    #expect(try ImportBench.imported("template.xml").format == .template(encoding: "1.3"))
    #expect(try ImportBench.imported("definition.json").format == .definition)
    #expect(try ImportBench.imported("instance.json").format == .instance)
    #expect(try ImportBench.imported("instance.json.gz").format == .instance)
    #expect(try ImportBench.imported("instance.json.gz").yaml == ImportBench.imported("instance.json").yaml)
    #expect(try ImportBench.imported([0xEF, 0xBB, 0xBF] + ImportBench.bytes("definition.json")).yaml == ImportBench.imported("definition.json").yaml)
  }

  @Test("the encodings 1.0 to 1.4 are read, also a template without one", arguments: ["1.0", "1.1", "1.2", "1.3", "1.4", nil])
  func encodings(_ encoding: String?) throws {
    let attribute = encoding.map { " encoding-version=\"\($0)\"" } ?? ""
    let text = "<template\(attribute)><name>t</name><snippet><processors><id>a</id><name>a</name><type>org.apache.nifi.X</type></processors></snippet></template>"
    #expect(try ImportBench.imported(Array(text.utf8)).components.count == 2)
  }

  @Test(
    "anything else is refused",
    arguments: [
      ("", "E1601", "empty"), ("   \n", "E1601", "empty"), ("participant,zone\nP1,UTC\n", "E1601", "neither XML nor a JSON object"),
      ("<flowController/>", "E1601", "the root element is 'flowController'"), ("<html><body/></html>", "E1601", "'html'"),
      ("<template encoding-version=\"9.9\"><snippet/></template>", "E1601", "'9.9'"), ("<template/>", "E1604", "no 'snippet'"),
      ("<template><snippet>", "E1604", "its end"), ("<!DOCTYPE template [<!ENTITY a \"b\">]><template/>", "E1601", "a document type declaration"),
      ("<template>&undefined;</template>", "E1601", "a reference"), ("{}", "E1601", "no members"), ("{\"a\": 1}", "E1601", "'a'"),
      ("{\"flowContents\": ", "E1604", "not JSON as a whole"), ("{\"flowContents\": {}} x", "E1604", "not JSON as a whole"),
      ("[1]", "E1601", "a JSON document that is a list"), ("{\"flowContents\": null}", "E1601", "'flowContents' is no object"), ("{\"rootGroup\": []}", "E1601", "'rootGroup' is no object"),
      ("<template>\n<snippet>\u{0}</snippet></template>", "E1604", "line 2 of the XML has the character U+0000"),
      ("{\"MiNiFi Config Version\": 3, \"Flow Controller\": {}}", "E1602", "a MiNiFi configuration (JSON)"), ("{\"Flow Controller\": {}, \"Processors\": []}", "E1602", "a MiNiFi configuration (JSON)"),
      ("MiNiFi Config Version: 3\nProcessors: []\n", "E1602", "a MiNiFi configuration (YAML)"),
      ("Flow Controller:\n  name: a\nProcessors:\n- name: b\n", "E1602", "a MiNiFi configuration"),
      ("flow: a\nprocessors: []\n", "E1602", "a flow file of flowrun"), ("PK\u{3}\u{4}abc", "E1602", "a zip archive"),
    ])
  func refused(_ text: String, _ code: String, _ found: String) throws {
    let refusal = try #require(ImportBench.refusal(text))
    #expect(refusal.code.id == code && refusal.found.contains(found) && refusal.expected != nil, "\(refusal)")
  }

  @Test("gzip of something else, cut off, or damaged is refused")
  func gzip() throws {
    let file = try ImportBench.bytes("instance.json.gz")
    #expect(ImportBench.refusal(Array(file.dropLast(9)))?.found == "the gzip file is cut off")
    var damaged = file
    damaged[file.count - 6] ^= 1
    #expect(ImportBench.refusal(damaged)?.code == .damagedImport)
  }

  @Test("components without an identifier, or with one that is taken, are refused")
  func identifiers() throws {
    let twice = try ImportBench.definition([ImportBench.processor("a", "standard.X"), ImportBench.processor("a", "standard.Y")])
    #expect(ImportBench.refusal(twice)?.found == "two components have the identifier 'a'")
    let none = try ImportBench.definition([["name": "a", "type": "org.apache.nifi.X"]])
    #expect(ImportBench.refusal(none)?.found == "processor 'a' has no identifier")
  }

  @Test("copies of a versioned group are told apart by their instances")
  func copies() throws {
    func copy(_ instance: String) -> [String: Any] {
      [
        "identifier": "same", "name": instance,
        "processors": [
          ImportBench.processor("gen", "standard.GenerateFlowFile", [:], ["instanceIdentifier": instance + "1"]),
          ImportBench.processor("log", "standard.LogAttribute", [:], ["instanceIdentifier": instance + "2"]),
        ],
        "connections": [
          [
            "identifier": "c", "source": ["id": "gen", "instanceIdentifier": instance + "1"], "destination": ["id": "log", "instanceIdentifier": instance + "2"],
            "selectedRelationships": ["success"],
          ]
        ],
      ]
    }
    let flow = try ImportBench.imported(ImportBench.definition([], group: ["processGroups": [copy("left"), copy("right")]]))
    #expect(flow.yaml.contains("success: log\n") && flow.yaml.contains("success: log 2\n"))
  }
}
