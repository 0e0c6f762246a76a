import FlowCore
@testable import FlowSQLite
import StudyModel
import Testing

/// What is done to a database by those who do not write the ledger: a person with `sqlite3`, another program.
@Suite("Others' writes between a comparison and its write")
struct OthersWritesTests {
  private static let day = SQLiteFixture.day
  private static let values = "SELECT group_concat(value) FROM (SELECT value FROM fitbit_intraday_hr ORDER BY instant)"

  private static func batch(_ values: [Int64]) -> RecordBatch { SQLiteFixture.heart(values.enumerated().map { (day + Int64($0.offset) * 60, $0.element) }) }

  /// Compares, lets somebody do something, and writes what was found.
  private func written(_ fixture: SQLiteFixture, meanwhile: (SQLiteFixture) async throws -> Void) async throws -> SliceWriteResult {
    try await fixture.write(Self.batch([60, 61, 62]), SQLiteFixture.slice(Self.day, Self.day + 86_400))
    let slice = SQLiteFixture.slice(Self.day, Self.day + 86_400, fetched: 2000)
    let found = try await fixture.store.compare(Self.batch([60, 61, 62]), of: "P0001", in: SQLiteFixture.heartRate, slice: slice.key)
    #expect(found.verdict == .duplicate)
    try await meanwhile(fixture)
    let write = SliceWrite(
      table: SQLiteFixture.heartRate, participant: "P0001", batch: Self.batch([60, 61, 62]), ledger: slice, finding: found.finding)
    return try #require(try await fixture.store.write([write]).first).get()
  }

  @Test(
    "a value that another connection changed is seen, although the ledger tells nothing of it",
    arguments: [
      ("UPDATE fitbit_intraday_hr SET value = 99 WHERE instant = \(day)", 1, 0), ("DELETE FROM fitbit_intraday_hr WHERE instant = \(day)", 0, 1),
    ])
  func changed(statement: String, updated: Int, inserted: Int) async throws {
    let fixture = try await SQLiteFixture()
    let result = try await written(fixture) { try $0.execute(statement) }
    #expect(result.wasCompared && result.updated == updated && result.inserted == inserted)
    #expect(try fixture.query(Self.values) == ["60,61,62"])
  }

  @Test("it is seen too where a write of this process lies between")
  func beforeOtherWrites() async throws {
    let fixture = try await SQLiteFixture()
    let result = try await written(fixture) { fixture in
      try fixture.execute("UPDATE fitbit_intraday_hr SET value = 99 WHERE instant = \(Self.day)")
      try await fixture.write(Self.batch([1]), SQLiteFixture.slice(Self.day, Self.day + 86_400, participant: "P0002"), participant: "P0002")
    }
    #expect(result.wasCompared && result.updated == 1)
  }

  @Test("readers, and this process's writes for other participants, let the finding hold")
  func unharmed() async throws {
    let fixture = try await SQLiteFixture()
    let result = try await written(fixture) { fixture in
      _ = try fixture.query(Self.values)
      try await fixture.write(Self.batch([1]), SQLiteFixture.slice(Self.day, Self.day + 86_400, participant: "P0002"), participant: "P0002")
    }
    #expect(!result.wasCompared && result.unchanged == 3)
  }

  @Test("a store that was closed and opened again trusts nothing that was found before")
  func reopened() async throws {
    let fixture = try await SQLiteFixture()
    let result = try await written(fixture) { fixture in
      try await fixture.store.close()
      try fixture.execute("UPDATE fitbit_intraday_hr SET value = 99 WHERE instant = \(Self.day)")
      try await fixture.store.prepare()
    }
    #expect(result.wasCompared && result.updated == 1)
  }
}
