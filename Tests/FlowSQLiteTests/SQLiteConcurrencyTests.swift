import Dispatch
import FlowCore
import FlowSQLite
import Foundation
import GRDB
import StudyModel
import Testing

@Suite("Side by side", .timeLimit(.minutes(10)))
struct SQLiteConcurrencyTests {
  let day = SQLiteFixture.day

  private func slice(_ participant: String, _ index: Int64, fetched: Int64 = 1000) -> LedgerSlice {
    SQLiteFixture.slice(day + index * 600, day + (index + 1) * 600, fetched: fetched, participant: participant)
  }
  private func batch(_ index: Int64, value: Int64 = 60) -> RecordBatch {
    SQLiteFixture.heart((0..<10).map { (day + index * 600 + $0 * 60, value) })
  }

  /// Slices a worker. ThreadSanitizer makes each many times dearer, and sees a race in the first few.
  private static let slices: Int64 = ProcessInfo.processInfo.environment["FLOWRUN_SANITIZED"] == nil ? 1250 : 100

  @Test("10,000 slices compared and written concurrently: no lock error, no lost row")
  func compareAndWrite() async throws {
    let fixture = try await SQLiteFixture()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask {
          let name = "P000\(worker)"
          for first in stride(from: Int64(0), to: Self.slices, by: 25) {
            let indices = first..<(first + 25)
            for index in indices {
              let comparison = try await fixture.store.compare(
                batch(index), of: name, in: SQLiteFixture.heartRate, slice: slice(name, index).key)
              #expect(comparison.verdict == .distinct)
            }
            let results = try await fixture.store.write(
              indices.map {
                SliceWrite(table: SQLiteFixture.heartRate, participant: name, batch: batch($0), ledger: slice(name, $0))
              })
            for result in results { #expect(try result.get().inserted == 10) }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try fixture.query("SELECT count(*) FROM fitbit_intraday_hr") == ["\(Self.slices * 80)"])
    #expect(try fixture.query("SELECT count(*), sum(rows), count(DISTINCT participant_id) FROM slice") == ["\(Self.slices * 8)|\(Self.slices * 80)|8"])
  }

  @Test("two processes create the schema and write concurrently", arguments: 1...5)
  func twoProcesses(round: Int) async throws {
    let environment = try SQLiteEnvironment()
    defer { environment.remove() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for process in 0..<4 {
        group.addTask {
          let store = SQLiteFixture.store(environment, agree: ["detail": "1sec"])
          try await store.prepare()
          try await store.prepare(tables: TableSchema.promised)
          for index in Int64(0)..<20 {
            // All write the same slices of one participant, and those of one of their own.
            for name in ["shared", "own-\(process)"] {
              let result = try await store.write([
                SliceWrite(table: SQLiteFixture.heartRate, participant: name, batch: batch(index), ledger: slice(name, index))
              ])
              _ = try result.first?.get()
            }
            try await store.record([slice("shared", 100 + index, fetched: 0)].map { slice in
              var slice = slice
              slice.state = .deferred
              slice.fetchedAt = nil
              return slice
            })
          }
          try await store.close()
        }
      }
      try await group.waitForAll()
    }
    let file = environment.path("data.sqlite")
    #expect(
      try SQLiteFixture.query("SELECT name, count(*) FROM fitbit_intraday_hr JOIN participant USING (participant_id) GROUP BY 1", in: file)
        == ["own-0|200", "own-1|200", "own-2|200", "own-3|200", "shared|200"])
    #expect(
      try SQLiteFixture.query("SELECT state, count(*) FROM slice GROUP BY 1", in: file) == ["deferred|20", "written|100"])
    #expect(try SQLiteFixture.query("PRAGMA integrity_check", in: file) == ["ok"])
  }

  @Test("what one connection committed, every reader sees")
  func readYourWrites() async throws {
    let fixture = try await SQLiteFixture()
    for index in Int64(0)..<50 {
      try await fixture.write(batch(index), slice("P0001", index))
      #expect(try await fixture.store.ledger(of: "P0001", dataTypes: nil).count == Int(index) + 1)
      let known = try await fixture.store.compare(
        batch(index), of: "P0001", in: SQLiteFixture.heartRate, slice: slice("P0001", index).key)
      #expect(known.verdict == .duplicate)
    }
  }

  @Test("no query waits behind a slow reader while another reader is idle")
  func slowReader() async throws {
    let isArmed = Locked(false)
    let begun = DispatchSemaphore(value: 0), release = DispatchSemaphore(value: 0)
    let fixture = try await SQLiteFixture(faultPoint: { boundary in
      let isFirst = isArmed.withLock { isArmed in
        defer { if boundary == .statement { isArmed = false } }
        return isArmed && boundary == .statement
      }
      guard isFirst else { return }
      begun.signal()
      if release.wait(timeout: .now() + .seconds(20)) == .timedOut { Issue.record("the others waited for the slow reader") }
    })
    try await fixture.write(batch(0), slice("P0001", 0))
    isArmed.withLock { $0 = true }
    async let slow = fixture.store.ledger(of: "P0001", dataTypes: nil)
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        begun.wait()
        continuation.resume()
      }
    }
    for _ in 0..<12 { #expect(try await fixture.store.ledger(of: "P0001", dataTypes: nil).count == 1) }
    release.signal()
    #expect(try await slow.count == 1)
  }

