import FlowCore
import GRDB
import StudyModel

extension SQLiteDatabase {
  /// Has slices asked again by the next run; how many were marked. Those that failed are `deferred`. Those that have rows keep them and
  /// become `provisional` as of no sync: provisional is what is asked again once the latest sync is another one than the answer's.
  package func recollect(_ slices: [SliceKey]) async throws -> Int {
    let sql = """
      UPDATE slice SET
        state = CASE WHEN state IN ('written', 'provisional') THEN 'provisional' ELSE 'deferred' END,
        latest_sync = CASE WHEN state IN ('written', 'provisional') THEN NULL ELSE latest_sync END,
        cause = NULL
      WHERE participant_id = (SELECT participant_id FROM participant WHERE name = ?) AND data_type = ? AND start_instant = ?
        AND end_instant = ?
      """
    return try await onWriter { session in
      try session.transaction {
        try slices.reduce(0) { count, slice in
          try session.execute(sql, [slice.participant, slice.dataType, slice.start, slice.end])
          return count + session.database.changesCount
        }
      }
    }
  }
}
