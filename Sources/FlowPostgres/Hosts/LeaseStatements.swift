import FlowCore
import StudyModel

/// The statements on the table `flowrun_lease`: who may write for a participant, for how long, and under which number.
///
/// Times are the server's, so that the hosts' clocks do not matter. A row stays when its lease ends, for the batch that the participant is
/// enrolled in and for its fence, which only ever grows.
enum LeaseStatements {
  static let table = """
    CREATE TABLE flowrun_lease (
      participant text COLLATE "C" PRIMARY KEY,
      holder_id text NOT NULL,
      holder text NOT NULL,
      host_id text NOT NULL,
      fence bigint NOT NULL,
      term_ends timestamptz NOT NULL,
      batch_id text NOT NULL,
      batch text NOT NULL
    ) WITH (fillfactor = 50)
    """

  /// Enrols the participant, if it is new, and takes a lease that nobody holds, or renews one's own. Answers with the fence, or with no row.
  /// A run on the same host is taken over from, since the caller has the lock of the participant's file, which the holder had.
  /// - Parameter holderID: differs between any two stores that are open, also of one run.
  static func acquire(_ participant: String, _ holderID: String, _ party: LeaseParty, term: Int64) -> Statement {
    Statement(
      """
      INSERT INTO flowrun_lease AS l (participant, holder_id, holder, fence, term_ends, batch_id, batch, host_id)
      VALUES ($1, $2, $3, 1, clock_timestamp() + $6 * interval '1 second', $4, $5, $7)
      ON CONFLICT (participant) DO UPDATE
        SET holder_id = excluded.holder_id, holder = excluded.holder, term_ends = excluded.term_ends,
          host_id = excluded.host_id,
          fence = CASE WHEN l.holder_id = excluded.holder_id AND l.term_ends > clock_timestamp() THEN l.fence ELSE l.fence + 1 END
        WHERE l.batch_id = excluded.batch_id AND (
          l.holder_id = excluded.holder_id OR l.term_ends <= clock_timestamp() OR l.host_id <> '' AND l.host_id = excluded.host_id)
      RETURNING fence
      """,
      [
        .text(participant), .text(holderID), .text(party.holder), .text(party.batchID), .text(party.batch), .integer(term),
        .text(party.hostID),
      ])
  }

  /// Who has a participant now, and which batch it is enrolled in.
  static func state(of participant: String) -> Statement {
    Statement(
      "SELECT holder, term_ends, batch_id, batch, term_ends > clock_timestamp() FROM flowrun_lease WHERE participant = $1", [.text(participant)])
  }

  /// Renews leases that nobody else has taken; answers with their participants. Their rows stay locked until the transaction ends, so that
  /// nobody takes one over while something is written under it. In the order of the names, so that no two hosts wait for each other.
  static func renew(_ fences: [String: Int64], term: Int64) -> Statement {
    let participants = fences.keys.sorted()
    return Statement(
      """
      WITH own AS (
        SELECT l.participant FROM flowrun_lease AS l JOIN unnest($1, $2) AS held (participant, fence)
          ON l.participant = held.participant AND l.fence = held.fence AND l.holder_id <> ''
        ORDER BY l.participant FOR UPDATE OF l)
      UPDATE flowrun_lease AS l SET term_ends = clock_timestamp() + $3 * interval '1 second' FROM own WHERE l.participant = own.participant
      RETURNING l.participant
      """,
      [
        .texts(participants),
        .array(of: .bigint, count: participants.count) { writer in for participant in participants { writer.append(fences[participant] ?? 0) } },
        .integer(term),
      ])
  }

  /// Gives leases back.
  static func release(_ participants: [String], _ holderID: String) -> Statement {
    Statement(
      "UPDATE flowrun_lease SET term_ends = '-infinity', holder_id = '' WHERE participant = ANY ($1) AND holder_id = $2",
      [.texts(participants), .text(holderID)])
  }

  static func forget(_ participant: String) -> Statement { Statement("DELETE FROM flowrun_lease WHERE participant = $1", [.text(participant)]) }
}
