import FlowCore
import GRDB
import StudyModel
import Testing

@testable import FlowSQLite


/// A token, an error entry or `previous_sync` is given up once a commit has returned: the commit must outlive a loss of power. SQLite promises
/// that for these settings, and the tests of power cuts trust in it.
@Suite("A commit outlives a loss of power")
struct SQLiteDurabilityTests {
  @Test("the write-ahead log is synchronised at every commit")
  func settings() async throws {
    let fixture = try await SQLiteFixture()
    let settings = try await fixture.store.onWriter { session -> [String] in
      try ["synchronous", "journal_mode"].map { name in
        let value: DatabaseValue? = try session.rows("PRAGMA \(name)").first.map { $0[0] }
        return value?.storage.value.map { "\($0)" } ?? ""
      }
    }
    // 2 is FULL.
    #expect(settings == ["2", "wal"])
  }

  @Test("still so after a write, and in the next process")
  func later() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.store.close()
    let next = SQLiteFixture.store(fixture.environment)
    try await next.prepare()
    let synchronous = try await next.onWriter { try $0.rows("PRAGMA synchronous").first.map { $0[0] as Int64 } }
    #expect(synchronous == 2)
    try await next.close()
  }
}
