import FlowCore
import StudyModel

/// What flows ask in SQL, and put into tables of their own.
extension PostgresDatabase: SQLDatabase {
  /// On a connection of its own: a long query keeps none of a run's.
  package func query(_ sql: String, limits: QueryLimits) async throws -> DataTable {
    let query = PostgresQuery(sql: sql.withoutFinalSemicolon, limits: limits, location: location)
    let links = PostgresLinks(address, environment, limits: query.linkLimits(self.links.limits))
    links.open()
    let result: Result<DataTable, any Error>
    do {
      let deadline = limits.time.map { environment.time.monotonic + $0 }
      result = .success(
        try await links.lend { [faultPoint, time = environment.time] link in
          try Task.checkCancellation()
          try faultPoint(.statement)
          // The server ends the statement when it sees that the connection was closed.
          return try await withTaskCancellationHandler {
            try await query.run(on: link, remaining: { deadline.map { $0 - time.monotonic } })
          } onCancel: {
            link.beginClosing()
          }
        })
    } catch {
      result = .failure(error)
    }
    await links.close()
    return try result.get()
  }

  /// Made again as a whole if the connection is lost, but for one case: where the answer to COMMIT is lost, an insertion might be made twice.
  package func change(_ change: RowChange) async throws -> RowChangeResult {
    let limits = links.limits
    return try await links.lend { [faultPoint, location] link in
      let isCommitting = Locked(false)
      do {
        return try await PostgresTransaction.write(
          on: link, limits,
          faultPoint: { boundary in
            try faultPoint(boundary)
            if boundary == .commit { isCommitting.withLock { $0 = true } }
          }
        ) { transaction in
          try await PostgresChange(change, transaction: transaction, location: location).make()
        }
      } catch ServerError.lost(let reason) where isCommitting.withLock({ $0 }) {
        throw ProcessorError(
          .internal,
          "the connection to database '\(location)' was lost while a change of table '\(change.table)' was committed (\(reason)), so it is not known whether it was made; "
            + "look into the table before you try the records again")
      }
    }
  }
}

/// A query and how it is run.
struct PostgresQuery: Sendable {
  let sql: String
  let limits: QueryLimits
  let location: String

  /// Rows that are fetched at a time.
  private static let portion = 1000
  /// The longest time of a query without a limit.
  private static let longestSeconds: Int64 = 6 * 3600
  /// The name of the row, which no column is likely to have: a column would hide it.
  private static let row = "flowrun_row"

  func linkLimits(_ usual: PostgresLimits) -> PostgresLimits {
    var limits = usual
    limits.connections = 1
    limits.statementSeconds = max(1, min(Self.longestSeconds, (self.limits.time?.wholeMilliseconds).map { ($0 + 999) / 1000 } ?? Self.longestSeconds))
    limits.silenceSeconds = limits.statementSeconds + 60
    limits.repetitions = 2
    return limits
  }

  /// Throws `ServerError` for what may be repeated, and `ProcessorError`.
  func run(on link: PostgresLink, remaining: @Sendable () -> Duration?) async throws -> DataTable {
    let transaction = PostgresTransaction(link: link) { _ in }
    do {
      let attention = try await PostgresTransaction.attention(of: link)
      try await link.run(
        [Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), PostgresTransaction.timeouts(linkLimits(PostgresLimits()))] + attention
      ) { _ in }
      let columns = try await link.run([Statement("SELECT * FROM (\n\(sql)\n) AS \(Self.row) LIMIT 0")]) { $0[0].columns }
      var table = try DataTable.forQuery(columns: columns)
      try await link.run([Statement("DECLARE flowrun_query NO SCROLL CURSOR FOR SELECT row_to_json(\(Self.row))::text FROM (\n\(sql)\n) AS \(Self.row)")]) { _ in }
      var meter = QueryLimits.Meter(limits)
      while true {
        if let left = remaining(), left <= .zero { throw overdue }
        let texts = try await link.run([Statement("FETCH FORWARD \(Self.portion) FROM flowrun_query")]) { answers in
          (0..<answers[0].count).map { answers[0].text($0, 0) ?? "{}" }
        }
        let rows = try JSONRecords.read(Array(texts.joined(separator: "\n").utf8))
        for row in rows.rows {
          // A row without columns has no values, where the portion's other rows have none either.
          let row = rows.columns == columns ? row : columns.map { name in rows.columns.firstIndex(of: name).map { row[$0] } ?? .null }
          try meter.add(row)
          table.rows.append(row)
        }
        if texts.count < Self.portion { break }
      }
      try await link.run([Statement("COMMIT")]) { _ in }
      return table
    } catch {
      await transaction.rollBack()
      throw refusal(error) ?? error
    }
  }

  private var overdue: ProcessorError {
    ProcessorError(.timeout, "the query was not done within \(Units.text(of: limits.time ?? .zero)); expected less, or a longer max_wait_time")
  }

  /// What is the query's fault, or its limit; nil for what may pass by itself.
  private func refusal(_ error: any Error) -> ProcessorError? {
    guard case .refused(let state, let message)? = error as? ServerError else { return nil }
    if state == "57014", limits.time != nil { return overdue }
    // 08P01: a parameter that nobody gives.
    let isOfTheQuery = state == "08P01" || ["42", "22", "21", "0A", "54", "25", "38", "39", "P0"].contains { state.hasPrefix($0) } && state != "25P03"
    return isOfTheQuery
      ? ProcessorError(.badRequest, "database '\(location)': the query cannot be run: \(message) (SQLSTATE \(state)); expected one SELECT") : nil
  }
}

