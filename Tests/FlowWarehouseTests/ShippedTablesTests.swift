import FlowCore
import FlowDefinition
import FlowRuntime
import FlowTesting
import Foundation
import StudyModel
import Testing

/// `flowrun ddl` in every dialect, as another parser reads it.
@Suite("The tables of shipped flows are SQL of each dialect", .enabled(if: PythonTools.mayRun, "\(PythonTools.remedy)"), .timeLimit(.minutes(5)))
struct ShippedTablesTests {
  private struct Made: Decodable {
    var kind: String
    var name: String
    var columns: [[String]]
    var key: [String]
    var properties: [String]?
  }

  private static let flows = [
    "fitbit", "fitbit-nightly", "fitbit-extract", "fitbit-steps", "fitbit-warehouse", "google-health", "google-health-nightly", "google-health-extract",
    "google-health-steps", "google-health-warehouse",
  ]
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "Flows")

  private static func graph(_ name: String) throws -> FlowGraph {
    let bytes = Array(try Data(contentsOf: folder.appending(path: name + ".yaml")))
    return try FlowCatalog.loader(on: .here()).load(bytes: bytes, file: name + ".yaml").get()
  }

  private static func made(_ flow: String, _ dialect: String) async throws -> (tables: [String: Made], views: Set<String>, uses: [TableSchema]) {
    let graph = try graph(flow), statements = try #require(try ServiceCatalog.statements(of: graph, dialect: dialect))
    let output = try await PythonTools.run(
      "Tests/FlowWarehouseTests/Scripts/parse_ddl.py", [dialect], input: Array(try JSONEncoder().encode(statements.map(\.text))))
    let all = try JSONDecoder().decode([Made].self, from: Data(output))
    let tables = Dictionary(all.filter { $0.kind == "TABLE" }.map { ($0.name, $0) }) { first, _ in first }
    return (tables, Set(all.filter { $0.kind == "VIEW" }.map(\.name)), graph.tableUses().filter { $0.service == "database" }.map(\.table))
  }

  @Test("every table of the flow is made, with its columns and its key", arguments: flows, ServiceCatalog.dialects)
  func tables(_ flow: String, _ dialect: String) async throws {
    let (tables, views, uses) = try await Self.made(flow, dialect)
    #expect(!uses.isEmpty && tables["participant"] != nil)
    for use in uses {
      let table = try #require(tables[use.name], "\(use.name)")
      #expect(table.columns.map { $0[0] } == ["participant_id"] + use.columns.map(\.name))
      #expect(table.key == ["participant_id"] + use.key)
      if use.columns.contains(where: { $0.kind == .offset }), use.timeColumn?.kind == .instant { #expect(views.contains(use.name + "_local")) }
    }
  }

  @Test("times, dates and numbers have the types of the dialect", arguments: [
    ("bigquery", [ColumnKind.instant: "TIMESTAMP", .date: "DATE", .real: "FLOAT64", .text: "STRING", .integer: "INT64", .offset: "INT64"]),
    ("redshift", [.instant: "TIMESTAMP WITH TIME ZONE", .date: "DATE", .real: "DOUBLE PRECISION", .text: "VARCHAR(1024)", .offset: "INTEGER"]),
    ("sqlite", [.instant: "INTEGER", .date: "TEXT", .real: "REAL", .text: "TEXT", .integer: "INTEGER", .offset: "INTEGER"]),
    ("postgresql", [.instant: "TIMESTAMPTZ", .date: "DATE", .real: "DOUBLE PRECISION", .offset: "INT"]),
  ] as [(String, [ColumnKind: String])])
  func types(_ dialect: String, _ types: [ColumnKind: String]) async throws {
    for flow in Self.flows {
      let (tables, _, uses) = try await Self.made(flow, dialect)
      for use in uses {
        for (column, found) in zip(use.columns, try #require(tables[use.name]).columns.dropFirst()) {
          if let type = types[column.kind] { #expect(found[1] == type, "\(use.name).\(column.name)") }
        }
      }
    }
  }

  @Test("what a dialect cannot say is in comments", arguments: [
    ("bigquery", "It enforces no key"), ("bigquery", "--dataset_id="), ("redshift", "keys are informational"), ("redshift", "at most 1024 bytes"),
    ("sqlite", "an instant is an INTEGER, seconds since 1970"), ("sqlite", "-- distance: km"), ("postgresql", "partitions"),
  ])
  func remarks(_ dialect: String, _ words: String) throws {
    let text = try #require(try ServiceCatalog.statements(of: Self.graph("fitbit"), dialect: dialect)).map(\.text).joined(separator: "\n")
    #expect(text.contains(words))
    let comments = text.split(separator: "\n").filter { $0.hasPrefix("--") }
    #expect(comments.allSatisfy { $0.hasPrefix("-- ") } && !comments.isEmpty)
  }

  @Test("a warehouse divides or sorts its tables by participant and time", arguments: [
    ("bigquery", ["PartitionedByProperty", "ClusterProperty"]), ("redshift", ["DistKeyProperty", "SortKeyProperty"]),
  ])
  func layout(_ dialect: String, _ properties: [String]) async throws {
    let (tables, _, uses) = try await Self.made("fitbit", dialect)
    for use in uses { #expect(tables[use.name]?.properties == properties, "\(use.name): \(String(describing: tables[use.name]?.properties))") }
  }
}
