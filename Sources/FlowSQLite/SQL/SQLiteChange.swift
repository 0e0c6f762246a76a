import FlowCore
import GRDB
import StudyModel

/// A change within the caller's transaction.
struct SQLiteChange {
  private let change: RowChange
  private let session: SQLSession
  private let path: String
  private let plan: RowChangePlan
  private let types: [String: SQLiteColumnType]

  /// A statement for the records that fill the same columns.
  private struct Part {
    let statement: SQLStatement
    /// The columns of its parameters.
    let order: [(column: RowChangePlan.Column, type: SQLiteColumnType)]
  }

  /// Throws like `RowChangePlan`.
  init(_ change: RowChange, _ session: SQLSession, _ path: String) throws {
    let relations = SQLiteRelations(session: session)
    self.change = change
    self.session = session
    self.path = path
    plan = try RowChangePlan(change, of: relations.changeable(change.table), in: path)
    types = try relations.types(of: plan.table)
  }

  func make() throws -> RowChangeResult {
    var result = RowChangeResult(of: change.statement)
    // Records with ever other fields must not keep a statement each.
    var parts = BoundedCache<[Int], Part>(limit: RowChangePlan.statementLimit)
    for (place, record) in change.records.rows.enumerated() {
      let number = place + 1, plan = try plan.part(for: record, number: number), places = plan.columns.map(\.place)
      let part = try parts.value(for: places) { try prepared(plan) }
      for (parameter, (column, type)) in part.order.enumerated() {
        let value = try type.stored(record[column.place]) { found, expected in
          plan.mismatch(record: number, "column '\(column.name)' (\(type.name)) is given \(found)", expected)
        }
        part.statement.bind(value, at: Int32(parameter + 1))
      }
      try part.statement.run()
      result.add(session.database.changesCount, record: number)
    }
    return result
  }

  /// Throws `ProcessorError` (`bad_request`) if the table does not allow the statement: its keys have no unique index, a column is generated.
  private func prepared(_ plan: RowChangePlan) throws -> Part {
    do {
      return Part(
        // Not of the connection's cache, which would keep one for every set of fields.
        statement: try session.uncachedStatement(Self.sql(change.statement, plan)),
        order: Self.order(change.statement, plan).map { ($0, types[$0.name] ?? SQLiteColumnType("", isStrict: false)) })
    } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
      throw ProcessorError(
        .badRequest, "table '\(plan.table)' of database '\(path)': \(error.message ?? "refused"); expected keys with a UNIQUE index, and columns that can be written")
    }
  }

  /// The columns in the order of the statement's parameters.
  private static func order(_ statement: RowChange.Statement, _ plan: RowChangePlan) -> [RowChangePlan.Column] {
    switch statement {
    case .insert, .upsert: plan.columns
    case .update: plan.values + plan.keys
    case .delete: plan.keys
    }
  }

  private static func sql(_ statement: RowChange.Statement, _ plan: RowChangePlan) -> String {
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

extension SQLiteRelations {
  /// nil: there is none.
  fileprivate func changeable(_ name: String) throws -> ChangeableTable? {
    guard let (relation, columns) = try relation(named: name) else { return nil }
    let key = try session.rows("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", [relation.name]).map { $0[0] as String }
    return ChangeableTable(name: relation.name, columns: columns.map(\.name), primaryKey: key, isView: relation.kind == .view, isOwn: relation.isOwn)
  }

  /// By the column's name.
  fileprivate func types(of table: String) throws -> [String: SQLiteColumnType] {
    let isStrict = try session.rows("SELECT strict FROM pragma_table_list(?) WHERE schema = 'main'", [table]).first?[0] == 1
    return Dictionary(try columns(of: table).map { ($0.name, SQLiteColumnType($0.type, isStrict: isStrict)) }) { first, _ in first }
  }
}
