import FlowCore
import GRDB
import StudyModel

/// What flows ask in SQL, and put into tables of their own.
extension SQLiteDatabase: SQLDatabase {
  /// On a connection of its own, which cannot write: a long query keeps no reader of a run.
  package func query(_ sql: String, limits: QueryLimits) async throws -> DataTable {
    let stop = QueryStop(limits)
    do {
      return try await stop.run(on: environment.lane("database query"), environment.time) { [self] in
        var configuration = Configuration()
        configuration.label = "flowrun.query"
        configuration.readonly = true
        let wait = BusyWait(self.limits)
        configuration.busyMode = .callback { tries in !stop.isEnded && wait.keepWaiting(tries) }
        let queue = try DatabaseQueue(path: absolutePath, configuration: configuration)
        return try Self.closing(queue) {
          try queue.unsafeRead { database in
            try stop.watching(database) {
              try faultPoint(.statement)
              let session = SQLSession(database: database, faultPoint: { _ in })
              return try session.snapshot { try SQLiteQuery.rows(of: sql, on: database, limits) }
            }
          }
        }
      }
    } catch let error as ProcessorError where error.failure.cause == .badRequest {
      throw ProcessorError(.badRequest, "database '\(path)': \(error.failure.message)")
    } catch {
      throw failure.translate(error)
    }
  }

  package func change(_ change: RowChange) async throws -> Int {
    try await onWriter { [path] session in
      try session.transaction {
        let plan = try RowChangePlan(change, of: SQLiteRelations(session: session).changeable(change.table), in: path)
        let statement = try session.prepared(SQLiteChange.sql(change.statement, plan), for: plan, in: path)
        let order = SQLiteChange.order(change.statement, plan)
        var count = 0
        for row in change.records.rows {
          for (place, column) in order.enumerated() { statement.bind(row[column.place], at: Int32(place + 1)) }
          try statement.run()
          count += session.database.changesCount
        }
        return count
      }
    }
  }
}

extension SQLiteRelations {
  /// nil: there is none.
  func changeable(_ name: String) throws -> ChangeableTable? {
    guard let (relation, columns) = try relation(named: name) else { return nil }
    let key = try session.rows("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", [relation.name]).map { $0[0] as String }
    return ChangeableTable(name: relation.name, columns: columns.map(\.name), primaryKey: key, isView: relation.kind == .view, isOwn: relation.isOwn)
  }
}

extension SQLSession {
  /// Throws `ProcessorError` (`bad_request`) if the table does not allow the statement: its keys have no unique index, a column is generated.
  fileprivate func prepared(_ sql: String, for plan: RowChangePlan, in path: String) throws -> SQLStatement {
    do {
      return try statement(sql)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
      throw ProcessorError(
        .badRequest, "table '\(plan.table)' of database '\(path)': \(error.message ?? "refused"); expected keys with a UNIQUE index, and columns that can be written")
    }
  }
}

/// The statement that makes a planned change for one record.
enum SQLiteChange {
  /// The columns in the order of the statement's parameters.
  static func order(_ statement: RowChange.Statement, _ plan: RowChangePlan) -> [RowChangePlan.Column] {
    switch statement {
    case .insert, .upsert: plan.columns
    case .update: plan.values + plan.keys
    case .delete: plan.keys
    }
  }

  static func sql(_ statement: RowChange.Statement, _ plan: RowChangePlan) -> String {
    let table = quoted(plan.table)
    func names(_ columns: [RowChangePlan.Column]) -> String { columns.map { quoted($0.name) }.joined(separator: ", ") }
    let insertion = "INSERT INTO \(table) (\(names(plan.columns))) VALUES (\(plan.columns.map { _ in "?" }.joined(separator: ", ")))"
    switch statement {
    case .insert: return insertion
    case .upsert:
      let values = plan.values.map { "\(quoted($0.name)) = excluded.\(quoted($0.name))" }.joined(separator: ", ")
      return "\(insertion) ON CONFLICT (\(names(plan.keys))) DO \(values.isEmpty ? "NOTHING" : "UPDATE SET \(values)")"
    case .update:
      let values = plan.values.map { "\(quoted($0.name)) = ?" }.joined(separator: ", ")
      return "UPDATE \(table) SET \(values) WHERE \(plan.keys.map { "\(quoted($0.name)) = ?" }.joined(separator: " AND "))"
    case .delete: return "DELETE FROM \(table) WHERE \(plan.keys.map { "\(quoted($0.name)) IS ?" }.joined(separator: " AND "))"
    }
  }
}
