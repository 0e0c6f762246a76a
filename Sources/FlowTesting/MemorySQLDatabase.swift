import FlowCore

/// A database in memory, as strict about changes as one on disk: the same suite (`SQLDatabaseConformance`) runs against all of them. Of SQL it knows
/// `SELECT * FROM table ORDER BY column` and the queries that a test has scripted.
///
/// Fault plan boundaries: `sql.query`, `sql.change` (before anything is changed).
package final class MemorySQLDatabase: SQLDatabase {
  package struct Table: Sendable {
    package var layout: ChangeableTable
    /// Columns that must have a value.
    package var required: Set<String>
    package var rows: [[DataValue]] = []

    package init(_ name: String, columns: [String], primaryKey: [String] = [], required: Set<String> = [], isOwn: Bool = false, isView: Bool = false) {
      layout = ChangeableTable(name: name, columns: columns, primaryKey: primaryKey, isView: isView, isOwn: isOwn)
      self.required = required.union(primaryKey)
    }
  }

  package let location = "memory"
  private let tables: Locked<[String: Table]>
  private let answers: [String: DataTable]
  private let faults: FaultPlan

  /// - Parameter answers: results by query.
  package init(_ tables: [Table] = [], answers: [String: DataTable] = [:], faults: FaultPlan = FaultPlan()) {
    self.tables = Locked(Dictionary(tables.map { ($0.layout.name, $0) }) { first, _ in first })
    self.answers = answers
    self.faults = faults
  }

  package func prepare() async throws {}
  package func close() async throws {}

  package func query(_ sql: String, limits: QueryLimits) async throws -> DataTable {
    try faults.pass("sql.query")
    try Task.checkCancellation()
    let sql = sql.withoutFinalSemicolon
    var meter = QueryLimits.Meter(limits)
    guard let result = answers[sql] ?? contents(sql) else {
      throw ProcessorError(.badRequest, "database 'memory': the query cannot be run: nobody has scripted it; expected one SELECT")
    }
    for row in result.rows { try meter.add(row) }
    return result
  }

  private func contents(_ sql: String) -> DataTable? {
    let words = sql.split(separator: " ").map(String.init)
    guard words.count == 7, Array(words[..<3]) == ["SELECT", "*", "FROM"], Array(words[4..<6]) == ["ORDER", "BY"], let table = tables.withLock({ $0[words[3]] }),
      let place = table.layout.columns.firstIndex(of: words[6])
    else { return nil }
    return DataTable(columns: table.layout.columns, rows: table.rows.sorted { "\($0[place])" < "\($1[place])" })
  }

  package func change(_ change: RowChange) async throws -> Int {
    try faults.pass("sql.change")
    return try tables.withLock { tables in
      let plan = try RowChangePlan(change, of: tables[change.table]?.layout, in: location)
      guard var table = tables[change.table] else { return 0 }
      if change.statement == .upsert, plan.keys.map(\.name) != table.layout.primaryKey {
        throw ProcessorError(.badRequest, "table '\(change.table)' of database 'memory': no unique index; expected keys with a UNIQUE index, and columns that can be written")
      }
      var count = 0
      for record in change.records.rows { count += try table.apply(change.statement, plan, record) }
      tables[change.table] = table
      return count
    }
  }
}

extension MemorySQLDatabase.Table {
  fileprivate mutating func apply(_ statement: RowChange.Statement, _ plan: RowChangePlan, _ record: [DataValue]) throws -> Int {
    let columns = layout.columns
    func places(_ list: [RowChangePlan.Column]) -> [(row: Int, record: Int)] { list.compactMap { column in columns.firstIndex(of: column.name).map { ($0, column.place) } } }
    let keys = places(plan.keys), values = places(plan.values)
    // As in SQL, NULL is equal to NULL for a deletion only.
    let found = rows.indices.filter { index in
      keys.allSatisfy { rows[index][$0.row] == record[$0.record] && (statement == .delete || record[$0.record] != .null) }
    }
    switch statement {
    case .delete:
      for index in found.reversed() { rows.remove(at: index) }
      return found.count
    case .update, .upsert:
      guard !found.isEmpty || statement == .upsert else { return 0 }
      for index in found { for place in values { rows[index][place.row] = record[place.record] } }
      if !found.isEmpty {
        try check(found)
        return found.count
      }
      fallthrough
    case .insert:
      var row = [DataValue](repeating: .null, count: columns.count)
      for place in places(plan.columns) { row[place.row] = record[place.record] }
      rows.append(row)
      try check([rows.count - 1])
      return 1
    }
  }

  private func check(_ changed: [Int]) throws {
    for index in changed {
      for (column, value) in zip(layout.columns, rows[index]) where value == .null && required.contains(column) {
        throw ProcessorError(.badData, "column '\(column)' must have a value; expected rows that fit the table")
      }
      let key = layout.primaryKey.compactMap { layout.columns.firstIndex(of: $0) }
      if !key.isEmpty, rows.indices.contains(where: { other in other != index && key.allSatisfy { rows[other][$0] == rows[index][$0] } }) {
        throw ProcessorError(.badData, "the key is there already; expected rows that fit the table")
      }
    }
  }
}
