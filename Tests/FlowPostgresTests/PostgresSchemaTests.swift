import FlowCore
import FlowPostgres
import FlowTesting
import StudyModel
import Testing

@Suite("The tables that PostgreSQL users find")
struct PostgresSchemaTests {
  private static let day: Int64 = 1_767_571_200

  private func collected() async throws -> PostgresFixture {
    let fixture = try await PostgresFixture()
    let store = PostgresFixture.store(fixture.uri)
    try await store.prepare()
    try await store.prepare(tables: TableSchema.promised)
    // The last second of a month and the first of the next.
    let end: Int64 = 1_769_903_999
    let heart = RecordBatch(
      columns: [
        .init(name: "instant", values: .integer([Self.day, end, end + 1])), .init(name: "utc_offset", values: .integer([-21_600, 0, 0])),
        .init(name: "value", values: .integer([60, 61, 62])),
      ], count: 3)
    let activity = RecordBatch(
      columns: [
        .init(name: "date", values: .text(["2026-01-05"])), .init(name: "steps", values: .integer([9000])),
        .init(name: "distance", values: .real([6.25])), .init(name: "floors", values: .integer([0]), isNull: [true]),
      ], count: 1)
    let results = try await store.write([
      SliceWrite(table: TableSchema.promised[2], participant: "P0001", batch: heart, ledger: nil),
      SliceWrite(table: TableSchema.promised[0], participant: "P0001", batch: activity, ledger: nil),
    ])
    for result in results { _ = try result.get() }
    try await store.close()
    return fixture
  }

  @Test(
    "times are instants, dates are dates, and each reads as its kind",
    arguments: [
      ("SET timezone = 'America/Chicago'; SELECT instant, value FROM fitbit_intraday_hr WHERE value = 60", ["2026-01-04 18:00:00-06|60"]),
      ("SELECT date, steps, distance, floors FROM fitbit_daily_activity", ["2026-01-05|9000|6.25|NULL"]),
      ("SELECT datetime FROM fitbit_intraday_hr_local WHERE value = 60", ["2026-01-04 18:00:00"]),
      ("SET timezone = 'UTC'; SELECT client_id, \"time\", metric, value FROM raw_data ORDER BY 2 LIMIT 1", ["P0001|2026-01-05 00:00:00+00|heart_rate|60"]),
      (
        "SELECT c.relname, count(*) FROM fitbit_intraday_hr AS t JOIN pg_class AS c ON c.oid = t.tableoid GROUP BY 1 ORDER BY 1",
        ["fitbit_intraday_hr_2026_01|2", "fitbit_intraday_hr_2026_02|1"]
      ),
      (
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'fitbit_intraday_steps' ORDER BY ordinal_position",
        ["participant_id|integer", "instant|timestamp with time zone", "utc_offset|integer", "value|integer"]
      ),
      ("SELECT col_description('fitbit_intraday_hr'::regclass, 4)", ["Heart rate, beats a minute"]),
      ("SELECT obj_description('slice'::regclass) LIKE 'The ledger%'", ["t"]),
    ] as [(String, [String])])
  func reads(_ query: String, _ rows: [String]) async throws { #expect(try await collected().query(query) == rows) }

  @Test("an object raw_data of others is left as it is")
  func othersRawData() async throws {
    let fixture = try await PostgresFixture()
    try await fixture.server.execute("CREATE TABLE raw_data (client_id text)", in: fixture.uri)
    let store = PostgresFixture.store(fixture.uri)
    try await store.prepare()
    try await store.prepare(tables: TableSchema.promised)
    #expect(try await fixture.query("SELECT relkind FROM pg_class WHERE relname = 'raw_data'") == ["r"])
  }

  @Test("two hosts that need the same month's partition at once both get it")
  func partitionsAtOnce() async throws {
    let fixture = try await PostgresFixture()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<6 {
        group.addTask {
          let store = PostgresFixture.store(fixture.uri)
          try await store.prepare()
          try await store.prepare(tables: TableSchema.promised)
          let batch = RecordBatch(
            columns: [
              .init(name: "instant", values: .integer([Self.day])), .init(name: "utc_offset", values: .integer([0])),
              .init(name: "value", values: .integer([60])),
            ], count: 1)
          let results = try await store.write([SliceWrite(table: TableSchema.promised[2], participant: "P\(number)", batch: batch, ledger: nil)])
          for result in results { _ = try result.get() }
          try await store.close()
        }
      }
      try await group.waitForAll()
    }
    #expect(try await fixture.query("SELECT count(*) FROM raw_data") == ["6"])
  }
}
