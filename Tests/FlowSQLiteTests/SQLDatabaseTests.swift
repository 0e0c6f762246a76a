import FlowCore
import FlowFileSystem
import FlowSQLite
import FlowTesting
import Foundation
import GRDB
import StudyModel
import Testing

@Suite("An SQLite database as one that flows ask and fill")
struct SQLDatabaseTests {
  let fixture: SQLiteFixture

  init() async throws {
    fixture = try await SQLiteFixture()
    try Self.execute(SQLDatabaseConformance.statements, in: fixture.file)
  }

  private static func execute(_ statements: [String], in file: String) throws {
    let queue = try DatabaseQueue(path: file)
    try queue.writeWithoutTransaction { database in for sql in statements { try database.execute(sql: sql) } }
    try queue.close()
  }

  private func query(_ sql: String, _ limits: QueryLimits = QueryLimits()) async throws -> String {
    String(decoding: JSONRecords.write(try await fixture.store.query(sql, limits: limits)), as: UTF8.self)
  }

  private func cause(_ sql: String, _ limits: QueryLimits = QueryLimits()) async -> Cause? {
    do {
      _ = try await fixture.store.query(sql, limits: limits)
      return nil
    } catch {
      return (error as? ProcessorError)?.failure.cause
    }
  }

  @Test("it meets every requirement", arguments: SQLDatabaseConformance.all.indices)
  func conforms(_ index: Int) async throws {
    let check = SQLDatabaseConformance.all[index]
    for breach in try await check.breaches(of: fixture.store) { Issue.record("\(check.name): \(breach)") }
  }

  @Test("so does the one that tests use instead", arguments: SQLDatabaseConformance.all.indices)
  func doubleConforms(_ index: Int) async throws {
    let check = SQLDatabaseConformance.all[index]
    for breach in try await check.breaches(of: SQLDatabaseConformance.double()) { Issue.record("\(check.name): \(breach)") }
  }

