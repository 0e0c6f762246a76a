import FlowCore
import FlowSQLite
import StudyModel
import Testing

@Suite("Writing a slice")
struct SliceWriteTests {
  let day = SQLiteFixture.day

  @Test("rows and ledger row arrive together, and the same answer again changes nothing")
  func idempotence() async throws {
    let fixture = try await SQLiteFixture()
    let batch = SQLiteFixture.heart((0..<100).map { (day + $0 * 60, 60 + $0) })
    let slice = SQLiteFixture.slice(day, day + 86_400)
    #expect(try await fixture.write(batch, slice).counts == [100, 0, 0, 0])
    let before = try fixture.query("SELECT * FROM fitbit_intraday_hr") + fixture.query("SELECT * FROM slice")
    #expect(try await fixture.write(batch, slice).counts == [0, 0, 100, 0])
    #expect(try fixture.query("SELECT * FROM fitbit_intraday_hr") + fixture.query("SELECT * FROM slice") == before)
  }

  @Test("each row is counted as what happened to it")
  func counting() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.write(
      SQLiteFixture.heart([(day, 60), (day + 60, 61), (day + 120, nil), (day + 180, 63)]), SQLiteFixture.slice(day, day + 86_400))
    let result = try await fixture.write(
      SQLiteFixture.heart([(day, 60), (day + 60, 59), (day + 120, 62), (day + 240, 64)]),
      SQLiteFixture.slice(day, day + 86_400, fetched: 2000))
    #expect(result.counts == [1, 2, 1, 1])
    #expect(
      try fixture.query("SELECT instant - \(day), value FROM fitbit_intraday_hr") == ["0|60", "60|59", "120|62", "180|63", "240|64"])
    #expect(try fixture.query("SELECT rows, vanished, fetched_at FROM slice") == ["5|1|1970-01-01T00:33:20.000Z"])
  }

  @Test("a value that becomes NULL is a change, NULL that stays NULL is not")
  func nulls() async throws {
    let fixture = try await SQLiteFixture()
    let slice = SQLiteFixture.slice(day, day + 60)
    try await fixture.write(SQLiteFixture.heart([(day, 60), (day + 1, nil)]), slice)
    #expect(try await fixture.write(SQLiteFixture.heart([(day, nil), (day + 1, nil)]), slice).counts == [0, 1, 1, 0])
    #expect(try fixture.query("SELECT value FROM fitbit_intraday_hr") == ["NULL", "NULL"])
  }

  @Test("a batch of any size, in any order, with repeated keys: the last row of a key counts", arguments: [1, 47, 48, 49, 96, 1000])
  func shapes(count: Int) async throws {
    let fixture = try await SQLiteFixture()
    var rows = (0..<count).map { (instant: day + Int64($0), value: Optional(Int64($0))) }
    rows.reverse()
    let repeated = rows.map { (instant: $0.instant, value: $0.value.map { $0 + 1000 }) }
    let result = try await fixture.write(SQLiteFixture.heart(rows + repeated), SQLiteFixture.slice(day, day + 86_400))
    #expect(result.counts == [count, 0, 0, 0])
    #expect(result.repeated == count)
    #expect(
      try fixture.query("SELECT count(*), min(value), max(value), sum(value = instant - \(day) + 1000) FROM fitbit_intraday_hr")
        == ["\(count)|1000|\(999 + count)|\(count)"])
  }

  @Test("a batch that half overlaps existing rows inserts only the other half", arguments: [1, 24, 48, 49, 500])
  func overlap(count: Int64) async throws {
    let fixture = try await SQLiteFixture()
    let slice = SQLiteFixture.slice(day, day + 86_400)
    try await fixture.write(SQLiteFixture.heart((0..<count).map { (day + $0, 1) }), slice)
    let result = try await fixture.write(SQLiteFixture.heart((0..<(2 * count)).map { (day + $0, $0 < count / 2 ? 2 : 1) }), slice)
    #expect(result.counts == [Int(count), Int(count / 2), Int(count - count / 2), 0])
    #expect(try fixture.query("SELECT rows FROM slice") == ["\(2 * count)"])
  }

  @Test("text keys and real values merge as SQLite orders them")
  func textKeys() async throws {
    let fixture = try await SQLiteFixture()
    let slice = SQLiteFixture.slice(day, day + 86_400, dataType: "heart-rate-zones")
    // Equal to Swift (canonical equivalence), different to SQLite (bytes).
    let composed = "Caf\u{E9}", decomposed = "Cafe\u{301}"
    let first = SQLiteFixture.zones("2026-01-05", [("Peak", 3, 1.5), (composed, nil, nil), ("", 1, .nan), ("fat burn", 7, 0.1)])
    #expect(try await fixture.write(first, slice, table: SQLiteFixture.zones).counts == [4, 0, 0, 0])
    #expect(try await fixture.write(first, slice, table: SQLiteFixture.zones).counts == [0, 0, 4, 0])
    let second = SQLiteFixture.zones("2026-01-05", [(decomposed, nil, nil), ("Peak", 3, 1.25), ("fat burn", 7, 0.1)])
    #expect(try await fixture.write(second, slice, table: SQLiteFixture.zones).counts == [1, 1, 1, 2])
    #expect(try fixture.query("SELECT rows, vanished FROM slice") == ["5|2"])
  }

  @Test("an empty response keeps the rows, counts them as vanished and is not an error")
  func emptyAnswer() async throws {
    let fixture = try await SQLiteFixture()
    let heart = SQLiteFixture.slice(day, day + 86_400)
    try await fixture.write(SQLiteFixture.heart([(day, 60), (day + 1, 61)]), heart)
    #expect(try await fixture.write(RecordBatch(columns: [], count: 0), heart).counts == [0, 0, 0, 2])
    let zones = SQLiteFixture.slice(day, day + 86_400, dataType: "heart-rate-zones")
    try await fixture.write(SQLiteFixture.zones("2026-01-05", [("Peak", 3, 1.5)]), zones, table: SQLiteFixture.zones)
    #expect(try await fixture.write(RecordBatch(columns: [], count: 0), zones, table: SQLiteFixture.zones).counts == [0, 0, 0, 1])
    #expect(try fixture.query("SELECT data_type, rows, vanished FROM slice") == ["heart-rate-zones|1|1", "intraday-heart-rate|2|2"])
  }

  @Test("rows of other participants and of other days are not touched and not counted")
  func neighbours() async throws {
    let fixture = try await SQLiteFixture()
    for (name, start) in [("P0001", day - 86_400), ("P0001", day + 86_400), ("P0002", day)] {
      try await fixture.write(
        SQLiteFixture.heart([(start, 50), (start + 86_399, 51)]),
        SQLiteFixture.slice(start, start + 86_400, participant: name), participant: name)
    }
    let result = try await fixture.write(SQLiteFixture.heart([(day, 60)]), SQLiteFixture.slice(day, day + 86_400))
    #expect(result.counts == [1, 0, 0, 0])
    #expect(try fixture.query("SELECT count(*), sum(value) FROM fitbit_intraday_hr") == ["7|363"])
  }

  @Test("columns that a batch does not carry keep their values")
  func partialColumns() async throws {
    let fixture = try await SQLiteFixture()
    func batch(_ column: String, _ value: Int64) -> RecordBatch {
      RecordBatch(
        columns: [.init(name: "date", values: .text(["2026-01-05"])), .init(name: column, values: .integer([value]))], count: 1)
    }
    let slice = SQLiteFixture.slice(day, day + 86_400, dataType: "daily-activity")
    try await fixture.write(batch("steps", 1000), slice, table: SQLiteFixture.activity)
    #expect(try await fixture.write(batch("floors", 3), slice, table: SQLiteFixture.activity).counts == [0, 1, 0, 0])
    #expect(try fixture.query("SELECT date, steps, floors, distance FROM fitbit_daily_activity") == ["2026-01-05|1000|3|NULL"])
  }

  @Test("a NULL or missing key is bad data of that slice only")
  func badKeys() async throws {
    let fixture = try await SQLiteFixture()
    var batch = SQLiteFixture.heart([(day, 60), (day + 1, 61)])
    batch.columns[0].isNull = [false, true]
    let good = SliceWrite(
      table: SQLiteFixture.heartRate, participant: "P0002", batch: SQLiteFixture.heart([(day, 70)]),
      ledger: SQLiteFixture.slice(day, day + 60, participant: "P0002"))
    let bad = SliceWrite(
      table: SQLiteFixture.heartRate, participant: "P0001", batch: batch, ledger: SQLiteFixture.slice(day, day + 60))
    let results = try await fixture.store.write([good, bad, good])
    #expect(throws: ProcessorError(.badData, "column 'instant' is NULL in row 2; expected a value, it is part of the key")) {
      try results[1].get()
    }
    #expect(try results[0].get().counts == [1, 0, 0, 0])
    #expect(try results[2].get().counts == [0, 0, 1, 0])
    #expect(try fixture.query("SELECT count(*) FROM slice") == ["1"])
  }
}
