import GRDB
import StudyModel

/// The table `flowrun_settled`: slices that were answered for good, neighbours as one row, so that a look at the ledger does not walk over the
/// years that are done. Triggers of the ledger keep it, whoever writes there: this program, an earlier version, or a person with `sqlite3`.
struct SettledTable {
  let session: SQLSession

  /// Makes the table from the ledger where it, or what keeps it, is not as this version has it.
  func prepare() throws {
    for (name, sql) in SettledTable.indexes where try definition(of: name) == nil { try session.execute(sql) }
    let parts = [("flowrun_settled", SettledTable.table)] + SettledTable.triggers
    guard try !parts.allSatisfy({ try definition(of: $0.0) == $0.1 }) else { return }
    for (name, _) in SettledTable.triggers { try session.execute("DROP TRIGGER IF EXISTS \(name)") }
    try session.execute("DROP TABLE IF EXISTS flowrun_settled")
    for (_, sql) in parts { try session.execute(sql) }
    try session.execute("INSERT INTO flowrun_settled \(SettledTable.spans)")
  }

  private func definition(of name: String) throws -> String? {
    try session.rows("SELECT sql FROM sqlite_master WHERE name = ?", [name]).first?[0]
  }

  static let settled = "state = 'written' AND lacking IS NULL"
  static let unsettled = "(state <> 'written' OR lacking IS NOT NULL)"

  private static let indexes = [
    // What is not settled: few rows, wherever they lie in the years of a participant.
    ("flowrun_unsettled", "CREATE INDEX flowrun_unsettled ON slice (participant_id, data_type, start_instant) WHERE \(unsettled)"),
    (
      "flowrun_latest_sync",
      "CREATE INDEX flowrun_latest_sync ON slice (participant_id, data_type, latest_sync) WHERE latest_sync IS NOT NULL"
    ),
  ]

  private static let table = """
    CREATE TABLE flowrun_settled (
      participant_id INTEGER NOT NULL,
      data_type TEXT NOT NULL,
      start_instant INTEGER NOT NULL,
      end_instant INTEGER NOT NULL,
      PRIMARY KEY (participant_id, data_type, start_instant)
    ) WITHOUT ROWID
    """

  /// A row begins where no settled slice ends.
  private static let spans = """
    SELECT participant_id, data_type, min(start_instant), max(end_instant) FROM (
      SELECT *, sum(begins) OVER (PARTITION BY participant_id, data_type ORDER BY start_instant) AS span FROM (
        SELECT participant_id, data_type, start_instant, end_instant,
          lag(end_instant) OVER (PARTITION BY participant_id, data_type ORDER BY start_instant) IS NOT start_instant AS begins
        FROM slice WHERE \(settled)))
    GROUP BY participant_id, data_type, span
    """

  private static let triggers = [
    // A row that `INSERT OR REPLACE` takes away fires no trigger of its own: what comes in always clears its time first.
    ("flowrun_settled_insert", trigger("insert", "INSERT", [cut("NEW"), add])),
    ("flowrun_settled_delete", trigger("delete", "DELETE", [cut("OLD")])),
    (
      "flowrun_settled_update",
      trigger("update", "UPDATE OF participant_id, data_type, start_instant, end_instant, state, lacking", [cut("OLD"), cut("NEW"), add])
    ),
  ]

  private static func trigger(_ name: String, _ event: String, _ steps: [String]) -> String {
    "CREATE TRIGGER flowrun_settled_\(name) AFTER \(event) ON slice BEGIN\n\(steps.joined(separator: "\n"))\nEND"
  }

  /// Takes the time of a ledger row out of the row that it lies in: what is after it, what is before it, the time itself.
  private static func cut(_ row: String) -> String {
    let same = "participant_id = \(row).participant_id AND data_type = \(row).data_type"
    func last(before instant: String) -> String {
      "(SELECT max(start_instant) FROM flowrun_settled WHERE \(same) AND start_instant < \(row).\(instant))"
    }
    return """
        INSERT INTO flowrun_settled (participant_id, data_type, start_instant, end_instant)
          SELECT participant_id, data_type, \(row).end_instant, end_instant FROM flowrun_settled
          WHERE \(same) AND start_instant = \(last(before: "end_instant")) AND end_instant > \(row).end_instant;
        UPDATE flowrun_settled SET end_instant = \(row).start_instant
          WHERE \(same) AND start_instant = \(last(before: "start_instant")) AND end_instant > \(row).start_instant;
        DELETE FROM flowrun_settled WHERE \(same) AND start_instant >= \(row).start_instant AND start_instant < \(row).end_instant;
      """
  }

  /// Adds the time of a settled ledger row, which nothing overlaps: to the row that ends where it begins, or as a row of its own, and with it
  /// the row that begins where it ends.
  private static let add: String = {
    let isSettled = "NEW.state = 'written' AND NEW.lacking IS NULL"
    let same = "participant_id = NEW.participant_id AND data_type = NEW.data_type"
    let end = "coalesce((SELECT end_instant FROM flowrun_settled WHERE \(same) AND start_instant = NEW.end_instant), NEW.end_instant)"
    let isBefore = "start_instant = (SELECT max(start_instant) FROM flowrun_settled WHERE \(same) AND start_instant < NEW.start_instant)"
    return """
        UPDATE flowrun_settled SET end_instant = \(end) WHERE \(same) AND \(isBefore) AND end_instant = NEW.start_instant AND \(isSettled);
        INSERT INTO flowrun_settled (participant_id, data_type, start_instant, end_instant)
          SELECT NEW.participant_id, NEW.data_type, NEW.start_instant, \(end)
          WHERE \(isSettled) AND NOT EXISTS (
            SELECT 1 FROM flowrun_settled WHERE \(same) AND \(isBefore) AND end_instant > NEW.start_instant);
        DELETE FROM flowrun_settled WHERE \(same) AND start_instant = NEW.end_instant AND \(isSettled);
      """
  }()
}
