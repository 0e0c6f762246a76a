import FlowCore
import FlowDefinition
import FlowDrawing
import FlowRuntime
import FlowTesting
import Foundation
import Testing

@Suite("The graphs of the shipped flows")
struct ShippedGraphTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Flows")
  static let files = ["fitbit", "google-health"].flatMap { name in ["", "-nightly", "-extract", "-steps", "-warehouse"].map { "\(name)\($0)" } }

  static func graph(_ name: String) throws -> FlowGraph {
    let file = folder.appending(path: "\(name).yaml")
    let result = FlowCatalog.loader(on: .here()).load(bytes: Array(try Data(contentsOf: file)), file: file.path, given: [:], environment: { _ in nil })
    return try result.get()
  }

  @Test("are laid out well, with every processor and connection", arguments: files)
  func laidOut(name: String) throws {
    let graph = try Self.graph(name), picture = GraphPicture(graph)
    GraphLayoutTests.check(picture)
    #expect(picture.nodes.map(\.name) == graph.processors.map(\.name) && picture.nodes.map(\.group) == graph.processors.map(\.group))
    for (index, processor) in graph.processors.enumerated() {
      for output in processor.outputs {
        for case .processor(let target, _) in output.destinations {
          #expect(picture.edges.contains { $0.from == index && $0.to == target && $0.relationships.contains(output.relationship) })
        }
      }
    }
    let text = picture.text()
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    for processor in graph.processors { #expect(text.contains(processor.name) && picture.dot.contains("\"\(processor.name)\"")) }
  }

  @Test("have the FlowFiles of a run on their connections")
  func counts() throws {
    let graph = try Self.graph("fitbit")
    var report = ProcessorReport(name: "check heart", type: "DedupeCheck")
    report.sent = ["distinct": 5, "changed": 2, "failure": 1]
    let picture = GraphPicture(graph, reports: [report])
    let index = try #require(graph.index(of: "check heart"))
    #expect(picture.edges.filter { $0.from == index }.map(\.label) == ["distinct, changed, duplicate 7"])
    #expect(picture.nodes[index].exits == [.init(destination: "errors", relationships: ["failure"], count: 1)])
    #expect(picture.edges.filter { $0.from != index }.allSatisfy { $0.count == 0 })
  }

  @Test("are accepted by Graphviz", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/dot"), "graphviz is not installed"), arguments: files)
  func graphviz(name: String) async throws {
    let written = try await TestProgram.run(["/usr/bin/dot", "-Tcanon"], input: Array(GraphPicture(try Self.graph(name)).dot.utf8))
    #expect(String(decoding: written, as: UTF8.self).contains("subgraph cluster_1"))
  }
}
