import FlowCore

/// The view `raw_data`: one row a sample, as readers of a table for time series know it (the guide, "The tables").
enum PostgresRawData {
  static let name = "raw_data"
  private static let metrics = [("fitbit_intraday_hr", "heart_rate"), ("fitbit_intraday_steps", "steps")]
  private static let comment = "One row a sample, made by flowrun from its intraday tables"

  /// Makes the view over the tables that exist. An object of that name that flowrun did not make is left alone; returns false then.
  static func prepare(_ transaction: PostgresTransaction) async throws -> Bool {
    let sql = """
      SELECT (SELECT coalesce(obj_description(oid, 'pg_class'), '') FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = $1),
        ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY ($2) ORDER BY 1)::text
      """
    let (found, tables) = try await transaction.run([Statement(sql, [.text(name), .texts(metrics.map(\.0))])]) { answers in
      (answers[0].text(0, 0), answers[0].text(0, 1) ?? "")
    }
    guard found == nil || found?.hasPrefix(comment) == true else { return false }
    let present = metrics.filter { tables.contains($0.0) }
    let described = comment + ": " + present.map(\.1).joined(separator: ", ")
    guard !present.isEmpty, found != described else { return true }
    let parts = present.map { table, metric in
      """
      SELECT p.name AS client_id, t.instant AS "time", '\(metric)'::text AS metric, t.value::double precision AS value
      FROM \(table) AS t JOIN participant AS p ON p.participant_id = t.participant_id
      """
    }
    try await transaction.run([Statement("CREATE OR REPLACE VIEW \(name) AS\n" + parts.joined(separator: "\nUNION ALL\n"))])
    try await transaction.run([Statement("COMMENT ON VIEW \(name) IS '\(described)'")])
    return true
  }
}
