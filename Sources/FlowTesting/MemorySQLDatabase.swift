import FlowCore

/// A database in memory, as strict about changes as one on disk: the same suite (`SQLDatabaseConformance`) runs against all of them. Of SQL it knows
/// `SELECT * FROM table ORDER BY column` and the queries that a test has scripted.
///
/// Fault plan boundaries: `sql.query`, `sql.change` (before anything is changed).
package final class MemorySQLDatabase: SQLDatabase {
  /// What a column makes of values.
  package enum Kind: Sendable {
    case any
    /// Numbers and truth values become their texts.
    case text
    /// Of 64 bits.
    case whole
    case floatingPoint
  }

  package struct Table: Sendable {
    package var layout: ChangeableTable
    /// Columns that must have a value.
    package var required: Set<String>
    /// By column; a column without one is of any kind.
    package var kinds: [String: Kind]
    package var rows: [[DataValue]] = []

    package init(_ name: String, columns: [String], primaryKey: [String] = [], required: Set<String> = [], isOwn: Bool = false, isView: Bool = false, kinds: [String: Kind] = [:]) {
      layout = ChangeableTable(name: name, columns: columns, primaryKey: primaryKey, isView: isView, isOwn: isOwn)
      self.required = required.union(primaryKey)
      self.kinds = kinds
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

  package func change(_ change: RowChange) async throws -> RowChangeResult {
    try faults.pass("sql.change")
    return try tables.withLock { tables in
      let plan = try RowChangePlan(change, of: tables[change.table]?.layout, in: location)
      var result = RowChangeResult(of: change.statement)
      guard var table = tables[change.table] else { return result }
      if change.statement == .upsert, plan.keys.map(\.name) != table.layout.primaryKey {
        throw ProcessorError(.badRequest, "table '\(change.table)' of database 'memory': no unique index; expected keys with a UNIQUE index, and columns that can be written")
      }
      for (place, record) in change.records.rows.enumerated() {
        let part = try plan.part(for: record, number: place + 1)
        result.add(try table.apply(change.statement, part, try table.fitted(record, part, number: place + 1)), record: place + 1)
      }
      tables[change.table] = table
      return result
    }
  }
}

extension MemorySQLDatabase.Table {
  /// The record with the values that its columns make of its own.
  fileprivate func fitted(_ record: [DataValue], _ plan: RowChangePlan, number: Int) throws -> [DataValue] {
    var record = record
    for column in plan.columns {
      guard let value = kinds[column.name, default: .any].fitted(record[column.place]) else {
        throw plan.mismatch(record: number, "column '\(column.name)' is given what it cannot hold", "a value of its type")
      }
      record[column.place] = value
    }
    return record
  }

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
      // As servers do: what the table demands is checked before a conflict is.
      if statement == .upsert { try checkRequired(inserted(record, plan)) }
      guard !found.isEmpty || statement == .upsert else { return 0 }
      for index in found { for place in values { rows[index][place.row] = record[place.record] } }
      if !found.isEmpty {
        try check(found)
        return found.count
      }
      fallthrough
    case .insert:
      rows.append(inserted(record, plan))
      try check([rows.count - 1])
      return 1
    }
  }

  private func inserted(_ record: [DataValue], _ plan: RowChangePlan) -> [DataValue] {
    layout.columns.map { name in plan.columns.first { $0.name == name }.map { record[$0.place] } ?? .null }
  }

  private func checkRequired(_ row: [DataValue]) throws {
    for (column, value) in zip(layout.columns, row) where value == .null && required.contains(column) {
      throw ProcessorError(.badData, "column '\(column)' must have a value; expected rows that fit the table")
    }
  }

  private func check(_ changed: [Int]) throws {
    for index in changed {
      try checkRequired(rows[index])
      let key = layout.primaryKey.compactMap { layout.columns.firstIndex(of: $0) }
      if !key.isEmpty, rows.indices.contains(where: { other in other != index && key.allSatisfy { rows[other][$0] == rows[index][$0] } }) {
        throw ProcessorError(.badData, "the key is there already; expected rows that fit the table")
      }
    }
  }
}

extension MemorySQLDatabase.Kind {
  /// nil: the column cannot hold it.
  fileprivate func fitted(_ value: DataValue) -> DataValue? {
    switch (self, value) {
    case (.any, _), (_, .null): value
    case (.text, .boolean(let isTrue)): .text(isTrue ? "true" : "false")
    case (.text, .number(let text)), (.text, .text(let text)), (.text, .json(let text)): .text(text)
    case (.whole, .number(let text)), (.whole, .text(let text)): Int64(text).map { .number(String($0)) }
    case (.floatingPoint, .number(let text)), (.floatingPoint, .text(let text)): Double(text).flatMap { $0.isFinite ? DataValue($0) : nil }
    default: nil
    }
  }
}
