import FlowCore
import StudyModel

/// The statements on the table `flowrun_request`: how many requests were granted to a client of a provider, by parts of time.
///
/// Times are the server's, so that the hosts' clocks do not matter.
enum RequestStatements {
  static let table = """
    CREATE TABLE flowrun_request (
      client text COLLATE "C" NOT NULL,
      started timestamptz NOT NULL,
      granted bigint NOT NULL,
      PRIMARY KEY (client, started)
    ) WITH (fillfactor = 50)
    """
  static let comment = "COMMENT ON TABLE flowrun_request IS 'Requests granted to the hosts that share a client of a provider, by the time of the grant'"

  /// Serialises the grants of a client until the transaction ends. "FLOW" in ASCII is the first number of every lock of flowrun's.
  static func lock(_ client: String) -> Statement { Statement("SELECT pg_advisory_xact_lock(1179406167, hashtext($1))", [.text(client)]) }

  /// Milliseconds since 1970.
  private static let now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

  /// What counts against a limit, as grants may be used until the end of the part after theirs: the present moment, how many were granted, and when the first of them was, in milliseconds since 1970.
  static func use(of limit: RequestLimit, by client: String, part: Int64) -> Statement {
    Statement(
      """
      WITH present AS (SELECT \(now) AS instant)
      SELECT (SELECT instant FROM present), coalesce(sum(granted), 0)::bigint, (extract(epoch FROM min(started)) * 1000)::bigint
      FROM flowrun_request
      WHERE client = $1 AND started >= to_timestamp(((SELECT instant FROM present) / $2 * $2 - $2 - $3) / 1000.0)
      """,
      [.text(client), .integer(part), .integer(limit.window.wholeMilliseconds)])
  }

  /// - Parameter start: of the part, milliseconds since 1970.
  static func grant(_ count: Int, to client: String, at start: Int64) -> Statement {
    Statement(
      """
      INSERT INTO flowrun_request AS r (client, started, granted) VALUES ($1, to_timestamp($2 / 1000.0), $3)
      ON CONFLICT (client, started) DO UPDATE SET granted = r.granted + excluded.granted
      """,
      [.text(client), .integer(start), .integer(Int64(count))])
  }

  /// Those that count against no limit any more.
  static func forget(_ client: String, before start: Int64) -> Statement {
    Statement("DELETE FROM flowrun_request WHERE client = $1 AND started < to_timestamp($2 / 1000.0)", [.text(client), .integer(start)])
  }
}
