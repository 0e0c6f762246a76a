import FlowCore
import FlowPostgres
import FlowTesting
import StudyModel
import Testing

@Suite("A PostgreSQL database as one that flows ask and fill")
struct PostgresSQLTests {
  let fixture: PostgresFixture
  let store: PostgresDatabase

  init() async throws {
    fixture = try await PostgresFixture()
    store = PostgresFixture.store(fixture.uri)
    try await store.prepare()
    try await store.prepare(tables: [TableSchema(name: "heart", columns: [.init("instant", .instant), .init("value", .integer)], key: ["instant"])])
    for sql in SQLDatabaseConformance.statements { _ = try await fixture.query(sql) }
  }

  private func query(_ sql: String, _ limits: QueryLimits = QueryLimits()) async throws -> String {
    String(decoding: JSONRecords.write(try await store.query(sql, limits: limits)), as: UTF8.self)
  }

  private func cause(_ sql: String, _ limits: QueryLimits = QueryLimits()) async -> Cause? {
    do {
      _ = try await store.query(sql, limits: limits)
      return nil
    } catch {
      return (error as? ProcessorError)?.failure.cause
    }
  }

  @Test("it meets every requirement")
  func conforms() async throws {
    for check in SQLDatabaseConformance.all {
      _ = try await fixture.query("TRUNCATE things")
      for breach in try await check.breaches(of: store) { Issue.record("\(check.name): \(breach)") }
    }
  }

  @Test("values of every type are read, and none is changed")
  func values() async throws {
    #expect(
      try await query("SELECT 1 AS a, 12345678901234567890.50 AS b, 'x''y' AS c, NULL AS d, true AS e, '{\"k\": [1]}'::jsonb AS f, date '2026-01-05' AS g, '\\x00ff'::bytea AS h;")
        == #"[{"a":1,"b":12345678901234567890.50,"c":"x'y","d":null,"e":true,"f":{"k": [1]},"g":"2026-01-05","h":"\\x00ff"}]"#)
    #expect(try await query("SELECT * FROM things") == "[]")
    #expect(try await store.query("SELECT id, name FROM things", limits: QueryLimits()).columns == ["id", "name"])
    // More than are fetched at a time.
    #expect(try await store.query("SELECT i, i % 7 AS rest FROM generate_series(1, 2500) AS i ORDER BY i", limits: QueryLimits()).rows.count == 2500)
  }

  @Test("nothing but one SELECT runs")
  func refused() async throws {
    for sql in [
      "DELETE FROM things", "WITH d AS (DELETE FROM things RETURNING 1) SELECT * FROM d", "SELECT 1; SELECT 2", "SELECT * FROM nothing", "SELEC 1", "", "SELECT $1",
      "SELECT 1 AS a, 2 AS a", "SELECT setval('x', 1)", "SELECT 1/0", "SET search_path = x",
    ] {
      #expect(await cause(sql) == .badRequest, "\(sql)")
    }
    _ = try await fixture.query("CREATE SEQUENCE numbers")
    #expect(await cause("SELECT nextval('numbers')") == .badRequest)
  }

  @Test("a result beyond the limit of memory fails, and a query that takes too long is ended, and so is one whose task is cancelled")
  func limits() async throws {
    #expect(await cause("SELECT * FROM generate_series(1, 100000)", QueryLimits(bytes: 100_000)) == .badData)
    #expect(await cause("SELECT pg_sleep(30)", QueryLimits(time: .milliseconds(100))) == .timeout)
    let task = Task { [store] in try await store.query("SELECT pg_sleep(600)", limits: QueryLimits()) }
    // A cursor's sleep is in its FETCH.
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    try await waitUntil { try await fixture.query(sleeping) == ["1"] }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    // Nor does the server go on with it.
    try await waitUntil { try await fixture.query(sleeping) == ["0"] }
  }

  @Test("a model is built with the server looking after its client, as a query is made")
  func watched() async throws {
    _ = try await store.build(ModelBuild(name: "watched", kind: .table, select: "SELECT current_setting('client_connection_check_interval') AS setting"), restoring: [])
    #expect(try await fixture.query("SELECT setting FROM watched") == ["2s"])
    #expect(try await query("SELECT current_setting('client_connection_check_interval') AS setting") == #"[{"setting":"2s"}]"#)
  }

  @Test("types that JSON does not have are made from their texts, and a text that is too long is refused")
  func types() async throws {
    _ = try await fixture.query("CREATE TABLE typed (id uuid PRIMARY KEY, at timestamptz, day date, list int[], doc jsonb, code varchar(3), price numeric(6,2), ok boolean)")
    let row = #"{"id":"7d444840-9dc0-11d1-b245-5ffdce74fad2","at":"2026-01-05T08:00:00Z","day":"2026-01-05","list":[1,2],"doc":{"a":null},"code":"abc","price":1.5,"ok":true}"#
    #expect(try await store.change(RowChange(.insert, "typed", try JSONRecords.read(Array(row.utf8)))).rows == 1)
    #expect(try await fixture.query("SELECT at AT TIME ZONE 'UTC', day, list, doc, code, price, ok FROM typed") == ["2026-01-05 08:00:00|2026-01-05|{1,2}|{\"a\": null}|abc|1.50|t"])
    let long = try JSONRecords.read(Array(#"[{"id":"7d444840-9dc0-11d1-b245-5ffdce74fad3","code":"abcd"}]"#.utf8))
    await #expect(throws: ProcessorError.self) { try await store.change(RowChange(.insert, "typed", long)) }
    #expect(try await fixture.query("SELECT count(*) FROM typed") == ["1"])
  }

  @Test("the tables of the study are refused by name")
  func own() async throws {
    for table in ["heart", "slice", "participant", "flowrun_setting"] {
      do {
        _ = try await store.change(RowChange(.insert, table, try JSONRecords.read(Array(#"[{"name":"x"}]"#.utf8))))
        Issue.record("\(table) was changed")
      } catch let error as ProcessorError {
        #expect(error.failure.cause == .badRequest && error.failure.message.contains("one of flowrun's own"))
      }
    }
  }
}
