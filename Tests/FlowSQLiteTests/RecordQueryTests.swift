import FlowCore
import FlowSQLite
import FlowTesting
import GRDB
import Testing

@Suite("Queries over records")
struct RecordQueryTests {
  private let queries = SQLiteRecordQueries.make(lane: { DispatchLane(label: $0) }, time: DispatchTimeSource())

  private func result(_ sql: String, _ json: String) async throws -> String {
    let results = try await queries.results(of: [sql], over: try JSONRecords.read(Array(json.utf8)))
    return String(decoding: JSONRecords.write(results[0]), as: UTF8.self)
  }

  private func cause(_ sql: String, _ json: String) async -> Cause? {
    do {
      _ = try await result(sql, json)
      return nil
    } catch {
      return (error as? ProcessorError)?.failure.cause
    }
  }

  @Test("values come back as they were", arguments: [
    #"[{"a":true,"b":null,"c":"x","d":[1,{"e":2}],"f":1,"g":1.25}]"#, #"[{"a":true},{"a":null}]"#, "[]",
    #"[{"price":1.10,"big":1E5,"zero":-0,"far":1e400,"long":0.1234567890123456789,"n":12345678901234567890}]"#,
    #"[{"v":true},{"v":5},{"v":"x"},{"v":[1]},{"v":{"a":1.10}},{"v":"1"},{"v":1.50}]"#, #"[{"v":1},{"v":1.0},{"v":"true"},{"v":"[1]"}]"#,
    #"[{"n":123456789012345678901234567890},{"n":-12345678901234567890},{"n":9223372036854775807}]"#,
  ])
  func unchanged(_ json: String) async throws {
    #expect(try await result("SELECT * FROM FLOWFILE", json) == json)
  }

  @Test("CSV keeps its digits, too")
  func csv() async throws {
    let text = "id,price,ok\r\n1,1.10,true\r\n2,2.00,false\r\n"
    let results = try await queries.results(of: ["SELECT * FROM FLOWFILE WHERE price > 0"], over: try CSVRecords.read(Array(text.utf8)))
    #expect(String(decoding: CSVRecords.write(results[0]), as: UTF8.self) == text)
  }

  private static let beyond = #"[{"n":7},{"n":12345678901234567890},{"n":-12345678901234567891}]"#

