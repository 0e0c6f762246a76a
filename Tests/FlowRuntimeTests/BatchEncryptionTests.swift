import FlowCore
import FlowRuntime
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants
import Testing

@Suite("The participant files of a batch are encrypted and decrypted together")
struct BatchEncryptionTests {
  private static let key = ["FLOWRUN_PARTICIPANT_KEY": String(repeating: "a7", count: 32)]

  @Test("encrypted and decrypted, each file once, and no token is in plain text in between")
  func thereAndBack() async throws {
    var bench = try MemoryBatch()
    bench.variables = Self.key
    bench.enrol("P1")
    bench.enrol("P2")
    let before = try bench.file("P1")
    #expect(try await BatchEncryption(bench.batch).encrypt().changed == 2)
    #expect(bench.files.text("batch/P1.json")?.contains("REFRESH") == false)
    let again = try await BatchEncryption(bench.batch).encrypt()
    #expect(again.changed == 0 && again.unchanged == 2)
    #expect(try await BatchEncryption(bench.batch).decrypt().changed == 2)
    #expect(try bench.file("P1") == before)
  }

  @Test("without a key no file is touched")
  func noKey() async throws {
    let bench = try MemoryBatch()
    bench.enrol("P1")
    let before = bench.files.text("batch/P1.json")
    await #expect(throws: Diagnostics.self) { try await BatchEncryption(bench.batch).encrypt() }
    #expect(bench.files.text("batch/P1.json") == before)
  }

  @Test("leased participants and unreadable files are named and counted; a lease decides the exit status (75)")
  func left() async throws {
    var bench = try MemoryBatch()
    bench.variables = Self.key
    bench.enrol("P1")
    bench.files.put("batch/P2.json", "{")
    let report = try await BatchEncryption(bench.batch).encrypt()
    #expect(report.changed == 1 && report.unreadable.count == 1 && report.status == .needsPerson)
    let other = try await bench.hold("P1")
    let second = try await BatchEncryption(bench.batch).decrypt()
    try await other.close()
    #expect(second.held == ["P1"] && second.status == .retryableLeft)
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(second)) as? [String: Int]
    #expect(json == ["changed": 0, "unchanged": 0, "held": 1, "unreadable": 1])
  }
}
