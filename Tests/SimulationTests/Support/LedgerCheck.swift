import FlowSimulator
import GRDB
import StudyModel

/// What must hold of a ledger after any run, and of its tables.
struct LedgerCheck {
  private let queue: DatabaseQueue

  init(_ path: String) throws {
    var configuration = Configuration()
    configuration.readonly = true
    queue = try DatabaseQueue(path: path, configuration: configuration)
  }

  /// Slices of one participant and data type that overlap, or leave a gap.
  func seams() throws -> [String] {
    try strings(
      """
      SELECT name || ' ' || data_type || ' ' || before || ' ' || start_instant FROM (
        SELECT *, lag(end_instant) OVER (PARTITION BY participant_id, data_type ORDER BY start_instant) AS before
        FROM slice)
      JOIN participant USING (participant_id) WHERE before <> start_instant
      """)
  }

  /// Slices that the ledger says to be there, whose rows are not: rows and ledger row are one commit.
  func unfounded() throws -> [String] {
    let tables = [("intraday-heart-rate", "fitbit_intraday_hr"), ("intraday-steps", "fitbit_intraday_steps")]
    return try tables.flatMap { dataType, table in
      try strings(
        """
        SELECT name || ' ' || data_type || ' ' || start_instant FROM slice JOIN participant USING (participant_id)
        WHERE data_type = '\(dataType)' AND state IN ('written', 'provisional') AND rows <> (
          SELECT count(*) FROM \(table) AS row
          WHERE row.participant_id = slice.participant_id AND instant >= start_instant AND instant < end_instant)
        """)
    }
  }

  /// Slices without data.
  func unwritten() throws -> [String] {
    try strings(
      """
      SELECT name || ' ' || data_type || ' ' || start_instant || ' ' || state || ' ' || coalesce(cause, '-')
      FROM slice JOIN participant USING (participant_id) WHERE state NOT IN ('written', 'provisional')
      """)
  }

  /// Data types with slices that lack a scope, sorted.
  func lacking(_ scope: String) throws -> [String] {
    try strings("SELECT DISTINCT data_type FROM slice WHERE ',' || lacking || ',' LIKE '%,\(scope),%' ORDER BY 1")
  }

  /// Slices before an instant that hold no data: `previous_sync` must not have passed them.
  func unsettled(before instant: Int64, of participant: String) throws -> [String] {
    try strings(
      """
      SELECT name || ' ' || data_type || ' ' || start_instant || ' ' || state FROM slice JOIN participant USING (participant_id)
      WHERE name = '\(participant)' AND start_instant < \(instant) AND state NOT IN ('written', 'provisional')
      UNION ALL SELECT name || ' ' || data_type || ' ends at ' || max(end_instant) FROM slice JOIN participant USING (participant_id)
      WHERE name = '\(participant)' GROUP BY data_type HAVING max(end_instant) < \(instant)
      """)
  }

  /// Whether all of a slice's time has an answer.
  func isAnswered(_ slice: SliceKey) throws -> Bool {
    try strings(
      """
      SELECT name FROM slice JOIN participant USING (participant_id)
      WHERE name = '\(slice.participant)' AND data_type = '\(slice.dataType)' AND state IN ('written', 'provisional')
        AND start_instant < \(slice.end) AND end_instant > \(slice.start)
      GROUP BY name HAVING sum(min(end_instant, \(slice.end)) - max(start_instant, \(slice.start))) = \(slice.end - slice.start)
      """).count == 1
  }

  /// Everybody of whom the ledger knows anything.
  func known() throws -> Set<String> {
    Set(try strings("SELECT DISTINCT name FROM slice JOIN participant USING (participant_id)"))
  }

  /// Participants whose minutes the ledger does not cover, in whatever state, from enrolment to latest sync.
  /// - Parameter names: the participants to check; nil: all.
  func uncovered(_ truth: Truth, of names: Set<String>? = nil) throws -> [String] {
    try truth.population.participants.flatMap { participant -> [String] in
      guard names?.contains(participant.name) ?? true, let window = truth.window(of: participant) else { return [] }
      return try ["intraday-heart-rate", "intraday-steps"].filter { dataType in
        try strings(
          """
          SELECT 1 FROM slice JOIN participant USING (participant_id)
          WHERE name = '\(participant.name)' AND data_type = '\(dataType)'
          GROUP BY name HAVING min(start_instant) = \(window.lowerBound) AND max(end_instant) = \(window.upperBound)
          """).isEmpty
      }.map { "\(participant.name) \($0)" }
    }
  }

  private func strings(_ sql: String) throws -> [String] { try queue.read { try String.fetchAll($0, sql: sql) } }
}
