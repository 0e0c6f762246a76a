import FlowCore
import FlowSQLite
import StudyModel
import Testing

/// Intervals have durations: what remains of an earlier answer would add up with the last one.
@Suite("A revised night takes the place of the one before")
struct IntervalReplacementTests {
  private static let table = TableSchema(
    name: "stage", columns: [.init("log_id", .text), .init("instant", .instant), .init("seconds", .integer), .init("date", .date)],
    key: ["log_id", "instant"])
  private static let start = SQLiteFixture.day - 3600

  private static func stages(_ log: String, _ lengths: [Int64]) -> RecordBatch {
    let starts = lengths.indices.map { start + lengths[..<$0].reduce(0, +) }
    return RecordBatch(
      columns: [
        .init(name: "log_id", values: .text(lengths.map { _ in log })), .init(name: "instant", values: .integer(starts)),
        .init(name: "seconds", values: .integer(lengths)), .init(name: "date", values: .text(lengths.map { _ in "2026-01-05" })),
      ], count: lengths.count)
  }

  private static func write(
    _ batch: RecordBatch, _ fixture: SQLiteFixture, fetched: Int64, _ values: [String: String] = ["date": "2026-01-05"], participant: String = "P0001",
    isUnfinished: Bool = false
  ) async throws -> SliceWriteResult {
    let slice = SQLiteFixture.slice(SQLiteFixture.day, SQLiteFixture.day + 86_400, fetched: fetched, dataType: "sleep-stages", participant: participant)
    let replacement = SliceReplacement(values: values, intervals: ["log_id"], isUnfinished: isUnfinished)
    let results = try await fixture.store.write([
      SliceWrite(table: table, participant: participant, batch: batch, ledger: slice, replacement: replacement)
    ])
    return try #require(results.first).get()
  }

  @Test("the stages of a log, a removed log and all logs are replaced; other days and participants are left alone")
  func revisions() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.store.prepare(tables: [Self.table])
    _ = try await Self.write(Self.stages("other", [60]), fixture, fetched: 1, participant: "P0002")
    var nextDay = Self.stages("next", [100])
    nextDay.columns[3].values = .text(["2026-01-06"])
    _ = try await Self.write(nextDay, fixture, fetched: 1, ["date": "2026-01-06"])

    #expect(try await Self.write(Self.stages("111", [7200, 300, 21_300]), fixture, fetched: 10).counts == [3, 0, 0, 0])
    let second = try await Self.write(Self.stages("111", [7200, 10_800, 10_800]), fixture, fetched: 20)
    #expect(second.counts == [1, 1, 1, 0])
    #expect(second.replaced == 1)
    let third = try await Self.write(Self.stages("222", [28_800]), fixture, fetched: 30)
    #expect(third.replaced == 3)
    #expect(try fixture.query("SELECT sum(seconds), count(DISTINCT log_id) FROM stage WHERE date = '2026-01-05' AND log_id <> 'other'") == ["28800|1"])
    #expect(try fixture.query("SELECT rows, vanished FROM slice WHERE fetched_at LIKE '%00:30.000Z'") == ["1|0"])

    #expect(try await Self.write(Self.stages("222", [28_800]), fixture, fetched: 40).counts == [0, 0, 1, 0])
    #expect(try await Self.write(Self.stages("222", []), fixture, fetched: 50).replaced == 1)
    #expect(try fixture.query("SELECT log_id FROM stage ORDER BY log_id") == ["next", "other"])
  }

  @Test("a late replay of an older answer replaces nothing")
  func stale() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.store.prepare(tables: [Self.table])
    _ = try await Self.write(Self.stages("222", [28_800]), fixture, fetched: 20)
    #expect(try await Self.write(Self.stages("111", [7200]), fixture, fetched: 10).isStale)
    #expect(try fixture.query("SELECT log_id, seconds FROM stage") == ["222|28800"])
  }

  @Test("rows that an earlier version wrote without a day are replaced with their log")
  func olderRows() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.store.prepare(tables: [Self.table])
    _ = try await Self.write(Self.stages("111", [7200, 300]), fixture, fetched: 10)
    try fixture.execute("UPDATE stage SET date = NULL")
    #expect(try await Self.write(Self.stages("111", [28_800]), fixture, fetched: 20).replaced == 1)
    #expect(try fixture.query("SELECT seconds, date FROM stage") == ["28800|2026-01-05"])
  }

  @Test("rows that an earlier version wrote without a day go with a night of another log, and only those of that night")
  func olderRowsOfAnotherLog() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.store.prepare(tables: [Self.table])
    _ = try await Self.write(Self.stages("111", [7200, 300]), fixture, fetched: 10)
    var nextNight = Self.stages("112", [100])
    nextNight.columns[1].values = .integer([Self.start + 100_000])
    nextNight.columns[3].values = .text(["2026-01-06"])
    _ = try await Self.write(nextNight, fixture, fetched: 10, ["date": "2026-01-06"])
    try fixture.execute("UPDATE stage SET date = NULL")
    #expect(try await Self.write(Self.stages("222", [28_800]), fixture, fetched: 20).replaced == 2)
    #expect(try fixture.query("SELECT log_id, seconds FROM stage ORDER BY log_id") == ["112|100", "222|28800"])
  }

  @Test("an unfinished response keeps the rows that it lacks, and the ledger counts it")
  func unfinished() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.store.prepare(tables: [Self.table])
    _ = try await Self.write(Self.stages("111", [7200, 300]), fixture, fetched: 10)
    #expect(try await Self.write(Self.stages("111", []), fixture, fetched: 20, isUnfinished: true).replaced == 0)
    #expect(try fixture.query("SELECT rows FROM slice") == ["2"])
    #expect(try fixture.query("SELECT count(*) FROM stage") == ["2"])
  }

  @Test("two differing rows for one day are rejected, equal ones are one")
  func oneDayTwice() async throws {
    let fixture = try await SQLiteFixture()
    let slice = SQLiteFixture.slice(SQLiteFixture.day, SQLiteFixture.day + 86_400, dataType: "heart-rate-zones")
    let same = SQLiteFixture.zones("2026-01-05", [("Peak", 5, nil), ("Peak", 5, nil)])
    #expect(try await fixture.write(same, slice, table: SQLiteFixture.zones).repeated == 1)
    let error = await #expect(throws: ProcessorError.self) {
      try await fixture.write(SQLiteFixture.zones("2026-01-05", [("Peak", 5, nil), ("Peak", 6, nil)]), slice, table: SQLiteFixture.zones)
    }
    #expect(error?.failure.cause == .badData)
    #expect(try fixture.query("SELECT minutes FROM fitbit_hr_summary") == ["5"])
  }
}
