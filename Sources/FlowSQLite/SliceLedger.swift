import FlowCore
import GRDB
import StudyModel

/// The table `slice`: one row for each participant, data type and slice. Slices of one participant and data type never overlap:
/// whoever writes one makes room for it first.
struct SliceLedger {
  let session: SQLSession

  static let columns = """
    data_type, start_instant, end_instant, state, rows, fetched_at, run, flowfile, sha256, vanished, latest_sync, cause, provider, \
    flow_sha256, zone, lacking
    """

  /// The rows of a participant, ordered by data type and start; of the data types given, and that end after an instant.
  func rows(of participant: String, _ participantID: Int64, dataTypes: [String]?, endingAfter instant: Int64?) throws -> [LedgerSlice] {
    // Slices do not overlap, so those that end later begin later too, but for the one before: the key finds where to begin.
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

  private func dataTypes(_ participantID: Int64) throws -> [String] {
    try session.rows("SELECT DISTINCT data_type FROM slice WHERE participant_id = ? ORDER BY data_type", [participantID]).map { $0[0] }
  }

  /// The rows that overlap a slice, in order.
  func overlapping(_ key: SliceKey, participantID: Int64) throws -> [LedgerSlice] {
    // Slices do not overlap, so only the last one that begins before this one can reach into it: two index steps, however long the
    // history is.
    let sql = """
      SELECT \(SliceLedger.columns) FROM slice
      WHERE participant_id = ?1 AND data_type = ?2 AND start_instant < ?4 AND end_instant > ?3 AND start_instant >= coalesce(
        (SELECT max(start_instant) FROM slice WHERE participant_id = ?1 AND data_type = ?2 AND start_instant <= ?3), ?3)
      ORDER BY start_instant
      """
    return try session.rows(sql, [participantID, key.dataType, key.start, key.end])
      .map { try SliceLedger.slice($0, participant: key.participant) }
  }

  /// Takes `window` out of rows that overlap it: those inside it go, those that reach beyond it keep what lies outside.
  /// `rowCount` counts the rows of data that a remainder still stands for.
  func makeRoom(
    for window: Range<Int64>, among rows: [LedgerSlice], participantID: Int64, rowCount: (Range<Int64>) throws -> Int?
  ) throws {
    for row in rows where row.window.overlaps(window) {
      try session.execute(
        "DELETE FROM slice WHERE participant_id = ? AND data_type = ? AND start_instant = ?",
        [participantID, row.key.dataType, row.key.start])
      for rest in row.window.subtracting([window]) {
        var remainder = row
        remainder.key.start = rest.lowerBound
        remainder.key.end = rest.upperBound
        if row.state.hasData { remainder.rows = try rowCount(rest) ?? row.rows }
        try insert(remainder, participantID: participantID)
      }
    }
  }

  func insert(_ slice: LedgerSlice, participantID: Int64) throws {
    try session.execute(
      "INSERT INTO slice (participant_id, \(SliceLedger.columns)) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      [
        participantID, slice.key.dataType, slice.key.start, slice.key.end, slice.state.rawValue, slice.rows,
        slice.fetchedAt?.ledgerText, slice.run, slice.flowFile, slice.sha256, slice.vanished, slice.latestSync,
        slice.cause?.rawValue, slice.provider, slice.flowSHA256, slice.zone,
        slice.lackingScopes.isEmpty ? nil : slice.lackingScopes.joined(separator: ","),
      ])
  }

  /// Records a slice that has no data, wherever no data is known.
  func record(_ slice: LedgerSlice, participantID: Int64) throws {
    let known = try overlapping(slice.key, participantID: participantID)
    let unwritten = slice.window.subtracting(known.filter(\.state.hasData).map(\.window))
    for window in unwritten {
      try makeRoom(for: window, among: known.filter { !$0.state.hasData }, participantID: participantID) { _ in nil }
    }
    for window in unwritten {
      var part = slice
      part.key.start = window.lowerBound
      part.key.end = window.upperBound
      try insert(part, participantID: participantID)
    }
  }

  /// Throws `ProcessorError` (`database`) for a word that this version does not know: taken for another, it would be lost.
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
    slice.vanished = row["vanished"]
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

extension SliceState {
  /// An answer has been written.
  var hasData: Bool { self == .written || self == .provisional }
}

extension LedgerSlice {
  var window: Range<Int64> { key.start..<key.end }
}

extension Instant {
  /// RFC 3339 that always has milliseconds, so that texts sort as the instants do.
  var ledgerText: String {
    milliseconds % 1000 == 0 ? String(text.dropLast()) + ".000Z" : text
  }
}

extension Range<Int64> {
  /// What is left of the range without the others, in order.
  func subtracting(_ others: [Range<Int64>]) -> [Range<Int64>] {
    var rest: [Range<Int64>] = []
    var start = lowerBound
    for other in others.sorted(by: { $0.lowerBound < $1.lowerBound }) where other.overlaps(self) {
      if other.lowerBound > start { rest.append(start..<other.lowerBound) }
      start = Swift.max(start, other.upperBound)
    }
    if start < upperBound { rest.append(start..<upperBound) }
    return rest
  }
}
