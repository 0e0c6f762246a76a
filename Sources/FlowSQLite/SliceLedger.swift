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

  /// See `RecordStore.outline`: reads the unsettled rows, and one row for each settled span.
  func outline(
    of participant: String, _ participantID: Int64, dataTypes: [String], settledBy latest: Int64, each window: Range<Int64>?
  ) throws -> LedgerOutline {
    var outline = LedgerOutline()
    for dataType in Set(dataTypes).sorted() {
      let kind = SliceKind(participant: participant, participantID: participantID, dataType: dataType)
      let single = try settledAfter(latest, kind) + inside(window, kind).filter { $0.isSettled(asOf: latest) }
      var settled = try spans(kind)
      settled.remove(single.map(\.window))
      outline.rows += (settled.rows + single + (try unsettled(kind))).sorted { $0.key.start < $1.key.start }
      outline.latestSync = try [outline.latestSync, latestSync(notAfter: latest, kind)].compactMap { $0 }.max()
    }
    return outline
  }

  /// Scans each data type from `start` to its first gap, without an object for each row; a settled span is one step.
  func progress(of participant: String, _ participantID: Int64, from start: Int64) throws -> LedgerProgress {
    var progress = LedgerProgress()
    for dataType in try dataTypes(participantID) {
      let kind = SliceKind(participant: participant, participantID: participantID, dataType: dataType)
      progress.add(dataType, start..<start, isAnswered: false, from: start)
      var position: Int64? = start
      while let from = position { position = try advance(from, kind, &progress, from: start) }
    }
    let unanswered = """
      SELECT \(SliceLedger.columns) FROM slice INDEXED BY flowrun_unanswered
      WHERE participant_id = ? AND state IN ('deferred', 'failed') ORDER BY data_type, start_instant
      """
    progress.unanswered = try session.rows(unanswered, [participantID]).map { try SliceLedger.slice($0, participant: participant) }
    return progress
  }

  /// Returns how far the slices are answered from `position`, up to the next settled one; nil if `position` is where it ends.
  private func advance(_ position: Int64, _ kind: SliceKind, _ progress: inout LedgerProgress, from start: Int64) throws -> Int64? {
    if let span = try span(at: position, kind) {
      progress.add(kind.dataType, span, isAnswered: true, from: start)
      return span.upperBound
    }
    let walk = try session.statement(
      """
      SELECT start_instant, end_instant, state IN ('written', 'provisional'), \(SettledTable.settled) FROM slice
      WHERE participant_id = ?1 AND data_type = ?2 AND start_instant >= coalesce(
        (SELECT max(start_instant) FROM slice WHERE participant_id = ?1 AND data_type = ?2 AND start_instant <= ?3), ?3)
      ORDER BY start_instant
      """)
    kind.bind(walk)
    walk.bind(position, at: 3)
    var end = position
    try walk.scan { row in
      let window = sqlite3_column_int64(row, 0)..<sqlite3_column_int64(row, 1)
      if window.lowerBound >= position, sqlite3_column_int(row, 3) != 0 { return false }
      let isAnswered = sqlite3_column_int(row, 2) != 0
      if isAnswered, window.lowerBound <= end { end = max(end, window.upperBound) }
      return progress.add(kind.dataType, window, isAnswered: isAnswered, from: start)
    }
    return end > position ? end : nil
  }

  // MARK: One data type

  /// A data type of a participant.
  private struct SliceKind {
    var participant: String
    var participantID: Int64
    var dataType: String

    func bind(_ statement: SQLStatement) {
      statement.bind(participantID, at: 1)
      statement.bind(dataType, at: 2)
    }
  }

  private static let ofKind = "participant_id = ?1 AND data_type = ?2"

  private func slices(_ kind: SliceKind, _ sql: String, _ arguments: [Int64] = []) throws -> [LedgerSlice] {
    let values = [kind.participantID.databaseValue, kind.dataType.databaseValue] + arguments.map(\.databaseValue)
    return try session.rows("SELECT \(SliceLedger.columns) FROM slice " + sql, StatementArguments(values))
      .map { try SliceLedger.slice($0, participant: kind.participant) }
  }

  // The queries name their index: without statistics, SQLite may scan all of a participant's rows instead.

  private func unsettled(_ kind: SliceKind) throws -> [LedgerSlice] {
    try slices(kind, "INDEXED BY flowrun_unsettled WHERE \(SliceLedger.ofKind) AND \(SettledTable.unsettled)")
  }

  private func settledAfter(_ latest: Int64, _ kind: SliceKind) throws -> [LedgerSlice] {
    try slices(kind, "INDEXED BY flowrun_latest_sync WHERE \(SliceLedger.ofKind) AND latest_sync > ?3 AND \(SettledTable.settled)", [latest])
  }

  private func inside(_ window: Range<Int64>?, _ kind: SliceKind) throws -> [LedgerSlice] {
    guard let window else { return [] }
    let key = SliceKey(participant: kind.participant, dataType: kind.dataType, start: window.lowerBound, end: window.upperBound)
    return try overlapping(key, participantID: kind.participantID)
  }

  private func latestSync(notAfter latest: Int64, _ kind: SliceKind) throws -> Int64? {
    let sql = "SELECT max(latest_sync) FROM slice INDEXED BY flowrun_latest_sync WHERE \(SliceLedger.ofKind) AND latest_sync <= ?3"
    return try session.rows(sql, [kind.participantID, kind.dataType, latest]).first.flatMap { $0[0] as Int64? }
  }

  private func spans(_ kind: SliceKind) throws -> SettledSpans {
    var settled = SettledSpans(of: kind.participant, kind.dataType)
    let sql = "SELECT start_instant, end_instant FROM flowrun_settled WHERE \(SliceLedger.ofKind) ORDER BY start_instant"
    for row in try session.rows(sql, [kind.participantID, kind.dataType]) { settled.add((row[0] as Int64)..<(row[1] as Int64)) }
    return settled
  }

  /// The settled span that contains an instant.
  private func span(at instant: Int64, _ kind: SliceKind) throws -> Range<Int64>? {
    let sql = """
      SELECT start_instant, end_instant FROM flowrun_settled WHERE \(SliceLedger.ofKind) AND end_instant > ?3
        AND start_instant = (SELECT max(start_instant) FROM flowrun_settled WHERE \(SliceLedger.ofKind) AND start_instant <= ?3)
      """
    return try session.rows(sql, [kind.participantID, kind.dataType, instant]).first.map { ($0[0] as Int64)..<($0[1] as Int64) }
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
