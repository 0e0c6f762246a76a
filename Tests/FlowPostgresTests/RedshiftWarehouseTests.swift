import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import FlowPostgres

/// What is sent to Redshift, as text: there is none to try it on.
@Suite("A warehouse in Redshift")
struct RedshiftWarehouseTests {
  private static let day: Int64 = 1_767_571_200
  private static let role = "arn:aws:iam::123456789012:role/reader"
  private static let steps = TableSchema(
    name: "fitbit_15min_steps", columns: [.init("instant", .instant), .init("utc_offset", .offset), .init("value", .integer)], key: ["instant"])
  private static let stages = TableSchema(
    name: "fitbit_sleep_stage", columns: [.init("log_id", .text), .init("instant", .instant), .init("date", .date)], key: ["log_id", "instant"])

  private static func slice(
    _ table: TableSchema, _ extent: WarehouseSlice.Extent, rows: Int = 1, intervals: [String] = [], unfinished: Bool = false,
    object: String? = "s3://bucket/p/day=2026-01-05/P1.parquet"
  ) -> WarehouseSlice {
    let columns = table.columns.map { column in
      RecordBatch.Column(
        name: column.name,
        values: column.kind == .text || column.kind == .date ? .text([String](repeating: "2026-01-05", count: rows)) : .integer([Int64](repeating: 1, count: rows)))
    }
    return WarehouseSlice(
      table: table, participant: "P'1", batch: RecordBatch(columns: columns, count: rows), extent: extent, intervals: intervals, isUnfinished: unfinished, object: object)
  }

  @Test("a table is sorted and distributed by participant")
  func create() {
    #expect(
      RedshiftStatements(table: Self.steps, role: Self.role).create == """
        CREATE TABLE IF NOT EXISTS "fitbit_15min_steps" (
          participant VARCHAR(64) NOT NULL,
          "instant" TIMESTAMPTZ NOT NULL,
          "utc_offset" INTEGER,
          "value" BIGINT,
          PRIMARY KEY (participant, "instant")
        )
        DISTKEY(participant)
        SORTKEY(participant, "instant")
        """)
    #expect(RedshiftStatements(table: Self.steps, role: "").add(.init("note", .text)) == #"ALTER TABLE "fitbit_15min_steps" ADD COLUMN "note" VARCHAR(1024)"#)
  }

  @Test("the object of the day is copied by its own columns, and takes the place of the day")
  func day() throws {
    let statements = RedshiftStatements(table: Self.steps, role: Self.role)
    let extent = WarehouseSlice.Extent.instants(Self.day..<Self.day + 86_400)
    let deletion = #"DELETE FROM "fitbit_15min_steps" WHERE participant = 'P''1' AND "instant" >= '2026-01-05T00:00:00Z' AND "instant" < '2026-01-06T00:00:00Z'"#
    #expect(statements.lock == #"LOCK "fitbit_15min_steps""#)
    #expect(
      try statements.load(Self.slice(Self.steps, extent)) == [
        #"CREATE TEMP TABLE flowrun_load (participant VARCHAR(64), "instant" TIMESTAMPTZ, "utc_offset" INTEGER, "value" BIGINT)"#,
        "COPY flowrun_load FROM 's3://bucket/p/day=2026-01-05/P1.parquet' IAM_ROLE 'arn:aws:iam::123456789012:role/reader' FORMAT AS PARQUET", deletion,
        #"INSERT INTO "fitbit_15min_steps" (participant, "instant", "utc_offset", "value") SELECT participant, "instant", "utc_offset", "value" FROM flowrun_load"#,
        "DROP TABLE flowrun_load",
      ])
    #expect(try statements.load(Self.slice(Self.steps, extent, rows: 0)) == [deletion], "a day without rows is only deleted")
  }

  @Test("a night takes its own place, whatever its date was")
  func night() throws {
    let statements = RedshiftStatements(table: Self.stages, role: Self.role)
    let loaded = try statements.load(Self.slice(Self.stages, .values(["date": "2026-01-05"]), intervals: ["log_id"]))
    #expect(loaded.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == ["CREATE TEMP", "COPY flowrun_load", "DELETE FROM", "DELETE FROM", "INSERT INTO", "DROP TABLE"])
    #expect(loaded[2] == #"DELETE FROM "fitbit_sleep_stage" WHERE participant = 'P''1' AND "date" = '2026-01-05'"#)
    #expect(
      loaded[3] == #"DELETE FROM "fitbit_sleep_stage" USING flowrun_load WHERE "fitbit_sleep_stage".participant = flowrun_load.participant"#
        + #" AND "fitbit_sleep_stage"."log_id" = flowrun_load."log_id""#)
  }

  @Test("an answer that is not finished deletes only what it names")
  func unfinished() throws {
    let statements = RedshiftStatements(table: Self.steps, role: Self.role)
    let loaded = try statements.load(Self.slice(Self.steps, .instants(Self.day..<Self.day + 86_400), unfinished: true))
    #expect(loaded.filter { $0.hasPrefix("DELETE") }.allSatisfy { $0.contains("USING flowrun_load") } && loaded.count == 5)
  }

  @Test("rows that are no object in S3 are refused", arguments: [nil, "/data/warehouse/a.parquet"] as [String?])
  func noObject(_ object: String?) {
    let statements = RedshiftStatements(table: Self.steps, role: Self.role)
    let error = #expect(throws: ProcessorError.self) { try statements.load(Self.slice(Self.steps, .instants(0..<60), object: object)) }
    #expect(error?.failure.cause == .badData && error?.failure.message.contains("objects=s3://") == true)
  }

  @Test("an address holds no password, and a role must be named")
  func problems() {
    #expect(RedshiftWarehouse.isAddress("redshift://study@host:5439/dev") && !RedshiftWarehouse.isAddress("postgresql://host/dev"))
    #expect(RedshiftWarehouse.problems(of: "redshift://study@host:5439/dev", role: Self.role).isEmpty)
    #expect(RedshiftWarehouse.problems(of: "redshift://study@host:5439/dev", role: "").first?.found.contains("no role") == true)
    #expect(RedshiftWarehouse.problems(of: "redshift://study:secret@host:5439/dev", role: Self.role).first?.found.contains("password") == true)
  }

  @Test("what a server refuses in the middle undoes the whole load")
  func refusedCopy() async throws {
    // PostgreSQL knows neither LOCK without a mode's rights nor COPY from S3: the deletion before it must be undone.
    let fixture = try await PostgresFixture()
    try await fixture.server.execute(
      "CREATE TABLE fitbit_15min_steps (participant varchar(64), instant timestamptz, utc_offset integer, value bigint); "
        + "INSERT INTO fitbit_15min_steps VALUES ('P''1', '2026-01-05T10:00:00Z', 0, 7)", in: fixture.uri)
    let location = "redshift:" + fixture.uri.dropFirst("postgresql:".count)
    let warehouse = try RedshiftWarehouse(location, role: Self.role, environment: PostgresFixture.environment())
    try await warehouse.prepare()
    await #expect(throws: ProcessorError.self) { _ = try await warehouse.load([Self.slice(Self.steps, .instants(Self.day..<Self.day + 86_400))]) }
    #expect(try await fixture.query("SELECT value FROM fitbit_15min_steps") == ["7"])
    // A day without rows needs no object: only the deletion is sent, and committed.
    #expect(try await warehouse.load([Self.slice(Self.steps, .instants(Self.day..<Self.day + 86_400), rows: 0)]) == 0)
    #expect(try await fixture.query("SELECT count(*) FROM fitbit_15min_steps") == ["0"])
    try await warehouse.close()
  }
}
