import FlowCore
import FlowSQLite
import StudyModel
import Testing

@Suite("The ledger")
struct SliceLedgerTests {
  let day = SQLiteFixture.day

  /// `start-end state` of each slice, in hours of the day.
  private func slices(_ fixture: SQLiteFixture) throws -> [String] {
    try fixture.query(
      """
      SELECT ((start_instant - \(day)) / 3600) || '-' || ((end_instant - \(day)) / 3600) || ' ' || state
      FROM slice ORDER BY start_instant
      """)
  }
  private func slice(_ from: Int64, _ until: Int64, _ state: SliceState = .written, fetched: Int64? = 1000) -> LedgerSlice {
    SQLiteFixture.slice(day + from * 3600, day + until * 3600, fetched: state == .deferred || state == .failed ? nil : fetched, state: state)
  }
  private func rows(_ from: Int64, _ until: Int64, value: Int64 = 60) -> RecordBatch {
    SQLiteFixture.heart((from * 60..<until * 60).map { (day + $0 * 60, value) })
  }

  @Test(
    "a word that this version does not know is an error that names it, never nothing",
    arguments: [("cause", "solar_flare", "a cause that this version knows"), ("fetched_at", "yesterday", "RFC 3339")])
  func unknownWords(column: String, word: String, expected: String) async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.store.record([SQLiteFixture.slice(SQLiteFixture.day, SQLiteFixture.day + 60, fetched: nil, state: .deferred)])
    try fixture.execute("UPDATE slice SET \(column) = '\(word)'")
    let error = await #expect(throws: ProcessorError.self) { try await fixture.store.ledger(of: "P0001", dataTypes: nil) }
    #expect(error?.failure.cause == .database)
    #expect(error?.failure.message.contains("'\(word)' for P0001, intraday-heart-rate") == true && error?.failure.message.contains(expected) == true)
  }

  @Test("the ledger is read from an instant on, with the row that reaches over it")
  func window() async throws {
    let fixture = try await SQLiteFixture()
    let day = SQLiteFixture.day
    let slices = (0..<10).map { SQLiteFixture.slice(day + $0 * 100, day + ($0 + 1) * 100, fetched: nil, state: .deferred) }
    let others = [SQLiteFixture.slice(day, day + 5000, fetched: nil, state: .deferred, dataType: "intraday-steps")]
    try await fixture.store.record(slices + others)
    for (instant, count) in [(day - 1, 10), (day, 10), (day + 99, 10), (day + 100, 9), (day + 150, 9), (day + 999, 1), (day + 1000, 0)] {
      let rows = try await fixture.store.ledger(of: "P0001", dataTypes: ["intraday-heart-rate"], endingAfter: instant)
      #expect(rows.count == count && rows.last?.key.end == (count == 0 ? nil : day + 1000), "\(instant - day)")
    }
    #expect(try await fixture.store.ledger(of: "P0001", dataTypes: nil, endingAfter: day + 1000).map(\.key.dataType) == ["intraday-steps"])
    #expect(try await fixture.store.ledger(of: "P0001", dataTypes: nil).count == 11)
  }

  @Test("every member is read back as it was written")
  func roundTrip() async throws {
    let fixture = try await SQLiteFixture()
    var written = slice(0, 24, .provisional)
    written.fetchedAt = Instant(milliseconds: 1_767_571_200_007)
    written.flowFile = "flowfile-1"
    written.sha256 = String(repeating: "b", count: 64)
    written.latestSync = day + 80_000
    written.provider = "fitbit"
    written.flowSHA256 = String(repeating: "c", count: 64)
    try await fixture.write(rows(0, 1), written)
    var deferred = slice(24, 48, .deferred)
    deferred.cause = .rateLimited
    try await fixture.store.record([deferred])
    written.rows = 60
    #expect(try await fixture.store.ledger(of: "P0001", dataTypes: nil) == [written, deferred])
    #expect(try await fixture.store.ledger(of: "P0001", dataTypes: ["intraday-steps"]) == [])
    #expect(try await fixture.store.ledger(of: "nobody", dataTypes: nil) == [])
  }

  @Test("a complete slice replaces the rows that it contains, in the same commit")
  func replacement() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.write(rows(0, 9), slice(0, 9, .provisional))
    try await fixture.write(rows(9, 14), slice(9, 14, .provisional))
    try await fixture.store.record([slice(14, 24, .failed)])
    #expect(try slices(fixture) == ["0-9 provisional", "9-14 provisional", "14-24 failed"])
    try await fixture.write(rows(0, 24), slice(0, 24, fetched: 2000))
    #expect(try slices(fixture) == ["0-24 written"])
    #expect(try fixture.query("SELECT rows FROM slice") == ["1440"])
  }

  @Test("a slice that partly overlaps another leaves the part of the other outside it")
  func partialOverlap() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.write(rows(0, 24), slice(0, 24))
    try await fixture.write(rows(6, 12, value: 70), slice(6, 12, fetched: 2000))
    #expect(try slices(fixture) == ["0-6 written", "6-12 written", "12-24 written"])
    #expect(try fixture.query("SELECT rows, fetched_at FROM slice") == [
      "360|1970-01-01T00:16:40.000Z", "360|1970-01-01T00:33:20.000Z", "720|1970-01-01T00:16:40.000Z",
    ])
  }

  @Test("a response fetched before the one in the ledger writes nothing")
  func stale() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.write(rows(0, 24, value: 70), slice(0, 24, fetched: 2000))
    let before = try fixture.query("SELECT * FROM slice")
    for late in [slice(0, 24, fetched: 1999), slice(0, 14, fetched: 1000), slice(3, 5, fetched: 1000)] {
      let result = try await fixture.write(rows(0, 14), late)
      #expect(result.isStale)
      #expect(result.counts == [0, 0, 0, 0])
    }
    #expect(try fixture.query("SELECT * FROM slice") == before)
    #expect(try fixture.query("SELECT DISTINCT value FROM fitbit_intraday_hr") == ["70"])
  }

  @Test("if only a part is known from a newer answer, the rest of a late answer is written")
  func partlyStale() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.write(rows(6, 12, value: 70), slice(6, 12, fetched: 2000))
    let result = try await fixture.write(rows(0, 24), slice(0, 24, fetched: 1000))
    #expect(result.counts == [18 * 60, 0, 0, 0])
    #expect(try slices(fixture) == ["0-6 written", "6-12 written", "12-24 written"])
    #expect(try fixture.query("SELECT value, count(*) FROM fitbit_intraday_hr GROUP BY value") == ["60|1080", "70|360"])
  }

  @Test("a slice without a response replaces others without, never one with data")
  func recording() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.write(rows(0, 9), slice(0, 9, .provisional))
    try await fixture.store.record([slice(0, 24, .deferred)])
    #expect(try slices(fixture) == ["0-9 provisional", "9-24 deferred"])
    try await fixture.store.record([slice(0, 24, .failed)])
    #expect(try slices(fixture) == ["0-9 provisional", "9-24 failed"])
    try await fixture.store.record([slice(12, 13, .deferred)])
    #expect(try slices(fixture) == ["0-9 provisional", "9-12 failed", "12-13 deferred", "13-24 failed"])
    try await fixture.write(rows(9, 24), slice(0, 24, fetched: 3000))
    try await fixture.store.record([slice(0, 24, .failed), slice(3, 5, .deferred)])
    #expect(try slices(fixture) == ["0-24 written"])
  }

  @Test("after any sequence of writes and records, slices do not overlap and have no new gap")
  func invariant() async throws {
    let fixture = try await SQLiteFixture()
    let random = SeededRandomSource(seed: 42)
    var covered: Set<Int64> = []
    for step in 0..<150 {
      let start = Int64(random.next() % 20)
      let end = start + 1 + Int64(random.next() % 6)
      if random.next() % 2 == 0 {
        try await fixture.write(rows(start, end), slice(start, end, fetched: Int64(random.next() % 50)))
      } else {
        try await fixture.store.record([slice(start, end, step % 2 == 0 ? .deferred : .failed)])
      }
      covered.formUnion(start..<end)
      let ledger = try await fixture.store.ledger(of: "P0001", dataTypes: nil)
      let hours = ledger.flatMap { Array(($0.key.start - day) / 3600..<($0.key.end - day) / 3600) }
      #expect(hours.count == Set(hours).count && Set(hours) == covered, "step \(step) of seed 42")
      for slice in ledger where slice.state == .written {
        #expect(slice.rows == Int((slice.key.end - slice.key.start) / 60), "step \(step) of seed 42")
      }
    }
  }
}
