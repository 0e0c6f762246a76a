import FlowCore
import GRDB
import StudyLedger
import StudyModel

/// Erasure of a participant.
extension SQLiteDatabase {
  /// Deletes the participant's rows from every table with a `participant_id`, including tables flowrun did not create, then from every table
  /// with a `participant` that names people: models make such tables. Deleted content is overwritten.
  package func erase(participant: String) async throws -> Erasure {
    var erasure = Erasure()
    guard let participantID = try await onReader({ try $0.participantID(of: participant) }) else {
      try await eraseNamed(participant, &erasure)
      return erasure
    }
    recentWrites.withLock { $0.note(participant, nil, .all) }
    erasure.slices = try await onWriter { session in
      try session.execute("PRAGMA secure_delete = ON")
      return try session.transaction { try session.delete("FROM slice WHERE participant_id = ?", [participantID]) }
    }
    for table in try await tablesOfParticipants() {
      let count = try await eraseRows(of: participantID, in: table)
      if count > 0, !table.name.hasPrefix(SQLiteSchema.ownPrefix) { erasure.rows[table.name] = count }
    }
    try await eraseNamed(participant, &erasure)
    _ = try await onWriter { session in
      try session.transaction { try session.delete("FROM participant WHERE participant_id = ?", [participantID]) }
    }
    forget(participant)
    return erasure
  }

  /// After the rows of every other table: a model that is built meanwhile has waited for the writer, and reads nothing of the participant any more.
  private func eraseNamed(_ participant: String, _ erasure: inout Erasure) async throws {
    for table in try await tablesOfNames() {
      let count = try await onWriter { session in
        try session.execute("PRAGMA secure_delete = ON")
        return try session.transaction { try session.delete("FROM \(quoted(table)) WHERE participant = ?", [participant]) }
      }
      if count > 0 { erasure.rows[table, default: 0] += count }
    }
  }

  /// Every table with a column `participant`, except flowrun's own.
  private func tablesOfNames() async throws -> [String] {
    try await onReader { session in
      try session.rows(
        """
        SELECT m.name FROM sqlite_master AS m WHERE m.type = 'table' AND m.name NOT GLOB '\(SQLiteSchema.ownPrefix)*'
          AND EXISTS (SELECT 1 FROM pragma_table_xinfo(m.name) WHERE name = 'participant') ORDER BY m.name
        """
      ).map { $0[0] as String }
    }
  }

  private struct ParticipantTable: Sendable {
    var name: String
    /// The first key column after `participant_id`; nil if there is none.
    var order: String?
  }

  /// Every table with a column `participant_id`, except the ledger and the list of participants.
  private func tablesOfParticipants() async throws -> [ParticipantTable] {
    try await onReader { session in
      let names = try session.rows(
        """
        SELECT m.name FROM sqlite_master AS m WHERE m.type = 'table' AND m.name NOT IN ('slice', 'participant')
          AND EXISTS (SELECT 1 FROM pragma_table_xinfo(m.name) WHERE name = 'participant_id') ORDER BY m.name
        """
      ).map { $0[0] as String }
      return try names.map { name in
        let key = try session.rows("SELECT name FROM pragma_table_xinfo(?) WHERE pk > 0 ORDER BY pk", [name]).map { $0[0] as String }
        return ParticipantTable(name: name, order: key.first == "participant_id" && key.count > 1 ? key[1] : nil)
      }
    }
  }

  private func eraseRows(of participantID: Int64, in table: ParticipantTable) async throws -> Int {
    let rowsAtOnce = limits.erasedRows
    var total = 0
    while true {
      let (count, isLast) = try await onWriter { session in
        try session.transaction { try Self.erasePart(of: participantID, in: table, atMost: rowsAtOnce, session) }
      }
      total += count
      if isLast { return total }
    }
  }

  private static func erasePart(
    of participantID: Int64, in table: ParticipantTable, atMost rowsAtOnce: Int, _ session: SQLSession
  ) throws -> (count: Int, isLast: Bool) {
    let name = quoted(table.name)
    guard let order = table.order.map(quoted),
      let limit = try session.rows(
        "SELECT \(order) FROM \(name) WHERE participant_id = ? ORDER BY \(order) LIMIT 1 OFFSET \(rowsAtOnce)", [participantID]
      ).first?[0] as DatabaseValue?
    else { return (try session.delete("FROM \(name) WHERE participant_id = ?", [participantID]), true) }
    return (try session.delete("FROM \(name) WHERE participant_id = ? AND \(order) <= ?", [participantID, limit]), false)
  }
}

extension SQLSession {
  /// Runs a DELETE and returns the number of deleted rows.
  fileprivate func delete(_ rest: String, _ arguments: StatementArguments) throws -> Int {
    try execute("DELETE " + rest, arguments)
    return database.changesCount
  }
}
