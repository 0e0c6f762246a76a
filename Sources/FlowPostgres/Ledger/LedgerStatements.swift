import FlowCore
import StudyLedger
import StudyModel

/// The statements on the table `slice`.
///
/// Slices of one participant and data type never overlap, because every write makes room first; so their ends are ordered like their starts,
/// and the key finds the first row to read.
enum LedgerStatements {
  /// In the order in which `slice` reads them.
  private static let columns = """
    data_type, start_instant, end_instant, state, "rows", fetched_at, run, flowfile, sha256, vanished, latest_sync, cause, provider, \
    flow_sha256, zone, lacking, object
    """
  static let settled = "state = 'written' AND lacking IS NULL"
  static let unsettled = "(state <> 'written' OR lacking IS NOT NULL)"
  private static let ofParticipant = "participant_id = (SELECT participant_id FROM participant WHERE name = $1)"

  // MARK: Reading, by the participant's name

  /// A participant's rows, ordered by data type and start.
  static func rows(of participant: String, dataTypes: [String]?, endingAfter instant: Int64?) -> Statement {
    var sql = "SELECT \(columns) FROM slice AS s WHERE \(ofParticipant)"
    var parameters = [Parameter.text(participant)]
    if let dataTypes {
      parameters.append(.texts(dataTypes))
      sql += " AND data_type = ANY ($\(parameters.count))"
    }
    if let instant {
      parameters.append(.instant(instant))
      sql += """
         AND end_instant > $\(parameters.count) AND start_instant >= coalesce(
          (SELECT max(start_instant) FROM slice WHERE participant_id = s.participant_id AND data_type = s.data_type
             AND start_instant <= $\(parameters.count)), $\(parameters.count))
        """
    }
    return Statement(sql + " ORDER BY data_type, start_instant", parameters)
  }

  /// The latest sync that slices were requested with, or the latest end of one of `clocked`.
  static func latestSyncs(endsOf clocked: [String], of participants: [String]?) -> Statement {
    Statement(
      """
      SELECT name, greatest(max(latest_sync), max(end_instant) FILTER (WHERE data_type = ANY ($1)))
      FROM slice JOIN participant USING (participant_id)\(participants == nil ? "" : " WHERE name = ANY ($2)") GROUP BY name
      """, [.texts(clocked)] + (participants.map { [.texts($0)] } ?? []))
  }

  static func latestSyncs(_ answer: Answer) -> [String: Int64] {
    (0..<answer.count).reduce(into: [:]) { syncs, row in
      if let participant = answer.text(row, 0), let latest = answer.integer(row, 1) { syncs[participant] = latest }
    }
  }

  /// When the answers of each participant and month were fetched last.
  static let latestFetches = Statement(
    """
    SELECT name, to_char(start_instant AT TIME ZONE 'UTC', 'YYYY-MM') AS first, to_char((end_instant - interval '1 second') AT TIME ZONE 'UTC', 'YYYY-MM') AS last,
      max(fetched_at)
    FROM slice JOIN participant USING (participant_id) WHERE fetched_at IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """)

  static func fetchedMonths(_ answer: Answer) -> [FetchedMonths] {
    (0..<answer.count).compactMap { row in
      guard let participant = answer.text(row, 0), let first = answer.text(row, 1), let last = answer.text(row, 2), let latest = answer.moment(row, 3) else { return nil }
      return FetchedMonths(participant: participant, first: first, last: last, latest: latest)
    }
  }

  static func unsettled(of participant: String, _ dataTypes: [String]?) -> Statement {
    ofKinds("SELECT \(columns) FROM slice WHERE \(unsettled)", participant, dataTypes)
  }

  static func spans(of participant: String, _ dataTypes: [String]?) -> Statement {
    ofKinds("SELECT data_type, start_instant, end_instant FROM flowrun_settled WHERE true", participant, dataTypes)
  }

  static func settledAfter(_ latest: Int64, of participant: String, _ dataTypes: [String]) -> Statement {
    ofKinds("SELECT \(columns) FROM slice WHERE \(settled) AND latest_sync > $3", participant, dataTypes, .instant(latest))
  }

  static func latestSync(notAfter latest: Int64, of participant: String, _ dataTypes: [String]) -> Statement {
    Statement(
      "SELECT max(latest_sync) FROM slice WHERE \(ofParticipant) AND data_type = ANY ($2) AND latest_sync <= $3",
      [.text(participant), .texts(dataTypes), .instant(latest)])
  }

