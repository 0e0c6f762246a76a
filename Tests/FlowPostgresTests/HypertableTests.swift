import FlowCore
import FlowPostgres
import FlowTesting
import StudyModel
import Testing

/// The extension cannot be installed where the tests run: a database that says it has it, and a function that writes down how it is called.
/// The call is as TimescaleDB's documentation of `create_hypertable` has it.
@Suite("A database with TimescaleDB")
struct HypertableTests {
  @Test("tables of instants become hypertables with chunks of a month, other tables do not; no partition is made")
  func hypertables() async throws {
    let fixture = try await PostgresFixture()
    try await fixture.server.execute(
      """
      SET allow_system_table_mods = on;
      INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) VALUES (99999, 'timescaledb', 10, 2200, false, '2.17.2');
      CREATE TABLE calls (relation regclass, column_name name, every interval, indexes boolean);
      CREATE FUNCTION create_hypertable(relation regclass, time_column_name name, partitioning_column name = NULL, number_partitions integer = NULL,
        associated_schema_name name = NULL, associated_table_prefix name = NULL, chunk_time_interval anyelement = NULL::bigint,
        create_default_indexes boolean = true) RETURNS void LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO calls VALUES (relation, time_column_name, chunk_time_interval, create_default_indexes); END $$
      """, in: fixture.uri)
    let store = PostgresFixture.store(fixture.uri)
    try await store.prepare()
    try await store.prepare(tables: TableSchema.promised)
    #expect(
      try await fixture.query("SELECT * FROM calls ORDER BY 1::text") == [
        "fitbit_intraday_hr|instant|1 mon|f", "fitbit_intraday_steps|instant|1 mon|f",
      ])
    let batch = RecordBatch(
      columns: [
        .init(name: "instant", values: .integer([1_767_571_200])), .init(name: "utc_offset", values: .integer([0])),
        .init(name: "value", values: .integer([60])),
      ], count: 1)
    let results = try await store.write([SliceWrite(table: TableSchema.promised[2], participant: "P0001", batch: batch, ledger: nil)])
    #expect(try results.first?.get().inserted == 1)
    #expect(try await fixture.query("SELECT count(*) FROM pg_class WHERE relkind = 'p' OR relispartition") == ["0"])
    try await store.close()
  }
}
