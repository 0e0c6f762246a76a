import FlowCore
import GRDB
import GRDBSQLite
import StudyLedger
import StudyModel

/// The table `slice`: one row for each participant, data type and slice. Slices of one participant and data type never
/// overlap, because every write makes room first.
struct SliceLedger {
  let session: SQLSession

  /// In the order in which `slice` reads them.
  private static let columns = """
    data_type, start_instant, end_instant, state, rows, fetched_at, run, flowfile, sha256, vanished, latest_sync, cause, provider, \
    flow_sha256, zone, lacking, object
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
      try slices(sql, of: participant) { statement in
        statement.bind(participantID, at: 1)
        statement.bind(dataType, at: 2)
        statement.bind(instant ?? .min, at: 3)
      }
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
      WHERE participant_id = ?1 AND state IN ('deferred', 'failed') ORDER BY data_type, start_instant
      """
    progress.unanswered = try slices(unanswered, of: participant) { $0.bind(participantID, at: 1) }
    return progress
  }

  /// See `RecordReader.latestSyncs`: two look-ups in an index for each participant and data type.
  func latestSyncs(endsOf clocked: Set<String>, of participants: Set<String>?) throws -> [String: Int64] {
    let sync = try session.statement(
      "SELECT max(latest_sync) FROM slice INDEXED BY flowrun_latest_sync WHERE \(SliceLedger.ofKind) AND latest_sync IS NOT NULL")
    let end = try session.statement("SELECT end_instant FROM slice WHERE \(SliceLedger.ofKind) ORDER BY start_instant DESC LIMIT 1")
    var syncs: [String: Int64] = [:]
    for row in try session.rows("SELECT name, participant_id FROM participant") {
      let participant: String = row[0]
      guard participants?.contains(participant) != false else { continue }
      for dataType in try dataTypes(row[1]) {
        let kind = SliceKind(participant: participant, participantID: row[1], dataType: dataType)
        kind.bind(sync)
        var latest = try sync.integer()
        if clocked.contains(dataType) {
          kind.bind(end)
          latest = [latest, try end.integer()].compactMap { $0 }.max()
        }
        if let latest { syncs[participant] = max(latest, syncs[participant] ?? latest) }
      }
    }
    return syncs
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

  private func slices(_ kind: SliceKind, _ sql: String, _ argument: Int64? = nil) throws -> [LedgerSlice] {
    try slices("SELECT \(SliceLedger.columns) FROM slice " + sql, of: kind.participant) { statement in
      kind.bind(statement)
      if let argument { statement.bind(argument, at: 3) }
    }
  }

  /// The ledger rows of a query that selects `columns`.
  private func slices(_ sql: String, of participant: String, _ bind: (SQLStatement) -> Void) throws -> [LedgerSlice] {
    let statement = try session.statement(sql)
    bind(statement)
    var slices: [LedgerSlice] = []
    try statement.scan { row in
      slices.append(try SliceLedger.slice(SQLRow(row), participant: participant))
      return true
    }
    return slices
  }

  // The queries name their index: without statistics, SQLite may scan all of a participant's rows instead.

  private func unsettled(_ kind: SliceKind) throws -> [LedgerSlice] {
    try slices(kind, "INDEXED BY flowrun_unsettled WHERE \(SliceLedger.ofKind) AND \(SettledTable.unsettled)")
  }

  private func settledAfter(_ latest: Int64, _ kind: SliceKind) throws -> [LedgerSlice] {
    try slices(kind, "INDEXED BY flowrun_latest_sync WHERE \(SliceLedger.ofKind) AND latest_sync > ?3 AND \(SettledTable.settled)", latest)
  }

  private func inside(_ window: Range<Int64>?, _ kind: SliceKind) throws -> [LedgerSlice] {
    guard let window else { return [] }
    let key = SliceKey(participant: kind.participant, dataType: kind.dataType, start: window.lowerBound, end: window.upperBound)
    return try overlapping(key, participantID: kind.participantID)
  }

  private func latestSync(notAfter latest: Int64, _ kind: SliceKind) throws -> Int64? {
    let sql = "SELECT max(latest_sync) FROM slice INDEXED BY flowrun_latest_sync WHERE \(SliceLedger.ofKind) AND latest_sync <= ?3"
    let statement = try session.statement(sql)
    kind.bind(statement)
    statement.bind(latest, at: 3)
    return try statement.integer()
  }

  private func spans(_ kind: SliceKind) throws -> SettledSpans {
    var settled = SettledSpans(of: kind.participant, kind.dataType)
    let sql = "SELECT start_instant, end_instant FROM flowrun_settled WHERE \(SliceLedger.ofKind) ORDER BY start_instant"
    let statement = try session.statement(sql)
    kind.bind(statement)
    try statement.scan { row in
      settled.add(sqlite3_column_int64(row, 0)..<sqlite3_column_int64(row, 1))
      return true
    }
    return settled
  }

  /// The settled span that contains an instant.
  private func span(at instant: Int64, _ kind: SliceKind) throws -> Range<Int64>? {
    let sql = """
      SELECT start_instant, end_instant FROM flowrun_settled WHERE \(SliceLedger.ofKind) AND end_instant > ?3
        AND start_instant = (SELECT max(start_instant) FROM flowrun_settled WHERE \(SliceLedger.ofKind) AND start_instant <= ?3)
      """
    let statement = try session.statement(sql)
    kind.bind(statement)
    statement.bind(instant, at: 3)
    var span: Range<Int64>?
    try statement.scan { row in
      span = sqlite3_column_int64(row, 0)..<sqlite3_column_int64(row, 1)
      return false
    }
    return span
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
    let statement = try session.statement(sql)
    statement.bind(participantID, at: 1)
    var dataTypes: [String] = []
    try statement.scan { row in
      dataTypes += [SQLRow(row).text(0)].compactMap(\.self)
      return true
    }
    return dataTypes
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
    return try slices(sql, of: key.participant) { statement in
      statement.bind(participantID, at: 1)
      statement.bind(key.dataType, at: 2)
      statement.bind(key.start, at: 3)
      statement.bind(key.end, at: 4)
    }
  }

  /// - Parameter rowCount: counts the data rows that a remainder still covers; nil if they cannot be separated by time.
  func apply(_ change: LedgerChange, participantID: Int64, rowCount: (Range<Int64>) throws -> Int?) throws {
    for key in change.removed {
      let statement = try session.statement("DELETE FROM slice WHERE participant_id = ?1 AND data_type = ?2 AND start_instant = ?3")
      statement.bind(participantID, at: 1)
      statement.bind(key.dataType, at: 2)
      statement.bind(key.start, at: 3)
      try statement.run()
    }
    for var remainder in change.remainders {
      if remainder.state.isAnswered { remainder.rows = try rowCount(remainder.window) ?? remainder.rows }
      try insert(remainder, participantID: participantID)
    }
    for slice in change.added { try insert(slice, participantID: participantID) }
  }

  func insert(_ slice: LedgerSlice, participantID: Int64) throws {
    let statement = try session.statement(
      "INSERT INTO slice (participant_id, \(SliceLedger.columns)) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
    statement.bind(participantID, at: 1)
    statement.bind(slice.key.dataType, at: 2)
    statement.bind(slice.key.start, at: 3)
    statement.bind(slice.key.end, at: 4)
    statement.bind(slice.state.rawValue, at: 5)
    statement.bind(Int64(slice.rows), at: 6)
    statement.bind(orNull: slice.fetchedAt?.ledgerText, at: 7)
    statement.bind(slice.run, at: 8)
    statement.bind(orNull: slice.flowFile, at: 9)
    statement.bind(orNull: slice.sha256, at: 10)
    statement.bind(Int64(slice.missing), at: 11)
    statement.bind(orNull: slice.latestSync, at: 12)
    statement.bind(orNull: slice.cause?.rawValue, at: 13)
    statement.bind(orNull: slice.provider, at: 14)
    statement.bind(orNull: slice.flowSHA256, at: 15)
    statement.bind(orNull: slice.zone, at: 16)
    statement.bind(orNull: slice.lackingScopes.isEmpty ? nil : slice.lackingScopes.joined(separator: ","), at: 17)
    statement.bind(orNull: slice.object, at: 18)
    try statement.run()
  }

  /// Records a slice without data, except where data is already present.
  func record(_ slice: LedgerSlice, participantID: Int64) throws {
    let known = try overlapping(slice.key, participantID: participantID)
    try apply(LedgerChange(noting: slice, among: known), participantID: participantID) { _ in nil }
  }

  /// Marks a slice to be requested again (see `LedgerSlice.recollect`). Returns 1 if the ledger has it, otherwise 0.
  func recollect(_ key: SliceKey) throws -> Int {
    let isIt = """
      participant_id = (SELECT participant_id FROM participant WHERE name = ?1) AND data_type = ?2 AND start_instant = ?3 AND end_instant = ?4
      """
    func bind(_ statement: SQLStatement) {
      statement.bind(key.participant, at: 1)
      statement.bind(key.dataType, at: 2)
      statement.bind(key.start, at: 3)
      statement.bind(key.end, at: 4)
    }
    guard var slice = try slices("SELECT \(SliceLedger.columns) FROM slice WHERE \(isIt)", of: key.participant, bind).first else { return 0 }
    slice.recollect()
    let change = try session.statement("UPDATE slice SET state = ?5, latest_sync = ?6, cause = ?7 WHERE \(isIt)")
    bind(change)
    change.bind(slice.state.rawValue, at: 5)
    change.bind(orNull: slice.latestSync, at: 6)
    change.bind(orNull: slice.cause?.rawValue, at: 7)
    try change.run()
    return 1
  }

  /// Throws `ProcessorError` (`database`) for values unknown to this version, rather than misinterpreting them.
  private static func slice(_ row: SQLRow, participant: String) throws -> LedgerSlice {
    let key = SliceKey(participant: participant, dataType: row.text(0) ?? "", start: row.integer(1) ?? 0, end: row.integer(2) ?? 0)
    var slice = LedgerSlice(
      key: key, state: try key.stored(row.text(3) ?? "", "written, provisional, deferred or failed", SliceState.init(rawValue:)),
      run: row.text(6) ?? "")
    slice.rows = Int(row.integer(4) ?? 0)
    slice.fetchedAt = try row.text(5).map { try key.stored($0, "fetched_at in RFC 3339") { Instant(rfc3339: $0) } }
    slice.flowFile = row.text(7)
    slice.sha256 = row.text(8)
    slice.missing = Int(row.integer(9) ?? 0)
    slice.latestSync = row.integer(10)
    slice.cause = try row.text(11).map { try key.stored($0, "a cause that this version knows", Cause.init(rawValue:)) }
    slice.provider = row.text(12)
    slice.flowSHA256 = row.text(13)
    slice.zone = row.text(14)
    slice.lackingScopes = row.text(15)?.split(separator: ",").map(String.init) ?? []
    slice.object = row.text(16)
    return slice
  }
}

extension Instant {
  /// RFC 3339 always with milliseconds, so that texts sort like the instants.
  var ledgerText: String {
    milliseconds % 1000 == 0 ? String(text.dropLast()) + ".000Z" : text
  }
}
