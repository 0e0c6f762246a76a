import FlowCore
import StudyLedger
import StudyModel

/// Erasure of a participant.
extension PostgresDatabase {
  /// Deletes the participant's rows from every table of the schema with a `participant_id`, including tables flowrun did not create, then from
  /// every table with a `participant` that names people (models make such tables), and has the server reclaim their space. What its write-ahead log and its backups keep is the administrator's to end.
  package func erase(participant: String) async throws -> Erasure {
    var erasure = Erasure()
    let sql = "SELECT participant_id FROM participant WHERE name = $1"
    guard let participantID = try await read([Statement(sql, [.text(participant)])], read: { $0[0].count > 0 ? $0[0].integer(0, 0) : nil })
    else {
      try await reclaim(try await eraseNamed(participant, &erasure))
      try await forgetLease(of: participant)
      return erasure
    }
    recentWrites.withLock { $0.note(participant, nil, .all) }
    erasure.slices = try await transaction { [self] transaction in
      try await checkLeases(of: [participant], transaction)
      return try await transaction.run([Self.deletion(from: "slice", participantID)]) { $0[0].changedCount }
    }
    let tables = try await tablesOfParticipants()
    for table in tables {
      let count = try await delete(from: table, participantID)
      if count > 0, !table.hasPrefix(PostgresSchema.ownPrefix) { erasure.rows[table] = count }
    }
    let named = try await eraseNamed(participant, &erasure)
    _ = try await delete(from: "participant", participantID)
    try await forgetLease(of: participant)
    recentWrites.withLock { $0.note(participant, nil, .all) }
    versions.withLock { $0.forget(participant) }
    try await reclaim(["slice", "participant"] + tables + named)
    return erasure
  }

  /// Every table with a column `participant_id`, except the ledger and the list of participants; of a partitioned one only the whole.
  private func tablesOfParticipants() async throws -> [String] {
    let sql = """
      SELECT c.relname::text FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'participant_id' AND NOT a.attisdropped
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND c.relname NOT IN ('slice', 'participant') ORDER BY 1
      """
    return try await read([Statement(sql)]) { answers in (0..<answers[0].count).compactMap { answers[0].text($0, 0) } }
  }

  /// After the rows of every other table: a model that is built meanwhile has been waited for, and one that is built later reads nothing of the
  /// participant any more. Returns the tables.
  private func eraseNamed(_ participant: String, _ erasure: inout Erasure) async throws -> [String] {
    let sql = """
      SELECT c.relname::text FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'participant' AND NOT a.attisdropped
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND c.relname !~ '^\(PostgresSchema.ownPrefix)' AND a.atttypid IN ('text'::regtype, 'varchar'::regtype) ORDER BY 1
      """
    let tables = try await read([Statement(sql)]) { answers in (0..<answers[0].count).compactMap { answers[0].text($0, 0) } }
    for table in tables {
      let count = try await transaction { transaction in
        try await transaction.run([Statement(PostgresModelBuilder.lock)])
        return try await transaction.run([Statement("DELETE FROM \(quoted(table)) WHERE participant = $1", [.text(participant)])]) { $0[0].changedCount }
      }
      if count > 0 { erasure.rows[table, default: 0] += count }
    }
    return tables
  }

  /// The name goes too, and with it the lease: the participant may be enrolled in any batch from now on.
  private func forgetLease(of participant: String) async throws {
    try await transaction { [self] transaction in
      try await checkLeases(of: [participant], transaction)
      try await transaction.run([LeaseStatements.forget(participant)])
    }
    postgresLeases.forget(participant)
  }

  private func delete(from table: String, _ participantID: Int64) async throws -> Int {
    try await transaction { transaction in try await transaction.run([Self.deletion(from: table, participantID)]) { $0[0].changedCount } }
  }

  private static func deletion(from table: String, _ participantID: Int64) -> Statement {
    Statement("DELETE FROM \(quoted(table)) WHERE participant_id = $1", [.integer(participantID)])
  }

  /// VACUUM runs outside of a transaction, and only on tables of one's own.
  private func reclaim(_ tables: [String]) async throws {
    let owned = try await read([
      Statement("SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY ($1) AND pg_has_role(relowner, 'USAGE')", [.texts(tables)])
    ]) { answers in (0..<answers[0].count).compactMap { answers[0].text($0, 0) } }
    for table in owned {
      try await links.lend { link in try await link.run([Statement("VACUUM \(quoted(table))")]) { _ in } }
    }
  }
}
