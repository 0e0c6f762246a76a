import FlowCore
import StudyModel

/// The statements on the table `object_processed`: the objects of the raw storage whose responses have been made into rows.
enum ObjectStatements {
  static let table = """
    CREATE TABLE object_processed (
      participant_id integer NOT NULL,
      object text COLLATE "C" NOT NULL,
      sha256 text NOT NULL,
      "rows" bigint NOT NULL,
      run text NOT NULL,
      "time" timestamptz NOT NULL,
      PRIMARY KEY (participant_id, object)
    )
    """
  static let comments = [
    "COMMENT ON TABLE object_processed IS 'Objects of the raw storage whose responses have been made into rows'",
    "COMMENT ON COLUMN object_processed.\"rows\" IS 'Rows of the slices that name the object'",
    "COMMENT ON COLUMN slice.object IS 'The object of the raw storage that holds the response'",
  ]

  /// Leaves out an object that no slice names.
  static func note(_ object: ProcessedObject) -> Statement {
    Statement(
      """
      INSERT INTO object_processed (participant_id, object, sha256, "rows", run, "time")
      SELECT participant_id, $2, $3, sum("rows"), $4, $5 FROM slice
      WHERE participant_id = (SELECT participant_id FROM participant WHERE name = $1) AND object = $2 GROUP BY participant_id
      ON CONFLICT (participant_id, object) DO UPDATE
      SET sha256 = excluded.sha256, "rows" = excluded."rows", run = excluded.run, "time" = excluded."time"
      """, [.text(object.participant), .text(object.key), .text(object.sha256), .text(object.run), .moment(object.time)])
  }

  static func all(of participant: String) -> Statement {
    Statement(
      """
      SELECT object, sha256, "rows", run, "time" FROM object_processed
      WHERE participant_id = (SELECT participant_id FROM participant WHERE name = $1) ORDER BY object
      """, [.text(participant)])
  }

  static func objects(_ answer: Answer, of participant: String) -> [ProcessedObject] {
    (0..<answer.count).map { row in
      var object = ProcessedObject(
        key: answer.text(row, 0) ?? "", sha256: answer.text(row, 1) ?? "", participant: participant, run: answer.text(row, 3) ?? "",
        time: answer.moment(row, 4) ?? Instant(seconds: 0))
      object.rows = Int(answer.integer(row, 2) ?? 0)
      return object
    }
  }
}
