import FlowCore
import GRDB
import StudyModel
import Testing

@testable import FlowSQLite

@Suite("When SQLite fails")
struct SQLiteFaultTests {
  let day = SQLiteFixture.day

  /// Makes the n-th passage of the boundaries given fail, once or from then on.
  private final class Fault: Sendable {
    private struct State {
      var remaining: Int?
      var isPersistent = false
      var passed = 0
    }
    private let state = Locked(State())

    func arm(after count: Int?, persistent: Bool = false) {
      state.withLock { $0 = State(remaining: count, isPersistent: persistent) }
    }
    var passed: Int { state.withLock { $0.passed } }

    func pass(_ boundary: StoreBoundary) throws {
      let fails = state.withLock { state in
        state.passed += 1
        guard let remaining = state.remaining else { return false }
        if remaining > 0 {
          state.remaining = remaining - 1
          return false
        }
        if !state.isPersistent { state.remaining = nil }
        return true
      }
      if fails { throw DatabaseError(resultCode: .SQLITE_IOERR, message: "injected at \(boundary.rawValue)") }
    }
  }

  private func batch(_ value: Int64, count: Int64 = 100) -> RecordBatch {
    SQLiteFixture.heart((0..<count).map { (day + $0 * 60, value) })
  }
  private func writes(_ value: Int64, fetched: Int64) -> [SliceWrite] {
    ["P0001", "P0002", "P0003"].map { name in
      SliceWrite(
        table: SQLiteFixture.heartRate, participant: name, batch: batch(value),
        ledger: SQLiteFixture.slice(day, day + 86_400, fetched: fetched, participant: name))
    }
  }
  private func rows(_ fixture: SQLiteFixture) throws -> [String] {
    try fixture.query("SELECT name, value, count(*) FROM fitbit_intraday_hr JOIN participant USING (participant_id) GROUP BY 1, 2 ORDER BY 1")
      + fixture.query("SELECT participant_id, state, rows, fetched_at FROM slice ORDER BY 1, start_instant")
  }

  @Test("whichever call fails, a group is written completely or not at all, and the next attempt writes it", arguments: [false, true])
  func everyBoundary(persistent: Bool) async throws {
    let fault = Fault()
    let fixture = try await SQLiteFixture(faultPoint: fault.pass)
    var results = try await fixture.store.write(writes(60, fetched: 1000))
    #expect(try results.map { try $0.get().inserted } == [100, 100, 100])
    var failures = 0
    for step in 0..<200 {
      let before = try rows(fixture)
      fault.arm(after: step, persistent: persistent)
      results = try await fixture.store.write(writes(Int64(61 + step), fetched: Int64(2000 + step)))
      let passed = fault.passed
      fault.arm(after: nil)
      let errors = results.compactMap { result in if case .failure(let error) = result { error } else { nil } }
      if errors.isEmpty {
        #expect(passed <= step)
        break
      }
      failures += 1
      #expect(errors.count == 3)
      #expect(errors.allSatisfy { $0.failure.cause == .disk })
      let after = try rows(fixture)
      let wasCommitted = errors[0].description.contains("committed")
      #expect(wasCommitted || after == before, "step \(step)")
      results = try await fixture.store.write(writes(Int64(61 + step), fetched: Int64(2000 + step)))
      #expect(try results.map { try $0.get().counts } == (0..<3).map { _ in wasCommitted ? [0, 0, 100, 0] : [0, 100, 0, 0] })
      #expect(try rows(fixture).count == 6)
    }
    #expect(failures > 10 && failures < 200)
  }

  @Test("a row that the database refuses fails only its slice")
  func refusedRow() async throws {
    let fixture = try await SQLiteFixture()
    try fixture.execute(
      """
      CREATE TRIGGER refuse BEFORE INSERT ON fitbit_intraday_hr WHEN new.value = 987654321
      BEGIN SELECT raise(ABORT, 'refused'); END
      """)
    var group = writes(60, fetched: 1000)
    group[1].batch = SQLiteFixture.heart((0..<100).map { (day + $0, $0 == 77 ? 987_654_321 : 60) })
    let results = try await fixture.store.write(group)
    #expect(try results[0].get().inserted == 100)
    #expect(try results[2].get().inserted == 100)
    let error = #expect(throws: ProcessorError.self) { try results[1].get() }
    #expect(error?.failure.cause == .badData)
    #expect(error?.description.contains("refused") == true && error?.description.contains("987654321") == false)
    #expect(try fixture.query("SELECT count(DISTINCT participant_id), count(*) FROM fitbit_intraday_hr") == ["2|200"])
    #expect(try fixture.query("SELECT count(*) FROM slice") == ["2"])
  }

  @Test("a full disk fails the group as retryable, leaves what was there, and room lets it go on")
  func fullDisk() async throws {
    let fixture = try await SQLiteFixture()
    _ = try await fixture.store.write(writes(60, fetched: 1000))
    let before = try rows(fixture)
    // SQLite's own limit on the file's size gives the error that a full disk gives. It belongs to the connection.
    try await fixture.store.onWriter { _ = try $0.rows("PRAGMA max_page_count = 1") }
    let big = SliceWrite(
      table: SQLiteFixture.heartRate, participant: "P0004", batch: batch(60, count: 100_000),
      ledger: SQLiteFixture.slice(day, day + 86_400, participant: "P0004"))
    let results = try await fixture.store.write([writes(70, fetched: 2000)[0], big])
    for result in results {
      let error = #expect(throws: ProcessorError.self) { try result.get() }
      #expect(error?.failure.cause == .disk)
    }
    #expect(try rows(fixture) == before)
    try await fixture.store.onWriter { _ = try $0.rows("PRAGMA max_page_count = 1000000") }
    #expect(try await fixture.store.write([big]).map { try $0.get().inserted } == [100_000])
  }

  @Test("an unprepared table is a fault of the program and reported as such")
  func unprepared() async throws {
    let fixture = try await SQLiteFixture()
    let table = TableSchema(name: "other", columns: [.init("instant", .instant)], key: ["instant"])
    await #expect(throws: ProcessorError(.internal, "table 'other' was not prepared before it was used")) {
      try await fixture.write(batch(1), nil, table: table)
    }
    var unknown = batch(1)
    unknown.columns.append(.init(name: "extra", values: .integer(.init(repeating: 0, count: 100))))
    await #expect(throws: ProcessorError.self) { try await fixture.write(unknown, nil) }
  }
}
