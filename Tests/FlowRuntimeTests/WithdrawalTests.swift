import FlowCore
import FlowErrors
import FlowFileSystem
import FlowTesting
import StudyModel
import StudyParticipants
import Testing

@testable import FlowRuntime

@Suite("Withdrawing ends the collecting first, then erases")
struct WithdrawalTests {
  @Test("kept data are unchanged; only the file is written")
  func kept() async throws {
    let study = try await CollectedStudy()
    try await study.fail("P0001")
    let outcomes = try await Withdrawal(study.batch, erasesFrom: nil).run(["P0001"])
    #expect(outcomes.done == [Withdrawal.Report(participant: "P0001", data: .kept)])
    #expect(study.changes.withLock { $0 } == ["file.rename participants/P0001.json"])
    #expect(try study.file("P0001").collection == .withdrawn)
    #expect(try await study.entries() == ["P0001"])
  }

  @Test("first the file is marked, then the error entries are removed, then the database rows")
  func order() async throws {
    let study = try await CollectedStudy()
    try await study.fail("P0001")
    try await study.fail("P0002")
    let told = Locked<[Withdrawal.Notice]>([])
    let outcomes = try await Withdrawal(study.batch, erasesFrom: study.errors) { notice in told.withLock { $0.append(notice) } }.run(["P0001"])
    let report = try #require(outcomes.done.first)
    #expect(report.errors == 1 && (report.slices ?? 0) > 0 && (report.rows?["fitbit_intraday_hr"] ?? 0) > 0)
    #expect(told.withLock { $0 } == [.withdrawn(report)])
    let changes = study.changes.withLock { $0 }
    let (file, entry, commit) = (
      changes.firstIndex { $0.hasSuffix("participants/P0001.json") }, changes.firstIndex { $0.hasPrefix("file.remove errors/") }, changes.firstIndex(of: "sql.commit")
    )
    #expect(file == 0)
    #expect(try #require(entry) < #require(commit))
    #expect(try await study.entries() == ["P0002"])
    #expect(try study.file("P0002").collection == .active)
  }

  @Test("the index of the error folder, which names the participant, is removed after the entries")
  func index() async throws {
    let study = try await CollectedStudy()
    try await study.fail("P0001")
    let state = study.folder.path("state")
    let index = ErrorFolder.indexes(inState: state) + "/fitbit"
    let folder = ErrorFolder(
      folder: study.errors, fileSystem: POSIXFileSystem(), lane: InlineLane(), indexes: ErrorFolder.indexes(inState: state))
    try await folder.keep(try await folder.summaries(flow: "fitbit"), without: [], flow: "fitbit")
    #expect(String(decoding: try POSIXFileSystem().read(index), as: UTF8.self).contains("P0001"))
    _ = try await Withdrawal(study.batch, erasesFrom: study.errors, state: state).run(["P0001"])
    #expect(try POSIXFileSystem().status(index) == nil)
    let removed = study.changes.withLock { $0 }.filter { $0.hasPrefix("file.remove ") }
    let place = try #require(removed.firstIndex(of: "file.remove state/error-index/fitbit"))
    #expect(removed[..<place].contains { $0.hasPrefix("file.remove errors/") })
    #expect(!removed[place...].contains { $0.hasPrefix("file.remove errors/") })
  }

  @Test("where the file cannot be written, nothing is erased")
  func fileRefuses() async throws {
    let study = try await CollectedStudy(participants: 1)
    try await study.fail("P0001")
    study.faults.fail("file.rename", call: (study.faults.calls["file.rename"] ?? 0) + 1)
    await #expect(throws: (any Error).self) { try await Withdrawal(study.batch, erasesFrom: study.errors).run(["P0001"]) }
    #expect(study.changes.withLock { $0 } == [])
    #expect(try await study.entries() == ["P0001"])
  }

  @Test("a database that refuses leaves a withdrawn participant, and repeating it erases the rest")
  func databaseRefuses() async throws {
    let study = try await CollectedStudy(participants: 1)
    try await study.fail("P0001")
    study.faults.fail("sql.commit", call: (study.faults.calls["sql.commit"] ?? 0) + 2, with: ProcessorError(.disk, "the disk is full"))
    // The first commit opens the database, the second one would be the ledger's.
    await #expect(throws: (any Error).self) { try await Withdrawal(study.batch, erasesFrom: study.errors).run(["P0001"]) }
    #expect(try study.file("P0001").collection == .withdrawn)
    #expect(try await study.entries() == [])
    let report = try #require(try await Withdrawal(study.batch, erasesFrom: study.errors).run(["P0001"]).done.first)
    #expect(report.errors == 0 && (report.slices ?? 0) > 0)
    let again = try #require(try await Withdrawal(study.batch, erasesFrom: study.errors).run(["P0001"]).done.first)
    #expect(again.slices == 0 && again.rows == [:])
  }

  @Test("a participant leased by another run is left unchanged, and reported at its turn")
  func held() async throws {
    let bench = try MemoryBatch()
    bench.enrol("P1")
    bench.enrol("P2")
    let other = try await bench.hold("P1")
    let told = Locked<[Withdrawal.Notice]>([])
    let outcomes = try await Withdrawal(bench.batch, erasesFrom: nil) { notice in told.withLock { $0.append(notice) } }.run(["P1", "P2"])
    try await other.close()
    #expect(outcomes.heldByAnotherRun == ["P1"] && outcomes.status == .retryableLeft)
    #expect(told.withLock { $0 } == [.heldByAnotherRun("P1"), .withdrawn(Withdrawal.Report(participant: "P2", data: .kept))])
    #expect(try bench.file("P1").collection == .active)
  }
}
