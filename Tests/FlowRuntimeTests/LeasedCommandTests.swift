import FlowCore
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants
import StudyTesting
import Testing

@testable import FlowRuntime

@Suite("Commands on participants that are leased among hosts")
struct LeasedCommandTests {
  /// A batch whose store leases participants; another host has P1.
  private struct Bench {
    let medium = MemoryStore.Medium()
    let other: MemoryStore
    var batch: MemoryBatch

    init() async throws {
      var batch = try MemoryBatch()
      batch.variables = ["FLOWRUN_PARTICIPANT_KEY": String(repeating: "a7", count: 32)]
      batch.files.put("batch/.batch", "id-1")
      for name in ["P1", "P2"] { batch.enrol(name) }
      let clock = batch.time, medium = medium
      batch.store = { _, environment in MemoryStore(on: medium, leasing: MemoryLeasing(environment, clock: clock)) }
      other = MemoryStore(
        on: medium, leasing: MemoryLeasing(party: LeaseParty(run: "run-9", host: "far", batchID: "id-1", batch: "far:/batch"), clock: clock, heartbeat: clock))
      self.batch = batch
      try await other.prepare()
      _ = try await other.leases?.acquire("P1")
    }
  }

  enum Command: String, CaseIterable, Sendable { case pause, retryToken, encrypt, withdraw, erase, update, authorize }

  /// Runs a command on both participants. Returns whether P1 was left to the other host.
  private func run(_ command: Command, _ bench: Bench) async throws -> Bool {
    let batch = try bench.batch.batch
    switch command {
    case .pause: return try await CollectionChange(batch, to: .paused).run(["P1", "P2"]).heldByAnotherRun == ["P1"]
    case .retryToken: return try await TokenRetry(batch).run(["P*"]).changes.map(\.result) == [.held, .notRefused]
    case .encrypt: return try await BatchEncryption(batch).encrypt().held == ["P1"]
    case .withdraw: return try await Withdrawal(batch, erasesFrom: nil).run(["P1", "P2"]).heldByAnotherRun == ["P1"]
    case .erase: return try await Withdrawal(batch, erasesFrom: "errors").run(["P1", "P2"]).heldByAnotherRun == ["P1"]
    case .update:
      bench.batch.files.put("people.csv", "participant,enrolled,zone\nP1,2026-01-05,Europe/Berlin\nP2,2026-01-05,Europe/Berlin\n")
      guard case .imported(let report) = try await EnrolmentImport(batch, file: "people.csv", updates: true).run() else { return false }
      return report.left.map(\.participant) == ["P1"]
    case .authorize:
      do {
        _ = try await Authorization(
          Authorization.Request(participant: "P1", port: 8765, state: "state"), graph: bench.batch.graph, on: bench.batch.machine
        ).link()
        return false
      } catch let refusal as CommandRefusal {
        return refusal == .heldByAnotherRun("P1", next: "authorize when that run has ended")
      }
    }
  }

  @Test("whom another host has is left unchanged; the lease is given back after the command", arguments: Command.allCases)
  func left(_ command: Command) async throws {
    let bench = try await Bench()
    let before = bench.batch.files.text("batch/P1.json")
    #expect(try await run(command, bench))
    #expect(bench.batch.files.text("batch/P1.json") == before)
    #expect(try await bench.other.leases?.confirm("P1") == true)
    #expect(try await bench.other.leases?.acquire("P2") == .acquired, "it is free again")
    try await bench.other.leases?.release(["P1", "P2"])
    #expect(try await !run(command, bench))
    for participant in ["P1", "P2"] { #expect(try await bench.other.leases?.acquire(participant) == .acquired) }
  }

  @Test("a participant of another batch is not changed by the commands of this one (65)")
  func elsewhere() async throws {
    let bench = try await Bench()
    bench.batch.files.put("batch/.batch", "id-2")
    let error = await #expect(throws: ProcessorError.self) { try await Withdrawal(bench.batch.batch, erasesFrom: "errors").run(["P1"]) }
    #expect(error?.description.contains("far:/batch") == true && error.map { RunVerdict.exitCode(of: $0) } == .needsPerson)
    #expect(try bench.batch.file("P1").collection == .active)
  }
}
