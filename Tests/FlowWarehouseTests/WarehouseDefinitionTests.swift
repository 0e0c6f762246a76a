import FlowCore
import FlowTesting
import FlowWarehouse
import Foundation
import StudyModel
import Testing

@Suite("The tables of a warehouse")
struct WarehouseDefinitionTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  /// Every kind of column, words of SQL as names, and tables with and without time.
  private static let tables =
    TableSchema.promised.filter { ["fitbit_hr_summary", "fitbit_intraday_hr"].contains($0.name) } + [
      TableSchema(
        name: "order", columns: [.init("group", .text), .init("select", .integer), .init("when", .instant), .init("day", .date), .init("share", .real)], key: ["group"])
    ]

  /// `RECORD=1` rewrites the files and still fails.
  @Test("are as recorded", arguments: WarehouseDialect.allCases)
  func golden(_ dialect: WarehouseDialect) throws {
    let found = try WarehouseDefinition.statements(for: Self.tables, dialect).map { $0.text + "\n\n" }.joined()
    let place = Self.fixtures.appending(path: "\(dialect.rawValue).sql")
    if ProcessInfo.processInfo.environment["RECORD"] == "1" {
      try Data(found.utf8).write(to: place)
      Issue.record("recorded \(place.lastPathComponent)")
    }
    #expect(found == String(decoding: try Data(contentsOf: place), as: UTF8.self))
  }

  @Test("names that the warehouse or flowrun keeps, and columns that occur twice, are refused", arguments: WarehouseDialect.allCases)
  func refuses(_ dialect: WarehouseDialect) {
    for name in ["participant", dialect == .bigquery ? "_PARTITION_x" : "stl_x", ""] {
      #expect(throws: Diagnostics.self, "\(name)") {
        try WarehouseDefinition.statements(for: [TableSchema(name: name, columns: [.init("a", .text)], key: ["a"])], dialect)
      }
    }
    #expect(throws: Diagnostics.self) {
      try WarehouseDefinition.statements(for: [TableSchema(name: "t", columns: [.init("a", .text), .init("A", .text)], key: ["a"])], dialect)
    }
  }
}
