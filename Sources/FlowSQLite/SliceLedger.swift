import FlowCore
import GRDB
import GRDBSQLite
import StudyLedger
import StudyModel

/// The table `slice`: one row for each participant, data type and slice. Slices of one participant and data type never
/// overlap, because every write makes room first.
struct SliceLedger {
  let session: SQLSession

  static let columns = """
    data_type, start_instant, end_instant, state, rows, fetched_at, run, flowfile, sha256, vanished, latest_sync, cause, provider, \
    flow_sha256, zone, lacking
    """

  /// The rows of a participant, ordered by data type and start, restricted to the given data types and to rows that end
  /// after `instant`.
  func rows(of participant: String, _ participantID: Int64, dataTypes: [String]?, endingAfter instant: Int64?) throws -> [LedgerSlice] {
    // Slices do not overlap, so their ends are ordered like their starts: the key locates the first row to read.
    let sql = """
      SELECT \(SliceLedger.columns) FROM slice
      WHERE participant_id = ?1 AND data_type = ?2 AND start_instant >= coalesce(
        (SELECT max(start_instant) FROM slice WHERE participant_id = ?1 AND data_type = ?2 AND start_instant <= ?3), ?3) AND end_instant > ?3
      ORDER BY start_instant
      """
    let wanted = try dataTypes.map { Set($0).sorted() } ?? self.dataTypes(participantID)
    return try wanted.flatMap { dataType in
      try session.rows(sql, [participantID, dataType, instant ?? .min]).map { try SliceLedger.slice($0, participant: participant) }
    }
  }

  /// See `RecordStore.outline`: creates objects only for unsettled rows and for spans of settled ones.
  func outline(of participant: String, _ participantID: Int64, dataTypes: [String], settledBy latest: Int64) throws -> [LedgerSlice] {
    let isSettled = "state = 'written' AND lacking IS NULL AND coalesce(latest_sync, ?3) <= ?3"
    let ofType = "FROM slice WHERE participant_id = ?1 AND data_type = ?2"
    let walk = try session.statement("SELECT start_instant, end_instant, latest_sync \(ofType) AND \(isSettled) ORDER BY start_instant")
    return try Set(dataTypes).sorted().flatMap { dataType in
      var settled = SettledSpans(of: participant, dataType)
      walk.bind(participantID, at: 1)
      walk.bind(dataType, at: 2)
      walk.bind(latest, at: 3)
      try walk.scan { row in
        let sync = sqlite3_column_type(row, 2) == SQLITE_NULL ? nil : sqlite3_column_int64(row, 2)
        settled.add(sqlite3_column_int64(row, 0)..<sqlite3_column_int64(row, 1), latestSync: sync)
        return true
      }
      let others = try session.rows(
        "SELECT \(SliceLedger.columns) \(ofType) AND NOT (\(isSettled))", [participantID, dataType, latest]
      ).map { try SliceLedger.slice($0, participant: participant) }
      return (settled.rows + others).sorted { $0.key.start < $1.key.start }
    }
  }

  /// Scans each data type from `start` to its first gap, without an object for each row.
  func progress(of participant: String, _ participantID: Int64, from start: Int64) throws -> LedgerProgress {
    var progress = LedgerProgress()
    let walk = try session.statement(
      """
      SELECT start_instant, end_instant, state IN ('written', 'provisional') FROM slice
      WHERE participant_id = ?1 AND data_type = ?2 AND start_instant >= coalesce(
        (SELECT max(start_instant) FROM slice WHERE participant_id = ?1 AND data_type = ?2 AND start_instant <= ?3), ?3)
      ORDER BY start_instant
      """)
    for dataType in try dataTypes(participantID) {
      walk.bind(participantID, at: 1)
      walk.bind(dataType, at: 2)
      walk.bind(start, at: 3)
      progress.add(dataType, start..<start, isAnswered: false, from: start)
      try walk.scan { row in
        let window = sqlite3_column_int64(row, 0)..<sqlite3_column_int64(row, 1)
        return progress.add(dataType, window, isAnswered: sqlite3_column_int(row, 2) != 0, from: start)
      }
    }
    let unanswered = "SELECT \(SliceLedger.columns) FROM slice WHERE participant_id = ? AND state IN ('deferred', 'failed') ORDER BY data_type, start_instant"
    progress.unanswered = try session.rows(unanswered, [participantID]).map { try SliceLedger.slice($0, participant: participant) }
    return progress
  }

  private func dataTypes(_ participantID: Int64) throws -> [String] {
    // Skips from one data type to the next by index; DISTINCT would read every row.
    let sql = """
      WITH RECURSIVE known(data_type) AS (
        SELECT min(data_type) FROM slice WHERE participant_id = ?1
        UNION ALL
        SELECT (SELECT min(data_type) FROM slice WHERE participant_id = ?1 AND data_type > known.data_type) FROM known
        WHERE known.data_type IS NOT NULL)
      SELECT data_type FROM known WHERE data_type IS NOT NULL
      """
    return try session.rows(sql, [participantID]).map { $0[0] }
  }

