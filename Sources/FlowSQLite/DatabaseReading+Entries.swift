import FlowCore
import GRDB
import StudyModel

/// What is asked about entries of the error folder.
extension DatabaseReading {
  /// Who the database is.
  package struct Identity: Sendable, Equatable {
    /// nil: made by an earlier version and not written to since.
    package var id: String?
    /// It holds simulated participants.
    package var isSimulated: Bool
  }

  /// What the database remembers of earlier runs.
  package struct History: Sendable, Equatable {
    /// Every run that the ledger names.
    package var runs: Set<String>
    package var participants: Set<String>
  }

  package func identity() async throws -> Identity {
    try await read { session in
      func setting(_ name: String) throws -> String? {
        try session.rows("SELECT value FROM flowrun_setting WHERE name = ?", [name]).first?[0]
      }
      return Identity(id: try setting(SQLiteSchema.identitySetting), isSimulated: try setting("agreed.participants") == "simulated")
    }
  }

  /// Walks the whole ledger.
  package func history() async throws -> History {
    try await read { session in
      History(
        runs: Set(try session.rows("SELECT DISTINCT run FROM slice").map { $0[0] as String }),
        participants: Set(try session.rows("SELECT name FROM participant").map { $0[0] as String }))
    }
  }

  /// The participant's slices that have been answered and overlap `window` (seconds since 1970), in order of data type and start.
  package func answers(of participant: String, dataTypes: [String], window: Range<Int64>) async throws -> [LedgerSlice] {
    try await read { session in
      let sql = """
        SELECT \(SliceLedger.columns) FROM slice
        WHERE participant_id = (SELECT participant_id FROM participant WHERE name = ?) AND data_type = ?
          AND start_instant < ? AND end_instant > ? AND state IN ('written', 'provisional') ORDER BY start_instant
        """
      return try dataTypes.sorted().flatMap { dataType in
        try session.rows(sql, [participant, dataType, window.upperBound, window.lowerBound])
          .map { try SliceLedger.slice($0, participant: participant) }
      }
    }
  }

  /// The participant's whole ledger, in order of data type and start.
  package func ledger(of participant: String) async throws -> [LedgerSlice] {
    try await read { session in
      let sql = """
        SELECT \(SliceLedger.columns) FROM slice
        WHERE participant_id = (SELECT participant_id FROM participant WHERE name = ?) ORDER BY data_type, start_instant
        """
      return try session.rows(sql, [participant]).map { try SliceLedger.slice($0, participant: participant) }
    }
  }

  /// The participants that the ledger knows, sorted.
  package func participants() async throws -> [String] {
    try await read { session in try session.rows("SELECT name FROM participant ORDER BY name").map { $0[0] as String } }
  }
}
