import FlowCore
import GRDB
import StudyModel

/// The table `object_processed`.
struct ObjectLog {
  let session: SQLSession

  func note(_ object: ProcessedObject) throws {
    // Only what a slice names has been made into rows.
    let sql = """
      INSERT INTO object_processed (participant_id, object, sha256, rows, run, time)
      SELECT participant_id, ?2, ?3, sum(rows), ?4, ?5 FROM slice
      WHERE participant_id = (SELECT participant_id FROM participant WHERE name = ?1) AND object = ?2 GROUP BY participant_id
      ON CONFLICT (participant_id, object) DO UPDATE SET sha256 = excluded.sha256, rows = excluded.rows, run = excluded.run, time = excluded.time
      """
    try session.execute(sql, [object.participant, object.key, object.sha256, object.run, object.time.ledgerText])
  }

  func all(of participant: String) throws -> [ProcessedObject] {
    let sql = """
      SELECT object, sha256, rows, run, time FROM object_processed
      WHERE participant_id = (SELECT participant_id FROM participant WHERE name = ?) ORDER BY object
      """
    return try session.rows(sql, [participant]).map { row in
      let text: String = row[4]
      guard let time = Instant(rfc3339: text) else {
        throw ProcessorError(.database, "object_processed has the time '\(text)' for \(participant); expected RFC 3339")
      }
      var object = ProcessedObject(key: row[0], sha256: row[1], participant: participant, run: row[3], time: time)
      object.rows = row[2]
      return object
    }
  }
}
