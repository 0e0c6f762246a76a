import FlowCore
import Foundation
import GRDB
import StudyModel
import Testing
@testable import FlowSQLite

@Suite("Reads have connections of their own")
struct ReaderTests {
  @Test("a reader cannot write and keeps at most 2 MiB of pages")
  func readOnly() async throws {
    let fixture = try await SQLiteFixture()
    let cache = try await fixture.store.onReader { session in try session.rows("PRAGMA cache_size").map { $0[0] as Int } }
    #expect(cache == [-2048])
    await #expect(throws: (any Error).self) { try await fixture.store.onReader { try $0.execute("DELETE FROM participant") } }
    try await fixture.store.close()
  }

  @Test("the last connection to close is the writer, which removes the log")
  func close() async throws {
    let fixture = try await SQLiteFixture()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<16 { group.addTask { _ = try await fixture.store.progress(of: "P0001", from: 0) } }
      try await group.waitForAll()
    }
    #expect(FileManager.default.fileExists(atPath: fixture.file + "-wal"))
    try await fixture.store.close()
    #expect(!FileManager.default.fileExists(atPath: fixture.file + "-wal"))
    await #expect(throws: (any Error).self) { _ = try await fixture.store.progress(of: "P0001", from: 0) }
  }
}