/// A change within the caller's transaction.
struct PostgresChange: Sendable {
  private let change: RowChange
  private let transaction: PostgresTransaction
  private let location: String

  /// Records that are sent together.
  private static let portion = 500

  init(_ change: RowChange, transaction: PostgresTransaction, location: String) {
    self.change = change
    self.transaction = transaction
    self.location = location
  }

  func make() async throws -> RowChangeResult {
    let plan = try RowChangePlan(change, of: try await table(), in: location)
    var result = RowChangeResult(of: change.statement)
    var texts = BoundedCache<[Int], String>(limit: RowChangePlan.statementLimit)
    do {
      for start in stride(from: 0, to: change.records.rows.count, by: Self.portion) {
        let places = start..<min(start + Self.portion, change.records.rows.count)
        let statements = try places.map { try statement(for: change.records.rows[$0], number: $0 + 1, plan, &texts) }
        for (place, count) in zip(places, try await transaction.run(statements) { $0.map(\.changedCount) }) { result.add(count, record: place + 1) }
      }
    } catch ServerError.refused(let state, let message) where state.hasPrefix("42") && state != "42501" || state == "428C9" {
      throw ProcessorError(
        .badRequest, "table '\(plan.table)' of database '\(location)': \(message) (SQLSTATE \(state)); expected keys with a UNIQUE index, and columns that can be written")
    }
    return result
  }

  /// - Parameter texts: statements by the places of the fields that a record has.
  private func statement(for record: [DataValue], number: Int, _ plan: RowChangePlan, _ texts: inout BoundedCache<[Int], String>) throws -> Statement {
    let part = try plan.part(for: record, number: number)
    let text = texts.value(for: part.columns.map(\.place)) { Self.sql(change.statement, part) }
    return Statement(text, [.text(JSONRecords.object(record, columns: part.columns.map { ($0.place, $0.name) }))])
  }

  /// nil: there is none.
  private func table() async throws -> ChangeableTable? {
    let name = change.table
    let statements = [
      PostgresRelations.statement, PostgresRelations.builtStatement, PostgresRelations.recordsStatement, PostgresRelations.columns(of: name), Self.primaryKey(of: name),
    ]
    return try await transaction.run(statements) { answers in
      guard let relation = PostgresRelations.all(answers).first(where: { $0.name == name }) else { return nil }
      let columns = PostgresRelations.columns(answers[3]).map(\.name)
      let key = (0..<answers[4].count).compactMap { answers[4].text($0, 0) }
      return ChangeableTable(name: name, columns: columns, primaryKey: key, isView: relation.kind == .view, isOwn: relation.isOwn)
    }
  }

  private static func primaryKey(of table: String) -> Statement {
    Statement(
      """
      SELECT a.attname::text FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
      CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place) JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
      WHERE i.indisprimary AND c.relname = $1 AND c.relnamespace = current_schema()::regnamespace ORDER BY k.place
      """, [.text(table)])
  }

  /// The statement for one record, whose parameter is the record as JSON: so the server makes each column's type of it, as it would of a literal.
  static func sql(_ statement: RowChange.Statement, _ plan: RowChangePlan) -> String {
    let table = quoted(plan.table), record = "json_populate_record(NULL::\(table), $1::text::json) AS flowrun_row"
    func names(_ columns: [RowChangePlan.Column], _ prefix: String = "") -> String { columns.map { prefix + quoted($0.name) }.joined(separator: ", ") }
    func pairs(_ columns: [RowChangePlan.Column], _ left: String, _ operation: String, _ right: String, by separator: String) -> String {
      columns.map { "\(left)\(quoted($0.name)) \(operation) \(right)\(quoted($0.name))" }.joined(separator: separator)
    }
    let insertion = "INSERT INTO \(table) (\(names(plan.columns))) SELECT \(names(plan.columns, "flowrun_row.")) FROM \(record)"
    switch statement {
    case .insert: return insertion
    case .upsert:
      let values = pairs(plan.values, "", "=", "excluded.", by: ", ")
      return "\(insertion) ON CONFLICT (\(names(plan.keys))) DO \(values.isEmpty ? "NOTHING" : "UPDATE SET \(values)")"
    case .update:
      return "UPDATE \(table) AS flowrun_table SET \(pairs(plan.values, "", "=", "flowrun_row.", by: ", ")) FROM \(record) "
        + "WHERE \(pairs(plan.keys, "flowrun_table.", "=", "flowrun_row.", by: " AND "))"
    case .delete:
      return "DELETE FROM \(table) AS flowrun_table USING \(record) "
        + "WHERE \(pairs(plan.keys, "flowrun_table.", "IS NOT DISTINCT FROM", "flowrun_row.", by: " AND "))"
    }
  }
}
