import FlowBase
import FlowCompression
import FlowCore
import FlowImport
import Foundation
import Testing

/// NiFi's own test flows, and flows that people have published.
@Suite("Public flows are imported, each component once", .enabled(if: ImportBench.hasPublic))
struct PublicFlowTests {
  /// The identifiers in a file, counted without the importer: elements of a template by name, objects of JSON by the lists that they are in.
  private struct Count {
    var processors: [String] = []
    var connections: [String] = []
    var others: [String] = []

    init(_ name: String) throws {
      var bytes = try ImportBench.bytes(name, in: ImportBench.publicFlows)
      if case .content(let content) = Gzip.content(of: bytes, limitBytes: 64 << 20) { bytes = content }
      if name.hasSuffix(".xml") {
        let text = String(decoding: bytes, as: UTF8.self)
        func ids(_ element: String) -> [String] {
          text.components(separatedBy: "<\(element)>").dropFirst().compactMap { $0.firstMatch(of: #/<id>([^<]*)</id>/#).map { String($0.1) } }
        }
        processors = ids("processors")
        connections = ids("connections")
        others = ["inputPorts", "outputPorts", "funnels", "labels", "controllerServices"].flatMap(ids)
        // A group's own identifier follows its contents' or precedes them; its elements are counted.
        groupCount = text.components(separatedBy: "<processGroups>").count - 1
      } else {
        let document = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:]
        visit(document["flowContents"] ?? document["rootGroup"] ?? [:])
        groupCount -= 1
      }
    }

    var groupCount = 0

    private mutating func visit(_ value: Any) {
      guard let group = value as? [String: Any] else { return }
      groupCount += 1
      func ids(_ name: String) -> [String] { (group[name] as? [[String: Any]] ?? []).compactMap { $0["identifier"] as? String } }
      processors += ids("processors")
      connections += ids("connections")
      others += ["inputPorts", "outputPorts", "funnels", "labels", "controllerServices"].flatMap(ids)
      for inner in group["processGroups"] as? [[String: Any]] ?? [] { visit(inner) }
    }
  }

  @Test("processors, connections, ports, funnels, labels, services and groups are in the report once", arguments: ImportBench.publicNames)
  func components(_ name: String) throws {
    let flow = try ImportBench.imported(name, in: ImportBench.publicFlows)
    let count = try Count(name)
    let byID = Dictionary(grouping: flow.components, by: \.id)
    #expect(!count.processors.isEmpty)
    for id in count.processors + count.connections + count.others { #expect(byID[id]?.count == 1, "\(id)") }
    #expect(flow.components.count { $0.type == "PROCESS_GROUP" } == count.groupCount + 1)
    #expect(flow.components.count { $0.type == "CONNECTION" } == count.connections.count)
    for component in flow.components where component.status != .converted { #expect(!component.notes.isEmpty, "\(component)") }
  }

  @Test("the flow file is well formed: what remains is named in the report", arguments: ImportBench.publicNames)
  func wellFormed(_ name: String) throws {
    let flow = try ImportBench.imported(name, in: ImportBench.publicFlows)
    for problem in ImportBench.problems(of: Array(flow.yaml.utf8)) {
      #expect(!problem.code.id.hasPrefix("E01") && !["E0201", "E0202", "E0203", "E0204", "E0205"].contains(problem.code.id), "\(problem)")
      let isNamed = problem.code == .unsupportedProcessor || flow.general.contains { $0.contains(problem.found) }
        || flow.components.contains { $0.notes.contains { $0.contains(problem.found) } || ($0.status != .converted && $0.notes.contains { $0.contains("expression") }) }
      #expect(isNamed, "\(problem) is not in the report")
    }
    // A flow that is valid has nothing that needs a person; one that is not has.
    let isConverted = flow.components.allSatisfy { $0.status == .converted || $0.status == .dropped || $0.status == .partial }
    #expect(isConverted == !flow.yaml.contains("type: Unsupported"))
  }

  @Test("the pipeline of All of Us: 51 processors, 77 connections, 5 groups; flowrun has it")
  func allOfUs() throws {
    let flow = try ImportBench.imported("all-of-us-Fitbit.xml", in: ImportBench.publicFlows)
    let recognised = try #require(flow.recognised)
    #expect(flow.components.count { $0.type.contains(".processors.") } == 51 && flow.components.count { $0.type == "CONNECTION" } == 77)
    #expect(
      recognised.counterparts.map(\.name) == ["Fitbit", "get access token", "get latest sync", "get fitbit data from API", "check if distinct entry"])
    for counterpart in recognised.counterparts {
      let group = try #require(flow.components.first { $0.id == counterpart.id && $0.type == "PROCESS_GROUP" })
      #expect(group.notes.contains { $0.hasPrefix("Flows/fitbit.yaml has it: ") }, "\(group)")
    }
    #expect(flow.components.filter { $0.status == .placeholder && $0.type.contains(".processors.") }.map { $0.type.split(separator: ".").last ?? "" }.sorted()
      == ["ConvertJSONToAvro", "ExecuteScript", "ExecuteScript", "InferAvroSchema", "PutDatabaseRecord", "PutFile", "PutFile"])
    #expect(flow.yaml.contains("# flowrun has this pipeline: Flows/fitbit.yaml."))
  }

  @Test("another flow is not taken for it", arguments: ImportBench.publicNames.filter { $0 != "all-of-us-Fitbit.xml" })
  func others(_ name: String) throws { #expect(try ImportBench.imported(name, in: ImportBench.publicFlows).recognised == nil) }

  @Test("renamed groups and processors are recognised all the same")
  func renamed() throws {
    let text = String(decoding: try ImportBench.bytes("all-of-us-Fitbit.xml", in: ImportBench.publicFlows), as: UTF8.self)
    let renamed = text.replacing("<name>get latest sync</name>", with: "<name>step 2</name>").replacing("<name>check if distinct entry</name>", with: "<name>step 4</name>")
    #expect(try ImportBench.imported(Array(renamed.utf8)).recognised?.counterparts.map(\.name).contains("step 2") == true)
  }
}
