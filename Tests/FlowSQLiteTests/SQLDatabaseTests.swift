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

  @Test("records that fill ever other columns are all put")
  func columnSets() async throws {
    let names = (0..<9).map { "c\($0)" }
    try Self.execute(["CREATE TABLE sets (n INTEGER, \(names.joined(separator: " INTEGER, ")) INTEGER)"], in: fixture.file)
    // More sets than statements are kept, and all of them twice.
    let count: Int = 4 * RowChangePlan.statementLimit
    var records: [String] = []
    for number in 0..<count {
      var record = "{\"n\":\(number)"
      for place in names.indices where number & (1 << place) != 0 { record += ",\"c\(place)\":1" }
      records.append(record + "}")
    }
    let table = try JSONRecords.read(Array(records.joined(separator: "\n").utf8))
    _ = try await fixture.store.change(RowChange(.insert, "sets", table))
    let terms: [String] = names.indices.map { place in "\(1 << place) * coalesce(c\(place), 0)" }
    let sum = terms.joined(separator: " + ")
    #expect(try await query("SELECT count(*) AS n FROM sets WHERE n % 512 = \(sum)") == "[{\"n\":\(count)}]")
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

  /// Reads a table, so that it holds a lock that others see.
  private static let endless = "WITH RECURSIVE n(i) AS (SELECT count(*) FROM things UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

  @Test("a query that takes too long is ended")
  func overdue() async { #expect(await cause(Self.endless, QueryLimits(time: .milliseconds(50))) == .timeout) }

  @Test("so is one whose task is cancelled while it runs")
  func cancelled() async throws {
    let task = Task { [store = fixture.store] in try await store.query(Self.endless, limits: QueryLimits()) }
    try await waitUntilReading()
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  /// A checkpoint cannot restart the log while a query reads it.
  private func waitUntilReading() async throws {
    let queue = try DatabaseQueue(path: fixture.file)
    let isReading = {
      try await queue.writeWithoutTransaction { database in
        try database.execute(sql: "INSERT INTO things (name) VALUES ('x')")
        return try Int.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)") == 1
      }
    }
    try await waitUntil { try await isReading() }
  }

  @Test("and one whose task is cancelled when its connection is open and its statement does not run yet")
  func cancelledBefore() async throws {
    let cancel = Locked<(@Sendable () -> Void)?>(nil)
    let store = SQLiteFixture.store(fixture.environment) { called in
      if called == .statement { cancel.withLock { $0 }?() }
    }
    try await store.prepare()
    let (gate, opening) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      for await _ in gate { break }
      return try await store.query(Self.endless, limits: QueryLimits())
    }
    cancel.withLock { $0 = { task.cancel() } }
    opening.yield()
    await #expect(throws: CancellationError.self) { try await task.value }
    cancel.withLock { $0 = nil }
    try await store.close()
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