  private static func ofKinds(_ sql: String, _ participant: String, _ dataTypes: [String]?, _ third: Parameter? = nil) -> Statement {
    let kinds = dataTypes == nil ? "" : " AND data_type = ANY ($2)"
    return Statement(
      sql + " AND \(ofParticipant)" + kinds + " ORDER BY data_type, start_instant",
      [.text(participant)] + (dataTypes.map { [.texts($0)] } ?? []) + (third.map { [$0] } ?? []))
  }

  /// The rows that overlap a slice, in order. At most one row that begins before the slice can overlap it.
  static func overlapping(_ key: SliceKey, isAnswered: Bool = false) -> Statement {
    Statement(
      """
      SELECT \(columns) FROM slice AS s WHERE \(ofParticipant) AND data_type = $2 AND start_instant < $4 AND end_instant > $3
        AND start_instant >= coalesce(
          (SELECT max(start_instant) FROM slice WHERE participant_id = s.participant_id AND data_type = $2 AND start_instant <= $3), $3)
        \(isAnswered ? "AND state IN ('written', 'provisional')" : "")
      ORDER BY start_instant
      """, [.text(key.participant), .text(key.dataType), .instant(key.start), .instant(key.end)])
  }

  // MARK: Changing

  static func remove(_ key: SliceKey, participantID: Int32) -> Statement {
    Statement(
      "DELETE FROM slice WHERE participant_id = $1 AND data_type = $2 AND start_instant = $3",
      [.small(participantID), .text(key.dataType), .instant(key.start)])
  }

  static func insert(_ slice: LedgerSlice, participantID: Int32) -> Statement {
    Statement(
      "INSERT INTO slice (participant_id, \(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
      [
        .small(participantID), .text(slice.key.dataType), .instant(slice.key.start), .instant(slice.key.end), .text(slice.state.rawValue),
        .integer(Int64(slice.rows)), .moment(slice.fetchedAt), .text(slice.run), .text(slice.flowFile), .text(slice.sha256),
        .integer(Int64(slice.missing)), .instant(slice.latestSync), .text(slice.cause?.rawValue), .text(slice.provider),
        .text(slice.flowSHA256), .text(slice.zone), .text(slice.lackingScopes.isEmpty ? nil : slice.lackingScopes.joined(separator: ",")), .text(slice.object),
      ])
  }

  static func exact(_ key: SliceKey) -> Statement {
    Statement(
      "SELECT \(columns) FROM slice WHERE \(ofParticipant) AND data_type = $2 AND start_instant = $3 AND end_instant = $4",
      [.text(key.participant), .text(key.dataType), .instant(key.start), .instant(key.end)])
  }

  /// Takes over what `LedgerSlice.recollect` changes.
  static func update(recollected slice: LedgerSlice) -> Statement {
    Statement(
      "UPDATE slice SET state = $4, latest_sync = $5, cause = $6 WHERE \(ofParticipant) AND data_type = $2 AND start_instant = $3",
      [
        .text(slice.key.participant), .text(slice.key.dataType), .instant(slice.key.start), .text(slice.state.rawValue),
        .instant(slice.latestSync), .text(slice.cause?.rawValue),
      ])
  }

  // MARK: Rows

  /// The ledger rows of an answer that has `columns`. Throws `ProcessorError` (`database`) for values unknown to this version, rather than
  /// misinterpreting them.
  static func slices(_ answer: Answer, of participant: String) throws -> [LedgerSlice] {
    try (0..<answer.count).map { try slice(answer, $0, of: participant) }
  }

  private static func slice(_ answer: Answer, _ row: Int, of participant: String) throws -> LedgerSlice {
    let key = SliceKey(
      participant: participant, dataType: answer.text(row, 0) ?? "", start: answer.integer(row, 1) ?? 0, end: answer.integer(row, 2) ?? 0)
    var slice = LedgerSlice(
      key: key, state: try key.stored(answer.text(row, 3) ?? "", "written, provisional, deferred or failed", SliceState.init(rawValue:)),
      run: answer.text(row, 6) ?? "")
    slice.rows = Int(answer.integer(row, 4) ?? 0)
    slice.fetchedAt = answer.moment(row, 5)
    slice.flowFile = answer.text(row, 7)
    slice.sha256 = answer.text(row, 8)
    slice.missing = Int(answer.integer(row, 9) ?? 0)
    slice.latestSync = answer.integer(row, 10)
    slice.cause = try answer.text(row, 11).map { try key.stored($0, "a cause that this version knows", Cause.init(rawValue:)) }
    slice.provider = answer.text(row, 12)
    slice.flowSHA256 = answer.text(row, 13)
    slice.zone = answer.text(row, 14)
    slice.lackingScopes = answer.text(row, 15)?.split(separator: ",").map(String.init) ?? []
    slice.object = answer.text(row, 16)
    return slice
  }
}
