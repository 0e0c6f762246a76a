import FlowCore
import FlowFileSystem
import FlowTesting
import Foundation
import GRDB
import StudyModel
import Testing

@testable import FlowSQLite

/// The power goes at every call in turn: of the commits of two processes a first part is left, at least as long as what was synchronised.
@Suite("Commits and power cuts")
struct CommitPowerCutTests {
  private static let rowsPerSlice: Int64 = 40
  /// What the work has got back from calls.
  private struct Progress: Sendable {
    var committed = 0
    /// The number of commits that a barrier or the closing of a store has made durable.
    var durable = 0
  }

  private static func slice(_ number: Int) -> (RecordBatch, LedgerSlice) {
    let start = SQLiteFixture.day + Int64(number) * 3600
    return (
      SQLiteFixture.heart((0..<rowsPerSlice).map { (start + $0, Int64(number)) }),
      SQLiteFixture.slice(start, start + 3600)
    )
  }

  private static func store(_ files: any FileSystem, _ folder: String, _ faults: FaultPlan) throws -> SQLiteDatabase {
    var limits = SQLiteLimits()
    // The log starts anew several times.
    limits.logPages = 60
    var environment = SQLiteEnvironment(in: folder)
    environment.fileSystem = files
    // Between the statements of a transaction nothing is written.
    return SQLiteFixture.store(
      environment, path: folder + "/data/study.sqlite", faultPoint: { if $0 != .statement { try faults.pass("sql.\($0.rawValue)") } },
      limits: limits)
  }

  /// Two stores write in turn; one is closed before the end.
  private static func work(_ files: any FileSystem, _ folder: String, _ faults: FaultPlan, _ progress: Locked<Progress>) async throws {
    let stores = [try store(files, folder, faults), try store(files, folder, faults)]
    do {
      try await work(stores, progress)
    } catch {
      // A dead process has no connection left. One that this process closes later would remove the log of the next boot by its name.
      for store in stores { do { try await store.close() } catch _ {} }
      throw error
    }
  }

  private static func work(_ stores: [SQLiteDatabase], _ progress: Locked<Progress>) async throws {
    for store in stores {
      try await store.prepare()
      try await store.prepare(tables: [SQLiteFixture.heartRate])
    }
    func write(_ number: Int, _ store: SQLiteDatabase) async throws {
      let (batch, slice) = slice(number)
      let results = try await store.write([SliceWrite(table: SQLiteFixture.heartRate, participant: "P0001", batch: batch, ledger: slice)])
      _ = try results[0].get()
      progress.withLock { $0.committed = number + 1 }
    }
    func durable() { progress.withLock { $0.durable = $0.committed } }
    for number in 0..<16 {
      try await write(number, stores[number % 2])
      if number % 3 == 1 {
        try await stores[number % 4 / 2].synchronize()
        durable()
      }
      // What a run does once there is much to copy.
      if number % 5 == 4 { try await stores[0].onWriter { _ = try $0.database.checkpoint(.passive) } }
    }
    try await stores[1].close()
    durable()
    try await write(16, stores[0])
    try await stores[0].close()
    durable()
  }

  @Test("at any call: the database is whole, and what was synchronised is there", .timeLimit(.minutes(20)))
  func atAnyCall() async throws {
    let faults = FaultPlan()
    let whole = try FileSystemFixture()
    try await Self.work(GuardedFileSystem(whole.fileSystem, faults: faults), whole.path, faults, Locked(Progress()))
    let calls = faults.callCount
    #expect(calls > 80)
    var left: Set<Int> = []
    for call in 1...calls + 1 {
      for seed in 0..<2 as Range<UInt64> {
        left.insert(try await Self.check(call: call <= calls ? call : nil, seed: UInt64(call) * 2 + seed))
      }
    }
    // Neither all nor nothing each time.
    #expect(left.isSuperset(of: 1...17), "\(left.sorted())")
  }

  /// Returns the number of commits that are left.
  private static func check(call: Int?, seed: UInt64) async throws -> Int {
    let comment: Comment = "call \(call.map(String.init) ?? "none"), seed \(seed)"
    let fixture = try FileSystemFixture()
    let disk = try PowerCutFileSystem(fixture.fileSystem, root: fixture.path)
    let faults = FaultPlan(), progress = Locked(Progress())
    if let call { disk.losePower(at: call, of: faults) }
    do {
      try await work(GuardedFileSystem(disk, faults: faults), fixture.path, faults, progress)
    } catch {
      #expect(call != nil, "\(comment): \(error)")
    }
    try disk.cutPower(seed: seed)
    let promised = progress.withLock { $0 }
    let next = try store(fixture.fileSystem, fixture.path, FaultPlan())
    try await next.prepare()
    try await next.prepare(tables: [SQLiteFixture.heartRate])
    let ledger = try await next.ledger(of: "P0001", dataTypes: nil)
    #expect(ledger.map(\.key.start) == ledger.indices.map { SQLiteFixture.day + Int64($0) * 3600 }, comment)
    // The commit of the failing call may be there too.
    #expect(promised.durable...promised.committed + 1 ~= ledger.count, "\(comment): \(promised), \(ledger.count) left")
    let path = fixture.path + "/data/study.sqlite"
    #expect(try SQLiteFixture.query("PRAGMA integrity_check", in: path) == ["ok"], comment)
    #expect(try SQLiteFixture.query("SELECT count(*) FROM fitbit_intraday_hr", in: path) == ["\(Int64(ledger.count) * rowsPerSlice)"], comment)
    try await next.close()
    return ledger.count
  }
}