  @Test("a wait for a lock is cut short when the program is asked to end")
  func cutShort() async throws {
    let fixture = try await SQLiteFixture()
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: fixture.file, configuration: configuration)
    try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
    let time = DispatchTimeSource()
    let begun = time.monotonic
    fixture.store.cutWaitsShort()
    await #expect(throws: ProcessorError.self) { try await fixture.write(batch(0), slice("P0001", 0)) }
    #expect(time.monotonic - begun < .seconds(SQLiteLimits().busySeconds), "a wait that is not cut short lasts longer")
    try other.inDatabase { try $0.execute(sql: "COMMIT") }
  }

  @Test("on lanes that run in the caller, the same calls produce the same bytes")
  func deterministic() async throws {
    var dumps: [[String]] = []
    for _ in 0..<2 {
      let environment = try SQLiteEnvironment()
      defer { environment.remove() }
      let store = SQLiteDatabase(
        values: PropertyValues(["path": environment.path("data.sqlite")]), environment: environment.runtime { _ in SQLiteInlineLane() })
      try await store.prepare()
      try await store.prepare(tables: TableSchema.promised)
      for index in Int64(0)..<20 {
        let names = ["P\(index % 3)", "P\(index % 2)"]
        _ = try await store.write(
          names.map { SliceWrite(table: SQLiteFixture.heartRate, participant: $0, batch: batch(index), ledger: slice($0, index)) })
      }
      try await store.close()
      let file = environment.path("data.sqlite")
      dumps.append(
        try ["participant", "fitbit_intraday_hr", "slice"].flatMap { try SQLiteFixture.query("SELECT * FROM \($0)", in: file) })
    }
    #expect(dumps[0] == dumps[1])
  }

  @Test("the write-ahead log stays short with readers that never pause")
  func shortLog() async throws {
    var limits = SQLiteLimits()
    limits.logPages = 100
    let fixture = try await SQLiteFixture(limits: limits)
    let isDone = Locked(false)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          while !isDone.withLock({ $0 }) { _ = try await fixture.store.ledger(of: "P0001", dataTypes: nil) }
        }
      }
      for index in Int64(0)..<60 {
        let start = day + index * 3600
        try await fixture.write(
          SQLiteFixture.heart((0..<3600).map { (start + $0, 60) }), SQLiteFixture.slice(start, start + 3600))
      }
      isDone.withLock { $0 = true }
      try await group.waitForAll()
    }
    // 60 hours take about 1,000 pages; a log that never restarted would contain them all.
    let size = try #require(try fixture.environment.fileSystem.status(fixture.file + "-wal")).sizeBytes
    #expect(size < 200 * 4096)
  }

  @Test("a lock held by another program is reported as such, and the slice can be retried")
  func lockedByAnother() async throws {
    var limits = SQLiteLimits()
    limits.busySeconds = 0
    let fixture = try await SQLiteFixture(limits: limits)
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: fixture.file, configuration: configuration)
    try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
    let error = await #expect(throws: ProcessorError.self) { try await fixture.write(batch(0), slice("P0001", 0)) }
    #expect(error?.failure.cause == .database)
    #expect(error?.description.contains("it stayed locked by another process") == true)
    let store = SQLiteFixture.store(fixture.environment, limits: limits)
    let stop = await #expect(throws: StopRun.self) { try await store.prepare() }
    #expect(stop?.reason == .unavailable && stop?.message.contains("it is locked by another process") == true)
    try other.inDatabase { try $0.execute(sql: "COMMIT") }
    #expect(try await fixture.write(batch(0), slice("P0001", 0)).inserted == 10)
  }
}
