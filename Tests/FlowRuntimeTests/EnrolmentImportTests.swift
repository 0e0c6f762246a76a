import FlowCore
import FlowTesting
import StudyModel
import StudyParticipants
import Testing

@testable import FlowRuntime

@Suite("An enrolment table is imported completely or not at all")
struct EnrolmentImportTests {
  private func importing(_ table: String, _ bench: MemoryBatch, updates: Bool = false) async throws -> EnrolmentImport.Report {
    guard case .imported(let report) = try await outcome(table, bench, updates: updates) else {
      throw Diagnostics([Diagnostic(.enrolmentTable, file: "people.csv", found: "the table is refused", expected: "an import")])
    }
    return report
  }

  private func problems(_ table: String, _ bench: MemoryBatch) async throws -> [Diagnostic] {
    guard case .refused(let problems) = try await outcome(table, bench, updates: false) else { return [] }
    return problems
  }

  private func outcome(_ table: String, _ bench: MemoryBatch, updates: Bool) async throws -> EnrolmentImport.Outcome {
    bench.files.put("people.csv", table)
    return try await EnrolmentImport(bench.batch, file: "people.csv", updates: updates).run()
  }

  @Test("a first import enrols everybody, the same again changes nothing")
  func twice() async throws {
    let bench = try MemoryBatch()
    let table = "participant,refresh_token,enrolled\nP1,REFRESH-1,2026-01-05\nP2,,2026-01-06\n"
    let first = try await importing(table, bench)
    #expect(first.created == 2 && first.needsConsent == 1 && first.unchanged == 0 && first.status == .success)
    let before = bench.participants.map { bench.files.text($0) }
    let second = try await importing(table, bench)
    #expect(second.created == 0 && second.unchanged == 2)
    #expect(bench.participants.map { bench.files.text($0) } == before)
  }

  @Test("every problem is reported in the order of the lines, and no participant is enrolled")
  func refused() async throws {
    let bench = try MemoryBatch()
    bench.enrol("P9")
    let table = "participant,refresh_token,enrolled\nP1,REFRESH-1,2026-01-05\nP9,REFRESH-9,2026-01-05\nP2,REFRESH-2,soon\n"
    let problems = try await problems(table, bench)
    #expect(problems.map { $0.position?.line } == [3, 4])
    #expect(bench.participants == ["batch/P9.json"])
    #expect(!problems.contains { $0.description.contains("REFRESH") })
  }

  @Test("differing values of a line are adopted on request")
  func updates() async throws {
    let bench = try MemoryBatch()
    bench.enrol("P1")
    let table = "participant,enrolled,zone\nP1,2026-01-05,Europe/Berlin\n"
    #expect(try await problems(table, bench).count == 1)
    let report = try await importing(table, bench, updates: true)
    #expect(report.updated == 1)
    #expect(try bench.file("P1").zone == "Europe/Berlin")
  }

  @Test("a participant leased by another run is left unchanged and named; the others are enrolled (75)")
  func held() async throws {
    let bench = try MemoryBatch()
    bench.enrol("P1")
    let other = try await bench.hold("P1")
    let report = try await importing("participant,enrolled,zone\nP1,2026-01-05,Europe/Berlin\nP2,2026-01-05,\n", bench, updates: true)
    try await other.close()
    #expect(report.left == [.init(participant: "P1", reason: .heldByAnotherRun)] && report.created == 1)
    #expect(report.status == .retryableLeft)
    #expect(try bench.file("P1").zone == nil)
  }

  @Test("a missing file is a usage error (64)")
  func absent() async throws {
    let bench = try MemoryBatch()
    let error = await #expect(throws: Diagnostics.self) { try await EnrolmentImport(bench.batch, file: "nothere.csv").run() }
    #expect(error?.description.contains("nothere.csv") == true)
  }
}
