import FlowCore
import FlowDefinition
import FlowPostgres
import FlowSQLite
import StudyModel

/// The CREATE statements of a flow's tables, for `flowrun ddl`.
package struct DatabaseSQL: Sendable {
  package enum Dialect: String, Sendable, CaseIterable {
    case sqlite, postgresql
  }

  private let graph: FlowGraph

  package init(_ graph: FlowGraph) { self.graph = graph }

  /// The dialect of the database that the flow names.
  package var ownDialect: Dialect {
    graph.services.contains { ServiceCatalog.isStore($0) && PostgresAddress.isAddress($0.values[DatabaseDeclaration.path]) } ? .postgresql : .sqlite
  }

  /// The statements in order, without semicolons. Throws `Diagnostics` for tables that cannot be made.
  package func statements(_ dialect: Dialect) throws -> [String] {
    let tables = graph.tableUses().map(\.table)
    return switch dialect {
    case .sqlite: try SQLiteDefinition.statements(for: tables)
    case .postgresql: try PostgresDefinition.statements(for: tables)
    }
  }
}
