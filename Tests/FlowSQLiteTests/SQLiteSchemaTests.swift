import FlowCore
import FlowSQLite
import Foundation
import StudyModel
import Testing

@Suite("The schema")
struct SQLiteSchemaTests {
  @Test("the tables are those that the README promises")
  func golden() async throws {
    let fixture = try await SQLiteFixture()
    let columns = """
      SELECT m.name || ': ' || group_concat(c.name || ' ' || c.type || iif(c.pk, ' ' || c.pk, ''), ', ')
      FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' GROUP BY m.name ORDER BY m.name
      """
    #expect(
      try fixture.query(columns) == [
        """
        fitbit_daily_activity: participant_id INTEGER 1, date TEXT 2, activity_calories INTEGER, calories_bmr INTEGER, \
        calories_out INTEGER, marginal_calories INTEGER, steps INTEGER, distance REAL, elevation REAL, floors INTEGER, \
        very_active_minutes INTEGER, fairly_active_minutes INTEGER, lightly_active_minutes INTEGER, sedentary_minutes INTEGER, \
        resting_heart_rate INTEGER
        """,
        """
        fitbit_hr_summary: participant_id INTEGER 1, date TEXT 2, zone TEXT 3, min INTEGER, max INTEGER, minutes INTEGER, \
        calories_out REAL
        """,
        "fitbit_intraday_hr: participant_id INTEGER 1, instant INTEGER 2, utc_offset INTEGER, value INTEGER",
        "fitbit_intraday_steps: participant_id INTEGER 1, instant INTEGER 2, utc_offset INTEGER, value INTEGER",
        """
        flowrun_audit: number INTEGER 1, act INTEGER, phase TEXT, time TEXT, user_name TEXT, host TEXT, command TEXT, parameters TEXT, \
        reason TEXT, flow TEXT, flow_sha256 TEXT, run TEXT, result TEXT, exit INTEGER, previous TEXT, sha256 TEXT
        """,
        "flowrun_setting: name TEXT 1, value TEXT",
        "flowrun_settled: participant_id INTEGER 1, data_type TEXT 2, start_instant INTEGER 3, end_instant INTEGER",
        "object_processed: participant_id INTEGER 1, object TEXT 2, sha256 TEXT, rows INTEGER, run TEXT, time TEXT",
        "participant: participant_id INTEGER 1, name TEXT",
        """
        slice: participant_id INTEGER 1, data_type TEXT 2, start_instant INTEGER 3, end_instant INTEGER, state TEXT, rows INTEGER, \
        fetched_at TEXT, run TEXT, flowfile TEXT, sha256 TEXT, vanished INTEGER, latest_sync INTEGER, cause TEXT, provider TEXT, \
        flow_sha256 TEXT, zone TEXT, lacking TEXT, object TEXT
        """,
      ])
    #expect(
      try fixture.query("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY 1")
        == ["fitbit_intraday_hr_local", "fitbit_intraday_steps_local", "raw_data"])
    #expect(try fixture.query("PRAGMA journal_mode") == ["wal"])
  }

  @Test("preparing again changes nothing")
  func again() async throws {
    let fixture = try await SQLiteFixture()
    let before = try fixture.query("SELECT * FROM sqlite_master") + fixture.query("SELECT * FROM flowrun_setting")
    let second = SQLiteFixture.store(fixture.environment)
    try await second.prepare()
    try await second.prepare(tables: TableSchema.promised)
    #expect(try fixture.query("SELECT * FROM sqlite_master") + fixture.query("SELECT * FROM flowrun_setting") == before)
  }

  @Test(
    "a name that something else has is a problem of the configuration, in our words, and what has it is left as it was",
    arguments: [
      ("CREATE TABLE fitbit_intraday_hr_local(a)", "a table 'fitbit_intraday_hr_local' that flowrun did not make", "RENAME TO"),
      ("CREATE TABLE FITBIT_INTRADAY_HR_LOCAL(a)", "a table 'FITBIT_INTRADAY_HR_LOCAL' that flowrun did not make", "RENAME TO"),
      ("CREATE VIEW fitbit_intraday_hr_local AS SELECT 1", "a view 'fitbit_intraday_hr_local' that flowrun did not make", "DROP VIEW"),
      ("CREATE VIEW fitbit_intraday_hr AS SELECT 1", "a view 'fitbit_intraday_hr' that flowrun did not make", "DROP VIEW"),
      (
        "CREATE TABLE other(a); CREATE INDEX fitbit_intraday_hr_local ON other(a)",
        "an index 'fitbit_intraday_hr_local' that flowrun did not make", "DROP INDEX"
      ),
    ])
  func takenName(sql: String, found: String, remedy: String) async throws {
    let environment = try SQLiteEnvironment()
    defer { environment.remove() }
    try SQLiteFixture.execute(sql, in: environment.path("data.sqlite"))
    let before = try SQLiteFixture.query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL", in: environment.path("data.sqlite"))
    let store = SQLiteFixture.store(environment)
    try await store.prepare()
    let problems = await #expect(throws: Diagnostics.self) { try await store.prepare(tables: [SQLiteFixture.heartRate]) }
    let problem = try #require(problems?.all.first)
    #expect(problems?.all.count == 1 && problem.found.contains(found) && problem.hint?.contains(remedy) == true, "\(problem)")
    try await store.close()
    let after = try SQLiteFixture.query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL", in: environment.path("data.sqlite"))
    #expect(before.allSatisfy(after.contains))
    #expect(!after.contains { $0.contains("CREATE TABLE \"fitbit_intraday_hr\"") })
  }

  @Test("the local view shows wall time, also where clocks change")
  func localView() async throws {
    let fixture = try await SQLiteFixture()
    // America/Chicago: 2026-03-08 08:00 UTC springs from 02:00 to 03:00, 2026-11-01 07:00 UTC falls from 02:00 to 01:00.
    let spring = try #require(Instant(rfc3339: "2026-03-08T07:59:59Z")).seconds
    let autumn = try #require(Instant(rfc3339: "2026-11-01T06:59:59Z")).seconds
    let batch = RecordBatch(
      columns: [
        .init(name: "instant", values: .integer([spring, spring + 1, autumn, autumn + 1, autumn + 2])),
        .init(
          name: "utc_offset", values: .integer([-21_600, -18_000, -18_000, -21_600, 0]),
          isNull: [false, false, false, false, true]),
        .init(name: "value", values: .integer([1, 2, 3, 4, 5])),
      ], count: 5)
    try await fixture.write(batch, nil)
    #expect(
      try fixture.query("SELECT value, datetime FROM fitbit_intraday_hr_local ORDER BY instant") == [
        "1|2026-03-08 01:59:59", "2|2026-03-08 03:00:00", "3|2026-11-01 01:59:59", "4|2026-11-01 01:00:00", "5|NULL",
      ])
    #expect(
      try fixture.query("SELECT group_concat(name) FROM pragma_table_info('fitbit_intraday_hr_local')")
        == ["participant_id,instant,utc_offset,value,datetime"])
  }

  @Test("raw_data has one row a sample of both intraday tables, with its time as RFC 3339")
  func rawData() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.write(SQLiteFixture.heart([(SQLiteFixture.day, 60), (SQLiteFixture.day + 1, 61)]), nil)
    try await fixture.write(SQLiteFixture.heart([(SQLiteFixture.day, 7)]), nil, table: TableSchema.promised[3], participant: "P0002")
    #expect(try fixture.query("SELECT group_concat(name) FROM pragma_table_info('raw_data')") == ["client_id,time,metric,value"])
    #expect(
      try fixture.query("SELECT *, typeof(value) FROM raw_data ORDER BY client_id, time") == [
        "P0001|2026-01-05T00:00:00Z|heart_rate|60.0|real", "P0001|2026-01-05T00:00:01Z|heart_rate|61.0|real",
        "P0002|2026-01-05T00:00:00Z|steps|7.0|real",
      ])
  }

  @Test("raw_data is made for a database of an earlier version, and again when the other table comes")
  func rawDataLater() async throws {
    let environment = try SQLiteEnvironment()
    defer { environment.remove() }
    let file = environment.path("data.sqlite")
    func prepare(_ tables: [TableSchema]) async throws {
      let store = SQLiteFixture.store(environment)
      try await store.prepare()
      try await store.prepare(tables: tables)
      try await store.close()
    }
    let count = "SELECT count(*) FROM sqlite_master WHERE name = 'raw_data'"
    try await prepare([SQLiteFixture.activity])
    #expect(try SQLiteFixture.query(count, in: file) == ["0"])
    try await prepare([SQLiteFixture.heartRate])
    #expect(try SQLiteFixture.query("SELECT sql LIKE '%steps%' FROM sqlite_master WHERE name = 'raw_data'", in: file) == ["0"])
    try SQLiteFixture.execute("DROP VIEW raw_data", in: file)
    try await prepare([SQLiteFixture.heartRate])
    #expect(try SQLiteFixture.query(count, in: file) == ["1"])
    try await prepare([TableSchema.promised[3]])
    #expect(try SQLiteFixture.query("SELECT sql LIKE '%steps%' FROM sqlite_master WHERE name = 'raw_data'", in: file) == ["1"])
  }

  @Test("what has the name raw_data already is left as it is, and told", arguments: [
    "CREATE TABLE raw_data(a)", "CREATE VIEW RAW_DATA AS SELECT 1 AS value", "CREATE TABLE other(a); CREATE INDEX raw_data ON other(a)",
  ])
  func rawDataTaken(_ sql: String) async throws {
    var environment = try SQLiteEnvironment()
    defer { environment.remove() }
    let lines = Locked<[String]>([])
    environment.log = { message, metadata in lines.withLock { $0.append("\(message) \(metadata)") } }
    let file = environment.path("data.sqlite")
    try SQLiteFixture.execute(sql, in: file)
    let query = "SELECT sql FROM sqlite_master WHERE name = 'raw_data' COLLATE NOCASE"
    let before = try SQLiteFixture.query(query, in: file)
    let store = SQLiteFixture.store(environment)
    try await store.prepare()
    try await store.prepare(tables: TableSchema.promised)
    try await store.close()
    #expect(try SQLiteFixture.query(query, in: file) == before)
    #expect(lines.withLock { $0 }.contains { $0.contains("raw_data") && $0.contains("left as it is") })
  }

  @Test("a new column is added to table and view; rows that were there have NULL in it")
  func addedColumn() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.write(SQLiteFixture.heart([(SQLiteFixture.day, 60)]), nil)
    var wider = SQLiteFixture.heartRate
    wider.columns.insert(.init("confidence", .real), at: 1)
    let store = SQLiteFixture.store(fixture.environment)
    try await store.prepare()
    try await store.prepare(tables: [wider])
    #expect(
      try fixture.query("SELECT group_concat(name) FROM pragma_table_info('fitbit_intraday_hr_local')")
        == ["participant_id,instant,utc_offset,value,confidence,datetime"])
    #expect(try fixture.query("SELECT value, confidence FROM fitbit_intraday_hr") == ["60|NULL"])
    // The flow without the column goes on as before.
    try await SQLiteFixture.store(fixture.environment).prepare()
    #expect(try await fixture.write(SQLiteFixture.heart([(SQLiteFixture.day + 1, 61)]), nil).inserted == 1)
  }

  @Test("everything that does not match the table is reported at once, and nothing is changed", arguments: [
    ([TableSchema.Column("instant", .instant), .init("utc_offset", .offset), .init("value", .real)], ["instant"],
      ["column 'value' is integer in the database and real in the flow"]),
    ([.init("instant", .instant), .init("utc_offset", .integer), .init("value", .text), .init("new", .text)], ["instant"],
      [
        "column 'utc_offset' is offset in the database and integer in the flow",
        "column 'value' is integer in the database and text in the flow",
      ]),
    ([.init("instant", .instant), .init("utc_offset", .offset), .init("value", .integer)], ["instant", "value"],
      ["its key is (participant_id, instant) in the database and (participant_id, instant, value) in the flow"]),
    ([.init("instant", .instant), .init("Instant", .instant)], ["instant"], ["column 'Instant' occurs twice"]),
    ([.init("instant", .instant)], ["instance"], ["the key names 'instance', which is not a column"]),
  ] as [([TableSchema.Column], [String], [String])])
  func differences(columns: [TableSchema.Column], key: [String], expected: [String]) async throws {
    let fixture = try await SQLiteFixture()
    let before = try fixture.query("SELECT * FROM sqlite_master") + fixture.query("SELECT * FROM flowrun_setting")
    let changed = TableSchema(name: "fitbit_intraday_hr", columns: columns, key: key)
    let other = TableSchema(name: "other", columns: [.init("instant", .instant)], key: ["instant"])
    let problems = await #expect(throws: Diagnostics.self) { try await fixture.store.prepare(tables: [other, changed]) }
    #expect(problems?.all.map(\.found) == expected)
    #expect(problems?.all.allSatisfy { $0.subject.hasPrefix("table 'fitbit_intraday_hr' of database '") } == true)
    #expect(try fixture.query("SELECT * FROM sqlite_master") + fixture.query("SELECT * FROM flowrun_setting") == before)
  }

  @Test("names that SQLite or flowrun use themselves are refused", arguments: ["slice", "Participant", "flowrun_setting", "flowrun_settled", "sqlite_x", ""])
  func reservedNames(name: String) async throws {
    let fixture = try await SQLiteFixture()
    let table = TableSchema(name: name, columns: [.init("date", .date)], key: ["date"])
    await #expect(throws: Diagnostics.self) { try await fixture.store.prepare(tables: [table]) }
  }

  @Test("quotes, spaces and keywords are valid in names")
  func oddNames() async throws {
    let fixture = try await SQLiteFixture()
    let table = TableSchema(
      name: "or\"der; DROP", columns: [.init("select", .instant), .init("a b", .offset), .init("va\"lue", .text)], key: ["select"])
    try await fixture.store.prepare(tables: [table])
    let batch = RecordBatch(
      columns: [
        .init(name: "select", values: .integer([1, 2])), .init(name: "a b", values: .integer([0, 0])),
        .init(name: "va\"lue", values: .text(["x", "y"])),
      ], count: 2)
    #expect(try await fixture.write(batch, SQLiteFixture.slice(0, 10), table: table).inserted == 2)
    #expect(try await fixture.write(batch, SQLiteFixture.slice(0, 10), table: table).unchanged == 2)
    #expect(try fixture.query("SELECT datetime FROM \"or\"\"der; DROP_local\"") == ["1970-01-01 00:00:01", "1970-01-01 00:00:02"])
  }

  @Test("a fact is recorded once and compared from then on")
  func agreement() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.store.agree(on: "detail", value: "1sec")
    try await fixture.store.agree(on: "detail", value: "1sec")
    let problem = await #expect(throws: Diagnostic.self) { try await fixture.store.agree(on: "detail", value: "1min") }
    #expect(problem?.found == "it was collected with detail '1sec', this flow has '1min'")
    let other = SQLiteFixture.store(fixture.environment, agree: ["detail": "1min", "provider": "fitbit"])
    let problems = await #expect(throws: Diagnostics.self) { try await other.prepare() }
    #expect(problems?.all.first == problem && problems?.all.count == 1)
    // Nothing of a refused agreement stays.
    try await fixture.store.agree(on: "provider", value: "simulator")
  }
}