  /// The rows that overlap a slice, in order.
  func overlapping(_ key: SliceKey, participantID: Int64) throws -> [LedgerSlice] {
    // Slices do not overlap, so at most one row that begins before this slice can overlap it: two index lookups,
    // whatever the length of the history.
    let sql = """
      SELECT \(SliceLedger.columns) FROM slice
      WHERE participant_id = ?1 AND data_type = ?2 AND start_instant < ?4 AND end_instant > ?3 AND start_instant >= coalesce(
        (SELECT max(start_instant) FROM slice WHERE participant_id = ?1 AND data_type = ?2 AND start_instant <= ?3), ?3)
      ORDER BY start_instant
      """
    return try session.rows(sql, [participantID, key.dataType, key.start, key.end])
      .map { try SliceLedger.slice($0, participant: key.participant) }
  }

  /// - Parameter rowCount: counts the data rows that a remainder still covers; nil if they cannot be separated by time.
  func apply(_ change: LedgerChange, participantID: Int64, rowCount: (Range<Int64>) throws -> Int?) throws {
    for key in change.removed {
      try session.execute(
        "DELETE FROM slice WHERE participant_id = ? AND data_type = ? AND start_instant = ?", [participantID, key.dataType, key.start])
    }
    for var remainder in change.remainders {
      if remainder.state.isAnswered { remainder.rows = try rowCount(remainder.window) ?? remainder.rows }
      try insert(remainder, participantID: participantID)
    }
    for slice in change.added { try insert(slice, participantID: participantID) }
  }

  func insert(_ slice: LedgerSlice, participantID: Int64) throws {
    try session.execute(
      "INSERT INTO slice (participant_id, \(SliceLedger.columns)) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      [
        participantID, slice.key.dataType, slice.key.start, slice.key.end, slice.state.rawValue, slice.rows,
        slice.fetchedAt?.ledgerText, slice.run, slice.flowFile, slice.sha256, slice.missing, slice.latestSync,
        slice.cause?.rawValue, slice.provider, slice.flowSHA256, slice.zone,
        slice.lackingScopes.isEmpty ? nil : slice.lackingScopes.joined(separator: ","),
      ])
  }

  /// Records a slice without data, except where data is already present.
  func record(_ slice: LedgerSlice, participantID: Int64) throws {
    let known = try overlapping(slice.key, participantID: participantID)
    try apply(LedgerChange(noting: slice, among: known), participantID: participantID) { _ in nil }
  }

  /// Marks a slice to be requested again (see `LedgerSlice.recollect`). Returns 1 if the ledger has it, otherwise 0.
  func recollect(_ key: SliceKey) throws -> Int {
    let isIt = """
      participant_id = (SELECT participant_id FROM participant WHERE name = ?) AND data_type = ? AND start_instant = ? AND end_instant = ?
      """
    let arguments: StatementArguments = [key.participant, key.dataType, key.start, key.end]
    guard let row = try session.rows("SELECT \(SliceLedger.columns) FROM slice WHERE \(isIt)", arguments).first else { return 0 }
    var slice = try SliceLedger.slice(row, participant: key.participant)
    slice.recollect()
    let changed: StatementArguments = [slice.state.rawValue, slice.latestSync, slice.cause?.rawValue]
    try session.execute("UPDATE slice SET state = ?, latest_sync = ?, cause = ? WHERE \(isIt)", changed + arguments)
    return 1
  }

  /// Throws `ProcessorError` (`database`) for values unknown to this version, rather than misinterpreting them.
  static func slice(_ row: Row, participant: String) throws -> LedgerSlice {
    let key = SliceKey(participant: participant, dataType: row["data_type"], start: row["start_instant"], end: row["end_instant"])
    let state: String = row["state"]
    var slice = LedgerSlice(
      key: key, state: try read(state, key, "written, provisional, deferred or failed", SliceState.init(rawValue:)), run: row["run"])
    slice.rows = row["rows"]
    let fetchedAt: String? = row["fetched_at"]
    slice.fetchedAt = try fetchedAt.map { try read($0, key, "fetched_at in RFC 3339") { Instant(rfc3339: $0) } }
    slice.flowFile = row["flowfile"]
    slice.sha256 = row["sha256"]
    slice.missing = row["vanished"]
    slice.latestSync = row["latest_sync"]
    let cause: String? = row["cause"]
    slice.cause = try cause.map { try read($0, key, "a cause that this version knows", Cause.init(rawValue:)) }
    slice.provider = row["provider"]
    slice.flowSHA256 = row["flow_sha256"]
    slice.zone = row["zone"]
    let lacking: String? = row["lacking"]
    slice.lackingScopes = lacking?.split(separator: ",").map(String.init) ?? []
    return slice
  }

  private static func read<Value>(_ text: String, _ key: SliceKey, _ expected: String, _ parse: (String) -> Value?) throws -> Value {
    guard let value = parse(text) else {
      throw ProcessorError(
        .database,
        "the ledger (table slice) has '\(text)' for \(key.participant), \(key.dataType), start_instant \(key.start); expected \(expected); "
          + "use the flowrun that wrote it, or a newer one")
    }
    return value
  }
}

extension Instant {
  /// RFC 3339 always with milliseconds, so that texts sort like the instants.
  var ledgerText: String {
    milliseconds % 1000 == 0 ? String(text.dropLast()) + ".000Z" : text
  }
}
