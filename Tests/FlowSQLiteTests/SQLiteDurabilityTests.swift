import FlowCore
import FlowFileSystem
import Foundation
import GRDB
import StudyModel
import Testing

@testable import FlowSQLite


/// SQLite keeps commits in order for these settings: a power cut takes them from the end. What depends on one comes after `synchronize`.
@Suite("How SQLite makes commits durable")
struct SQLiteDurabilityTests {
  @Test("the write-ahead log is synchronised when it is copied, not at every commit")
  func settings() async throws {
    let fixture = try await SQLiteFixture()
    let settings = try await fixture.store.onWriter { session -> [String] in
      try ["synchronous", "journal_mode"].map { name in
        let value: DatabaseValue? = try session.rows("PRAGMA \(name)").first.map { $0[0] }
        return value?.storage.value.map { "\($0)" } ?? ""
      }
    }
    // 1 is NORMAL.
    #expect(settings == ["1", "wal"])
  }

  /// Counts the fsyncs of a database's log, and makes them fail.
  private final class Log: Sendable {
    private let state = Locked((count: 0, fails: false))
    var count: Int { state.withLock { $0.count } }
    func fail(_ fails: Bool) { state.withLock { $0.fails = fails } }

    func watch(_ environment: inout SQLiteEnvironment) {
      environment.fileSystem = GuardedFileSystem(POSIXFileSystem()) { [self] boundary, path in
        guard boundary == "file.synchronize", path.hasSuffix("-wal") else { return }
        let fails = state.withLock { state in
          state.count += 1
          return state.fails
        }
        if fails { throw FileSystemError(operation: "fsync", path: path, errno: EIO, reason: "Input/output error") }
      }
    }
  }

  @Test("callers at the same time share an fsync, and each call is followed by one")
  func shared() async throws {
    var environment = try SQLiteEnvironment()
    defer { environment.remove() }
    let log = Log()
    log.watch(&environment)
    let store = SQLiteFixture.store(environment)
    try await store.prepare()
    #expect(log.count == 1)
    try await store.synchronize()
    #expect(log.count == 2)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<200 { group.addTask { try await store.synchronize() } }
      try await group.waitForAll()
    }
    #expect(log.count < 150, "\(log.count)")
    let before = log.count
    try await store.close()
    #expect(log.count == before + 1)
  }

  @Test("after a failed fsync no later one counts: the system may have dropped what it could not write")
  func failed() async throws {
    var environment = try SQLiteEnvironment()
    defer { environment.remove() }
    let log = Log()
    log.watch(&environment)
    let store = SQLiteFixture.store(environment)
    try await store.prepare()
    log.fail(true)
    let first = await #expect(throws: ProcessorError.self) { try await store.synchronize() }
    #expect(first?.failure.cause == .disk && first?.failure.message.contains("fsync") == true)
    log.fail(false)
    await #expect(throws: ProcessorError.self) { try await store.synchronize() }
    await #expect(throws: ProcessorError.self) { try await store.close() }
    try await store.prepare()
    try await store.synchronize()
    try await store.close()
  }

  @Test("a database behind a link has its log beside the file itself")
  func link() async throws {
    let environment = try SQLiteEnvironment()
    defer { environment.remove() }
    try FileManager.default.createDirectory(atPath: environment.path("disk"), withIntermediateDirectories: true)
    try Data().write(to: URL(filePath: environment.path("disk/real.sqlite")))
    try FileManager.default.createSymbolicLink(atPath: environment.path("data.sqlite"), withDestinationPath: environment.path("disk/real.sqlite"))
    let store = SQLiteFixture.store(environment)
    try await store.prepare()
    try await store.synchronize()
    try await store.close()
  }
}
