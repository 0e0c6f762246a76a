import FlowCore
import FlowParquet

/// Finds the columns that stay empty, and why.
struct EmptyColumns: Sendable {
  /// The store's columns that have been read.
  private var seen: Set<TableColumn> = []

  mutating func saw(_ batches: [String: RecordBatch]) {
    for (table, batch) in batches { for column in batch.columns { seen.insert(TableColumn(table: table, column: column.name)) } }
  }

  /// In the order of tables and columns.
  /// - Parameter earlier: what the manifest said, if files of earlier exports remain: what is missing now may be in them.
  func all(of tables: [ExportTable], earlier: [ExportManifest.EmptyColumn]?) -> [ExportManifest.EmptyColumn] {
    tables.flatMap { table in
      table.columns.compactMap { column -> ExportManifest.EmptyColumn? in
        func empty(_ reason: String) -> ExportManifest.EmptyColumn { ExportManifest.EmptyColumn(table: table.name, column: column.name, reason: reason) }
        switch table.origins[column.name] {
        case nil: return nil
        case .nothing(let reason): return empty(reason)
        case .columns(let origins):
          guard !origins.isEmpty, !origins.contains(where: seen.contains) else { return nil }
          if let earlier, !earlier.contains(where: { $0.table == table.name && $0.column == column.name }) { return nil }
          return empty(reason(origins))
        }
      }
    }
  }

  private func reason(_ origins: [TableColumn]) -> String {
    let tables = Set(origins.map(\.table)).filter { table in !seen.contains { $0.table == table } }
    if tables.count == Set(origins.map(\.table)).count {
      return "the database has no rows of what was asked for in \(tables.sorted().map { "'\($0)'" }.joined(separator: " and "))"
    }
    return "the database has no column \(origins.map { "'\($0.column)' in '\($0.table)'" }.joined(separator: " or "))"
  }
}