  @Test("values of every type are read, and none is changed", arguments: [
    ("SELECT 1 AS a, -9223372036854775808 AS b, 1.5 AS c, 'x''y' AS d, NULL AS e, x'00ff' AS f", #"[{"a":1,"b":-9223372036854775808,"c":1.5,"d":"x'y","e":null,"f":"\\x00ff"}]"#),
    ("VALUES (1, 'a'), (2, 'b');", #"[{"column1":1,"column2":"a"},{"column1":2,"column2":"b"}]"#),
    ("WITH t AS (SELECT 1 AS n) SELECT n FROM t -- to the end", #"[{"n":1}]"#),
    ("SELECT * FROM things", "[]"), ("SELECT 9e999 AS big", #"[{"big":"Infinity"}]"#),
  ])
  func values(_ sql: String, _ rows: String) async throws { #expect(try await query(sql) == rows) }

  @Test("an empty result keeps its columns")
  func columns() async throws { #expect(try await fixture.store.query("SELECT id, name FROM things", limits: QueryLimits()).columns == ["id", "name"]) }

  @Test("nothing but one SELECT runs", arguments: [
    "DELETE FROM things", "INSERT INTO things (name) VALUES ('x') RETURNING id", "PRAGMA user_version = 5", "ATTACH '/tmp/other' AS other", "SELECT 1; SELECT 2",
    "SELECT 1) UNION SELECT * FROM (SELECT 2", "SELECT * FROM nothing", "SELEC 1", "", "SELECT ?", "SELECT 1 AS a, 2 AS a", "VACUUM INTO '/tmp/copy'",
  ])
  func refused(_ sql: String) async throws {
    #expect(await cause(sql) == .badRequest)
    #expect(try fixture.query("SELECT count(*) FROM things") == ["0"])
  }

  @Test("a result beyond the limit of memory fails")
  func large() async {
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    #expect(await cause(endless, QueryLimits(bytes: 100_000)) == .badData)
  }

  @Test("a query that takes too long is ended, and so is one whose task is cancelled")
  func ended() async throws {
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    #expect(await cause(endless, QueryLimits(time: .milliseconds(50))) == .timeout)
    let store = fixture.store
    let task = Task { try await store.query(endless, limits: QueryLimits()) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test("the tables of the study are refused by name, however the name is written", arguments: ["heart_rate", "HEART_RATE", "slice", "participant", "flowrun_setting"])
  func own(_ table: String) async throws {
    let name = table.lowercased() == "heart_rate" ? SQLiteFixture.heartRate.name : table
    let records = try JSONRecords.read(Array(#"[{"name":"x"}]"#.utf8))
    do {
      _ = try await fixture.store.change(RowChange(.insert, table == "HEART_RATE" ? name.uppercased() : name, records))
      Issue.record("it was changed")
    } catch let error as ProcessorError {
      #expect(error.failure.cause == .badRequest && error.failure.message.contains("one of flowrun's own"))
    }
  }

  @Test("for any failing call either all records are there or none", arguments: [StoreBoundary.begin, .statement, .commit])
  func failing(_ boundary: StoreBoundary) async throws {
    let environment = fixture.environment
    let isArmed = Locked(false)
    let store = SQLiteFixture.store(environment) { called in
      if called == boundary, isArmed.withLock({ $0 }) { throw ProcessorError(.database, "made to fail") }
    }
    try await store.prepare()
    isArmed.withLock { $0 = true }
    let records = try JSONRecords.read(Array(#"[{"id":1,"name":"x"},{"id":2,"name":"y"}]"#.utf8))
    await #expect(throws: ProcessorError.self) { try await store.change(RowChange(.insert, "things", records)) }
    isArmed.withLock { $0 = false }
    #expect(try fixture.query("SELECT count(*) FROM things") == ["0"])
    try await store.close()
  }
}

@Suite("Queries over records")
struct RecordQueryTests {
  private let queries = SQLiteRecordQueries.make(lane: { DispatchLane(label: $0) }, time: DispatchTimeSource())

  private func result(_ sql: String, _ json: String) async throws -> String {
    let results = try await queries.results(of: [sql], over: try JSONRecords.read(Array(json.utf8)))
    return String(decoding: JSONRecords.write(results[0]), as: UTF8.self)
  }

  @Test("values come back as they were", arguments: [
    #"[{"a":true,"b":null,"c":"x","d":[1,{"e":2}],"f":1,"g":1.25}]"#, #"[{"a":true},{"a":null}]"#, "[]",
  ])
  func unchanged(_ json: String) async throws {
    #expect(try await result("SELECT * FROM FLOWFILE", json) == json)
  }

  @Test("a whole number beyond 64 bits comes back as a text, with every digit")
  func beyond() async throws {
    #expect(try await result("SELECT * FROM FLOWFILE", #"[{"n":123456789012345678901234567890}]"#) == #"[{"n":"123456789012345678901234567890"}]"#)
  }

  @Test("they are counted, joined and sorted", arguments: [
    ("SELECT count(*) AS n FROM FLOWFILE WHERE rate > 90", #"[{"n":2}]"#), ("SELECT max(rate) AS top FROM flowfile", #"[{"top":120}]"#),
    ("SELECT day, avg(rate) AS rate FROM FLOWFILE GROUP BY day ORDER BY day DESC", #"[{"day":"2026-01-06","rate":120.0},{"day":"2026-01-05","rate":80.0}]"#),
  ])
  func queried(_ sql: String, _ rows: String) async throws {
    #expect(try await result(sql, #"[{"day":"2026-01-05","rate":60},{"day":"2026-01-05","rate":100},{"day":"2026-01-06","rate":120}]"#) == rows)
  }

  @Test("what is no SELECT fails, and so do names that differ by case only")
  func refused() async throws {
    for sql in ["DELETE FROM FLOWFILE", "SELECT", "SELECT * FROM other", "ATTACH 'x' AS y"] {
      await #expect(throws: ProcessorError.self) { try await result(sql, #"[{"a":1}]"#) }
    }
    await #expect(throws: ProcessorError.self) { try await result("SELECT 1 AS a", #"[{"a":1,"A":2}]"#) }
  }
}