  @Test("a whole number beyond 64 bits is compared as a number, and keeps every digit", arguments: [
    "SELECT n FROM FLOWFILE WHERE n > 5 ORDER BY n DESC LIMIT 1", "WITH big AS (SELECT n FROM FLOWFILE) SELECT n FROM big WHERE n > 7",
    "SELECT n FROM FLOWFILE WHERE n = (SELECT max(n) FROM FLOWFILE)",
  ])
  func beyond(_ sql: String) async throws { #expect(try await result(sql, Self.beyond) == #"[{"n":12345678901234567890}]"#) }

  @Test("what is computed of one is refused where the last digits would be wrong", arguments: ["max(n)", "n + 1", "coalesce(n, 0)", "-min(n)", "min(n)"])
  func rounded(_ expression: String) async {
    #expect(await cause("SELECT \(expression) AS n FROM FLOWFILE WHERE abs(n) > 7", Self.beyond) == .badData)
  }

  @Test("two that floating point does not tell apart are refused")
  func alike() async throws {
    let json = #"[{"n":12345678901234567890},{"m":12345678901234567891}]"#
    #expect(await cause("SELECT count(DISTINCT n) FROM FLOWFILE", json) == .badData)
  }

  @Test("a value with two notations is refused where it is selected, and there only", arguments: [
    #"[{"id":1,"v":1.1},{"id":2,"v":1.10},{"id":3,"v":2.5}]"#, #"[{"id":1,"v":1.10},{"id":2,"v":1.1},{"id":3,"v":2.5}]"#, #"[{"id":1,"v":true},{"id":2,"v":1},{"id":3,"v":2.5}]"#,
    #"[{"id":1,"v":[1]},{"id":2,"v":"[1]"},{"id":3,"v":2.5}]"#,
  ])
  func notations(_ json: String) async throws {
    #expect(await cause("SELECT v FROM FLOWFILE", json) == .badData)
    #expect(try await result("SELECT id FROM FLOWFILE WHERE v = 2.5", json) == #"[{"id":3}]"#)
    #expect(try await result("SELECT v FROM FLOWFILE WHERE id = 3", json) == #"[{"v":2.5}]"#)
  }

  @Test("a text of another column is not taken for JSON")
  func union() async throws {
    #expect(
      try await result("SELECT doc AS v FROM FLOWFILE UNION ALL SELECT note FROM FLOWFILE UNION ALL SELECT blank FROM FLOWFILE", #"[{"doc":[1],"note":"x","blank":null}]"#)
        == #"[{"v":[1]},{"v":"x"},{"v":null}]"#)
    #expect(try await result("SELECT blank AS v FROM FLOWFILE UNION ALL SELECT note FROM FLOWFILE", #"[{"note":"x","blank":null}]"#) == #"[{"v":null},{"v":"x"}]"#)
  }

  @Test("they are counted, joined and sorted", arguments: [
    ("SELECT count(*) AS n FROM FLOWFILE WHERE rate > 90", #"[{"n":2}]"#), ("SELECT max(rate) AS top FROM flowfile", #"[{"top":120}]"#),
    ("SELECT day, avg(rate) AS rate FROM FLOWFILE GROUP BY day ORDER BY day DESC", #"[{"day":"2026-01-06","rate":120.0},{"day":"2026-01-05","rate":80.0}]"#),
  ])
  func queried(_ sql: String, _ rows: String) async throws {
    #expect(try await result(sql, #"[{"day":"2026-01-05","rate":60},{"day":"2026-01-05","rate":100},{"day":"2026-01-06","rate":120}]"#) == rows)
  }

  @Test("LIKE tells small letters from capitals", arguments: [("A%", #"[{"n":"Al"}]"#), ("%l", #"[{"n":"Al"},{"n":"al"}]"#)])
  func like(_ pattern: String, _ rows: String) async throws {
    #expect(try await result("SELECT n FROM FLOWFILE WHERE n LIKE '\(pattern)'", #"[{"n":"Al"},{"n":"al"}]"#) == rows)
  }

  @Test("what is no SELECT fails, and so do names that differ by case only")
  func refused() async throws {
    for sql in ["DELETE FROM FLOWFILE", "SELECT", "SELECT * FROM other", "ATTACH 'x' AS y"] {
      await #expect(throws: ProcessorError.self) { try await result(sql, #"[{"a":1}]"#) }
    }
    await #expect(throws: ProcessorError.self) { try await result("SELECT 1 AS a", #"[{"a":1,"A":2}]"#) }
  }

  private static let endless = "WITH RECURSIVE n(i) AS (SELECT running() UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

  /// Queries with a function `running()`, and whether it has been called.
  private func observed() -> (queries: RecordQueries, isRunning: Locked<Bool>) {
    let isRunning = Locked(false)
    let queries = SQLiteRecordQueries.make(lane: { DispatchLane(label: $0) }, time: DispatchTimeSource()) { database in
      database.add(
        function: DatabaseFunction("running", argumentCount: 0) { _ in
          isRunning.withLock { $0 = true }
          return 1
        })
    }
    return (queries, isRunning)
  }

  @Test("a query that does not end is ended when its task is cancelled")
  func cancelled() async throws {
    let (queries, isRunning) = observed(), records = try JSONRecords.read(Array("[]".utf8))
    let task = Task { try await queries.results(of: [Self.endless, Self.endless], over: records) }
    try await waitUntil { isRunning.withLock { $0 } }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test("and when its time is over")
  func overdue() async throws {
    do {
      _ = try await observed().queries.results(of: [Self.endless], over: DataTable(columns: []), limits: QueryLimits(time: .milliseconds(50)))
      Issue.record("it ended by itself")
    } catch let error as ProcessorError {
      #expect(error.failure.cause == .timeout)
    }
  }

  // MARK: Before there are records

  @Test("a query that no records can have is known before there are any", arguments: [
    ("SELECT n, RPATH(o, '/z') z FROM FLOWFILE", "no such function: RPATH"), ("SELECT a FROM FLOWFILE WHERE EXTRACT(YEAR FROM b) > 1", "near \"FROM\": syntax error"),
    ("SELECT f.a, g(f.b) FROM FLOWFILE f", "no such function: g"), ("SELECT FROM", "near \"FROM\": syntax error"), ("SELECT a FROM other", "no such table: other"),
    ("DROP TABLE FLOWFILE", "near \"DROP\": syntax error"), ("SELECT abs(a, b, c) FROM FLOWFILE", "wrong number of arguments to function abs()"), ("SELECT 'a", "unrecognized token: \"'a\n)\""),
    ("SELECT a FROM FLOWFILE WHERE b = ?", "it has parameters without values"), ("SELECT 1; SELECT 2", "near \";\": syntax error"), ("", "near \")\": syntax error"),
  ])
  func mistakes(_ sql: String, _ mistake: String) { #expect(SQLiteQueryCheck.mistake(in: sql) == mistake) }

  @Test("what records could have is left to them", arguments: [
    "SELECT * FROM FLOWFILE", "select a, b.c, json_extract(d, '$.e') from flowfile b where \"x y\" > 1 order by z desc limit 2;", "SELECT [a.b], FLOWFILE.\"c.d\" FROM FLOWFILE",
    "WITH t AS (SELECT g, sum(v) AS s FROM FLOWFILE GROUP BY g) SELECT t.s, r FROM t JOIN FLOWFILE USING (g)", "SELECT a FROM FLOWFILE UNION SELECT b FROM FLOWFILE",
    "SELECT UPPER(n) AS N, CAST(v AS VARCHAR) AS s, CASE WHEN v>1 THEN 'hi' ELSE 'lo' END AS c FROM FLOWFILE", "SELECT x.b FROM (SELECT a FROM FLOWFILE) x",
    "SELECT row_number() OVER (PARTITION BY g ORDER BY t) FROM FLOWFILE", "SELECT 1; ",
  ])
  func possible(_ sql: String) { #expect(SQLiteQueryCheck.mistake(in: sql) == nil) }
}
