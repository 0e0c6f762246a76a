import FlowCore
import FlowSQLite
import GRDB
import Testing

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
    while !isRunning.withLock({ $0 }) { await Task.yield() }
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
}
