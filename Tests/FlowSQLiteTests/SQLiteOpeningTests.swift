import FlowCore
import FlowSQLite
import Foundation
import StudyModel
import Testing

@Suite("Opening and closing a database")
struct SQLiteOpeningTests {
  private func stop(_ environment: SQLiteEnvironment, path: String? = nil) async -> StopRun? {
    let store = SQLiteFixture.store(environment, path: path)
    return await #expect(throws: StopRun.self) { try await store.prepare() }
  }

  @Test("folders are created, the file is readable only by its owner")
  func creation() async throws {
    let environment = try SQLiteEnvironment()
    defer { environment.remove() }
    let store = SQLiteFixture.store(environment, path: environment.path("a/b/data.sqlite"))
    try await store.prepare()
    #expect(try environment.fileSystem.status(environment.path("a/b/data.sqlite"))?.mode == 0o600)
    #expect(try environment.fileSystem.status(environment.path("a/b/data.sqlite-wal"))?.mode == 0o600)
    try await store.close()
  }

  @Test("after close the database file contains everything")
  func closing() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.write(SQLiteFixture.heart([(SQLiteFixture.day, 60)]), SQLiteFixture.slice(SQLiteFixture.day, SQLiteFixture.day + 60))
    _ = try await fixture.store.ledger(of: "P0001", dataTypes: nil)
    try await fixture.store.close()
    #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.environment.folder) == ["data.sqlite"])
    let copy = fixture.environment.path("copy.sqlite")
    try FileManager.default.copyItem(atPath: fixture.file, toPath: copy)
    #expect(try SQLiteFixture.query("SELECT value FROM fitbit_intraday_hr", in: copy) == ["60"])
    await #expect(throws: ProcessorError.self) { try await fixture.store.ledger(of: "P0001", dataTypes: nil) }
    try await fixture.store.close()
  }

  @Test("close does not wait for running queries")
  func closingBesideOthers() async throws {
    let fixture = try await SQLiteFixture()
    let other = SQLiteFixture.store(fixture.environment)
    try await other.prepare()
    try await other.prepare(tables: TableSchema.promised)
    try await fixture.store.close()
    let result = try await other.write([
      SliceWrite(table: SQLiteFixture.heartRate, participant: "P0001", batch: SQLiteFixture.heart([(1, 1)]), ledger: nil)
    ])
    #expect(try result.first?.get().inserted == 1)
    try await other.close()
  }

  @Test("a newer schema is refused", arguments: ["PRAGMA user_version = 4", "UPDATE flowrun_setting SET value = '7' WHERE name = 'schema_version'"])
  func newerSchema(change: String) async throws {
    let fixture = try await SQLiteFixture()
    try fixture.execute(change)
    let found = await stop(fixture.environment)
    #expect(found?.reason == .unavailable && found?.cause == .database)
    #expect(found?.message.contains("expected version 3 at most; use the flowrun that made it, or a newer one") == true)
  }

  @Test("a database of an earlier version is brought up to date by a run, and is not looked into before that", arguments: [1, 2])
  func olderSchema(version: Int) async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.write(SQLiteFixture.heart([(SQLiteFixture.day, 60)]), SQLiteFixture.slice(SQLiteFixture.day, SQLiteFixture.day + 60))
    let before = try await fixture.store.ledger(of: "P0001", dataTypes: nil)
    try await fixture.store.close()
    let first = [
      "DROP TRIGGER flowrun_settled_insert", "DROP TRIGGER flowrun_settled_update", "DROP TRIGGER flowrun_settled_delete",
      "DROP TABLE flowrun_settled", "DROP INDEX flowrun_unsettled", "DROP INDEX flowrun_latest_sync", "ALTER TABLE slice DROP COLUMN lacking",
    ]
    let second = [
      "DROP TABLE object_processed", "ALTER TABLE slice DROP COLUMN object", "UPDATE flowrun_setting SET value = '\(version)' WHERE name = 'schema_version'",
      "PRAGMA user_version = \(version)",
    ]
    for change in (version == 1 ? first : []) + second { try fixture.execute(change) }
    let refused = await #expect(throws: StopRun.self) {
      _ = try await fixture.store.reader()
    }
    #expect(refused?.message.contains("expected version 3; run the flow once, which brings it up to date") == true)
    let again = SQLiteFixture.store(fixture.environment)
    try await again.prepare()
    #expect(try await again.ledger(of: "P0001", dataTypes: nil) == before)
    var slice = try #require(before.first)
    slice.object = "key"
    try await again.prepare(tables: [SQLiteFixture.heartRate])
    slice.fetchedAt = slice.fetchedAt.map { $0 + .seconds(60) }
    _ = try await again.write([
      SliceWrite(table: SQLiteFixture.heartRate, participant: "P0001", batch: SQLiteFixture.heart([(SQLiteFixture.day, 60)]), ledger: slice)
    ])
    try await again.note([ProcessedObject(key: "key", sha256: "ab", participant: "P0001", run: "run", time: Instant(seconds: 0))])
    try await again.close()
    #expect(try fixture.query("SELECT object FROM slice JOIN object_processed USING (participant_id, object)") == ["key"])
    #expect(try await fixture.store.reader() != nil)
  }

  @Test("a file that is not a database is refused and left unchanged")
  func notADatabase() async throws {
    let environment = try SQLiteEnvironment()
    defer { environment.remove() }
    let text = String(repeating: "participant,steps\n", count: 100)
    try text.write(toFile: environment.path("data.sqlite"), atomically: false, encoding: .utf8)
    let path = environment.path("data.sqlite")
    let found = await stop(environment)
    #expect(
      found == StopRun(
        .unavailable, .database,
        """
        database '\(path)': the file is not an SQLite database; expected a database made by flowrun, or no file; \
        move it away or name another path
        """))
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
  }

  @Test("a damaged database is refused when opened or detected when used")
  func damaged() async throws {
    let fixture = try await SQLiteFixture()
    try await fixture.write(
      SQLiteFixture.heart((0..<20_000).map { (SQLiteFixture.day + $0, $0) }),
      SQLiteFixture.slice(SQLiteFixture.day, SQLiteFixture.day + 86_400))
    try await fixture.store.close()
    let handle = try #require(FileHandle(forUpdatingAtPath: fixture.file))
    try handle.seek(toOffset: 8192)
    handle.write(Data(repeating: 0xA5, count: 300_000))
    try handle.close()
    let store = SQLiteFixture.store(fixture.environment)
    let found = await #expect(throws: StopRun.self) {
      try await store.prepare()
      try await store.prepare(tables: TableSchema.promised)
      _ = try await store.write([
        SliceWrite(
          table: SQLiteFixture.heartRate, participant: "P0001",
          batch: SQLiteFixture.heart((0..<20_000).map { (SQLiteFixture.day + $0, $0) }), ledger: nil)
      ])
    }
    #expect(found?.reason == .unavailable && found?.message.contains("is damaged") == true)
  }

  @Test("a folder in the file's place, a file in the folder's place and a network file system are refused")
  func wrongPlaces() async throws {
    var environment = try SQLiteEnvironment()
    defer { environment.remove() }
    #expect(await stop(environment, path: environment.folder)?.message.contains("there is a folder of that name") == true)
    try "".write(toFile: environment.path("file"), atomically: false, encoding: .utf8)
    #expect(await stop(environment, path: environment.path("file/data.sqlite"))?.message.contains("cannot create folder") == true)
    environment.fileSystem = SQLiteTestFileSystem(isOnNetwork: true)
    #expect(await stop(environment)?.message.contains("put it on a local disk") == true)
    #expect(try environment.fileSystem.status(environment.path("data.sqlite")) == nil)
  }

  @Test("other software's database is used beside its tables, unless the names clash")
  func foreignTables() async throws {
    let environment = try SQLiteEnvironment()
    defer { environment.remove() }
    let file = environment.path("data.sqlite")
    try SQLiteFixture.execute("CREATE TABLE site (name TEXT)", in: file)
    let store = SQLiteFixture.store(environment)
    try await store.prepare()
    try await store.close()
    let other = environment.path("other.sqlite")
    try SQLiteFixture.execute("CREATE TABLE slice (name TEXT)", in: other)
    #expect(await stop(environment, path: other)?.message.contains("has a table 'slice' that flowrun did not make") == true)
  }
}
