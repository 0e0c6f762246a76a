import FlowCore
import FlowImport
import Foundation
import StudyProcessors
import Testing

@Suite("A property that flowrun does not know never takes effect")
struct UnknownPropertyTests {
  private typealias Bench = ImportBench

  @Test("it is kept under a name that no type has, whatever flowrun's own are called, and keeps the flow from validating", arguments: [
    ("standard.PutFile", ["Directory": "a"], "Folder", "folder"), ("standard.PutFile", ["Directory": "a"], "Name", "name"), ("standard.PutFile", ["Directory": "a"], "conflict", "conflict"),
    ("standard.GetFile", ["Input Directory": "a"], "Input_Directory", "input_directory"), ("standard.LogAttribute", [:], "MESSAGE", "message"), ("standard.SplitJson", ["JsonPath Expression": "$"], "json.path.expression", "json_path_expression"),
    ("standard.PutFile", ["Directory": "a"], "Password", "password"),
  ])
  func unknown(_ type: String, _ properties: [String: String], _ name: String, _ word: String) throws {
    let processor = Bench.processor("p", type, properties.merging([name: "elsewhere"]) { $1 })
    let flow = try Bench.imported(Bench.definition([processor]))
    #expect(flow.yaml.contains("      nifi_\(word): ") && !flow.yaml.contains("      \(word): elsewhere"), "\(flow.yaml)")
    #expect(try flow.component("p").status == .partial && flow.component("p").notes.contains("'\(name)' is a property that flowrun does not know: validate names it"))
    #expect(Bench.problems(of: Array(flow.yaml.utf8)).contains { $0.code == .unknownProperty && $0.found.contains("nifi_\(word)") })
  }

  @Test("none of flowrun's properties begins as these do, and none is called as a property of NiFi's that its type lacks")
  func names() throws {
    for mapping in TypeMapping.all {
      let descriptor = try #require(BuiltinProcessors.catalog[mapping.type]?.descriptor, "\(mapping.type)")
      let own = Set(descriptor.properties.map(\.name))
      #expect(!own.contains { name in ["nifi_", "reader_", "writer_", "pool_"].contains(where: name.hasPrefix) }, "\(mapping.type)")
      let lacking = mapping.properties.compactMap { property in if case .only = property.target { property.nameHere } else { nil } }
      #expect(own.isDisjoint(with: lacking), "\(mapping.type): \(own.intersection(lacking))")
    }
  }
}
