/// The table `flowrun_settled`: slices that were answered for good, neighbours as one row, so that a look at the ledger does not walk over the
/// years that are done. Triggers of the ledger keep it, whoever writes there: this program, another host, or a person with psql.
///
/// The functions name their tables with the schema, because a trigger runs with the search path of whoever writes.
struct SettledTriggers {
  /// Quoted.
  let schema: String

  static let table = """
    CREATE TABLE flowrun_settled (
      participant_id integer NOT NULL,
      data_type text COLLATE "C" NOT NULL,
      start_instant timestamptz NOT NULL,
      end_instant timestamptz NOT NULL,
      PRIMARY KEY (participant_id, data_type, start_instant)
    )
    """

  var functions: [String] { [cut, add, keep] }

  static let trigger = """
    CREATE TRIGGER flowrun_settled AFTER INSERT OR DELETE OR UPDATE OF participant_id, data_type, start_instant, end_instant, state, lacking
    ON slice FOR EACH ROW EXECUTE FUNCTION flowrun_settled_keep()
    """

  private var settled: String { "\(schema).flowrun_settled" }
  private static let same = "participant_id = p AND data_type = t"

  /// Takes a time out of the row that it lies in: what is after it, what is before it, the time itself.
  private var cut: String {
    """
    CREATE OR REPLACE FUNCTION flowrun_settled_cut(p integer, t text, s timestamptz, e timestamptz) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO \(settled) (participant_id, data_type, start_instant, end_instant)
        SELECT participant_id, data_type, e, end_instant FROM \(settled)
        WHERE \(Self.same) AND end_instant > e
          AND start_instant = (SELECT max(start_instant) FROM \(settled) WHERE \(Self.same) AND start_instant < e);
      UPDATE \(settled) SET end_instant = s
        WHERE \(Self.same) AND end_instant > s
          AND start_instant = (SELECT max(start_instant) FROM \(settled) WHERE \(Self.same) AND start_instant < s);
      DELETE FROM \(settled) WHERE \(Self.same) AND start_instant >= s AND start_instant < e;
    END $$
    """
  }

  /// Adds the time of a settled ledger row, which nothing overlaps: to the row that ends where it begins, or as a row of its own, and with it
  /// the row that begins where it ends.
  private var add: String {
    """
    CREATE OR REPLACE FUNCTION flowrun_settled_add(p integer, t text, s timestamptz, e timestamptz) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
      until timestamptz := coalesce((SELECT end_instant FROM \(settled) WHERE \(Self.same) AND start_instant = e), e);
    BEGIN
      UPDATE \(settled) SET end_instant = until
        WHERE \(Self.same) AND end_instant = s
          AND start_instant = (SELECT max(start_instant) FROM \(settled) WHERE \(Self.same) AND start_instant < s);
      IF NOT FOUND THEN
        INSERT INTO \(settled) (participant_id, data_type, start_instant, end_instant) VALUES (p, t, s, until);
      END IF;
      DELETE FROM \(settled) WHERE \(Self.same) AND start_instant = e;
    END $$
    """
  }

  private var keep: String {
    """
    CREATE OR REPLACE FUNCTION flowrun_settled_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP <> 'INSERT' AND OLD.state = 'written' AND OLD.lacking IS NULL THEN
        PERFORM \(schema).flowrun_settled_cut(OLD.participant_id, OLD.data_type, OLD.start_instant, OLD.end_instant);
      END IF;
      IF TG_OP <> 'DELETE' AND NEW.state = 'written' AND NEW.lacking IS NULL THEN
        PERFORM \(schema).flowrun_settled_add(NEW.participant_id, NEW.data_type, NEW.start_instant, NEW.end_instant);
      END IF;
      RETURN NULL;
    END $$
    """
  }
}
