import FlowCore
import StudyModel

/// The statements on the tables `flowrun_run` and `flowrun_bulletin`.
enum RunStatements {
  static let tables = [
    """
    CREATE TABLE flowrun_run (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      run text COLLATE "C" NOT NULL UNIQUE,
      flow text NOT NULL,
      file text NOT NULL,
      flow_sha256 text NOT NULL,
      host text NOT NULL,
      started timestamptz NOT NULL,
      finished timestamptz,
      status text NOT NULL,
      "exit" integer,
      alive_until timestamptz NOT NULL,
      report jsonb
    )
    """,
    """
    CREATE TABLE flowrun_bulletin (
      run text COLLATE "C" NOT NULL,
      number integer NOT NULL,
      level text NOT NULL,
      processor text NOT NULL,
      subject text NOT NULL,
      detail text NOT NULL,
      PRIMARY KEY (run, number)
    )
    """,
    "COMMENT ON TABLE flowrun_run IS 'Every run of every host'",
    "COMMENT ON COLUMN flowrun_run.alive_until IS 'Moved on while the run lives; a running run whose time has passed was interrupted'",
  ]

  static let prepared = Statement("SELECT to_regclass('flowrun_run') IS NOT NULL")

  static func begin(_ run: RunSummary, host: String, started: Instant, aliveSeconds: Int64) -> Statement {
    Statement(
      """
      INSERT INTO flowrun_run (run, flow, file, flow_sha256, host, started, status, alive_until)
      VALUES ($1, $2, $3, $4, $5, $6, 'running', clock_timestamp() + $7 * interval '1 second')
      ON CONFLICT (run) DO NOTHING
      """,
      [.text(run.run), .text(run.flow), .text(run.file), .text(run.flowSHA256), .text(host), .moment(started), .integer(aliveSeconds)])
  }

  static func stayAlive(_ run: String, seconds: Int64) -> Statement {
    Statement(
      "UPDATE flowrun_run SET alive_until = clock_timestamp() + $2 * interval '1 second', status = 'running' WHERE run = $1 AND status IN ('running', 'interrupted')",
      [.text(run), .integer(seconds)])
  }

  /// A run that is alive says so again before this time has passed.
  static let markInterrupted = Statement("UPDATE flowrun_run SET status = 'interrupted' WHERE status = 'running' AND alive_until < clock_timestamp()")

  /// Also for a run whose beginning could not be recorded.
  static func finish(_ report: RunReport, host: String, json: String) -> Statement {
    Statement(
      """
      INSERT INTO flowrun_run (run, flow, file, flow_sha256, host, started, status, alive_until, "exit", finished, report)
      VALUES ($1, $2, '', $3, $4, coalesce($5, clock_timestamp()), $6, clock_timestamp(), $7, $8, $9::text::jsonb)
      ON CONFLICT (run) DO UPDATE
        SET status = excluded.status, "exit" = excluded."exit", finished = excluded.finished, report = excluded.report
      """,
      [
        .text(report.run), .text(report.flow), .text(report.flowSHA256), .text(host), .moment(Instant(rfc3339: report.started)),
        .text(report.status.rawValue), .small(report.exit), .moment(Instant(rfc3339: report.finished)), .text(json),
      ])
  }

  static func add(_ bulletins: [(level: String, processor: String, subject: String, detail: String)], to run: String) -> Statement {
    Statement(
      """
      INSERT INTO flowrun_bulletin (run, number, level, processor, subject, detail)
      SELECT $1, t.number, t.level, t.processor, t.subject, t.detail
      FROM unnest($2, $3, $4, $5) WITH ORDINALITY AS t (level, processor, subject, detail, number)
      """,
      [.text(run), .texts(bulletins.map(\.level)), .texts(bulletins.map(\.processor)), .texts(bulletins.map(\.subject)), .texts(bulletins.map(\.detail))])
  }

  static func prune(before started: Instant) -> [Statement] {
    let old = "SELECT run FROM flowrun_run WHERE started < $1 AND status <> 'running'"
    return [
      Statement("DELETE FROM flowrun_bulletin WHERE run IN (\(old))", [.moment(started)]),
      Statement("DELETE FROM flowrun_run WHERE run IN (\(old))", [.moment(started)]),
    ]
  }

  static func latest(_ limit: Int) -> Statement {
    Statement(
      "SELECT run, flow, file, flow_sha256, started, finished, status, \"exit\" FROM flowrun_run ORDER BY started DESC, number DESC LIMIT $1",
      [.integer(Int64(limit))])
  }

  static let lastReported = Statement("SELECT number, run FROM flowrun_run WHERE report IS NOT NULL ORDER BY started DESC, number DESC LIMIT 1")
  static func named(_ prefix: String) -> Statement {
    Statement("SELECT number, run FROM flowrun_run WHERE left(run, length($1)) = $1 ORDER BY run", [.text(prefix)])
  }
  static func report(_ number: Int64) -> Statement { Statement("SELECT report::text FROM flowrun_run WHERE number = $1", [.integer(number)]) }
  static func bulletins(_ number: Int64) -> Statement {
    Statement(
      "SELECT level, processor, subject, detail FROM flowrun_bulletin WHERE run = (SELECT run FROM flowrun_run WHERE number = $1) ORDER BY number",
      [.integer(number)])
  }
}
