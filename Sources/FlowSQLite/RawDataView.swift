import FlowCore
import GRDB

/// The view `raw_data`: one row a sample of the intraday tables, as readers of a table of time series know it (the guide, "The tables").
struct RawDataView {
  static let name = "raw_data"
  private static let metrics = [(table: "fitbit_intraday_hr", name: "heart_rate"), (table: "fitbit_intraday_steps", name: "steps")]

  let session: SQLSession

  /// Makes the view over the tables that exist. Returns the kind of an object of that name that flowrun did not make,
  /// which is left as it is.
  func prepare() throws -> String? {
    let present = try Self.metrics.filter { metric in
      try !session.rows("SELECT 1 FROM sqlite_master WHERE name = ? AND type = 'table'", [metric.table]).isEmpty
    }
    guard !present.isEmpty else { return nil }
    let sql = Self.sql(present)
    let found = try session.rows("SELECT type, sql FROM sqlite_master WHERE name = ? COLLATE NOCASE AND type <> 'trigger'", [Self.name]).first
    if let found {
      let kind: String = found["type"], own: String? = found["sql"]
      guard own != sql else { return nil }
      guard Self.metrics.contains(where: { Self.sql([$0]) == own }) else { return kind }
      try session.execute("DROP VIEW \(Self.name)")
    }
    try session.execute(sql)
    return nil
  }

  private static func sql(_ metrics: [(table: String, name: String)]) -> String {
    let parts = metrics.map { metric in
      """
      SELECT name AS client_id, strftime('%Y-%m-%dT%H:%M:%SZ', instant, 'unixepoch') AS time, '\(metric.name)' AS metric,
        CAST(value AS REAL) AS value
      FROM \(metric.table) JOIN participant USING (participant_id)
      """
    }
    return "CREATE VIEW \(name) AS\n" + parts.joined(separator: "\nUNION ALL\n")
  }
}
