import FlowCore
import FlowRuntime
import FlowTesting
import Foundation
import StudyModel
import Testing

@testable import StudyParticipants

@Suite("A refused token is sent once more if a person requests it")
struct TokenRetryTests {
  /// What is noted of a token names it by its digest.
  private static func refused(_ participant: String) -> String {
    """
    , "token": {"refresh_token_sha256": "\(TokenRecord(refreshToken: "REFRESH-1-\(participant)").refreshTokenDigest)", "state": "needs_consent", \
    "refused": [{"token_url": "\(MemoryBatch.tokenURL)", "client_id": "study"}]}
    """
  }

  private func bench() throws -> MemoryBatch {
    let bench = try MemoryBatch()
    bench.enrol("P1", Self.refused("P1"))
    bench.enrol("P2")
    bench.files.put("batch/P3.json", #"{"participant": "P3", "previous_sync": "2026-01-05T00:00:00Z", "token": {"state": "needs_consent"}}"#)
    bench.enrol("P4", Self.refused("P4"))
    bench.files.put("batch/P5.json", "{")
    return bench
  }

  @Test("each participant has a result, and only a refusal is forgotten")
  func results() async throws {
    let bench = try bench()
    let other = try await bench.hold("P4")
    let report = try await TokenRetry(bench.batch).run(["P?"])
    try await other.close()
    #expect(report.changes.map(\.result) == [.retried, .notRefused, .noToken, .held, .unreadable])
    #expect(report.asker == TokenAsker(endpoint: MemoryBatch.tokenURL, client: "study"))
    #expect(report.changes.map { $0.problem == nil } == [true, true, true, true, false])
    #expect(report.status == .retryableLeft)
    #expect(try bench.file("P1").token.state == .live)
    #expect(try bench.file("P4").token.isRefused(to: report.asker))
    #expect(bench.transport.requests.isEmpty)
  }

  @Test("the exit status says what is left", arguments: [("P1", 0), ("P2", 0), ("P3", 65), ("P5", 65)] as [(String, Int32)])
  func status(participant: String, expected: Int32) async throws {
    #expect(try await TokenRetry(bench().batch).run([participant]).status.rawValue == expected)
  }

  @Test("a pattern that matches no participant changes none")
  func nobody() async throws {
    let bench = try bench()
    await #expect(throws: Diagnostics.self) { try await TokenRetry(bench.batch).run(["P1", "Q*"]) }
    #expect(try bench.file("P1").token.state == .needsConsent)
  }

  @Test("as JSON a result has its two members")
  func json() async throws {
    let report = try await TokenRetry(bench().batch).run(["P5"])
    #expect(String(decoding: try JSONEncoder().encode(report.changes), as: UTF8.self).contains("problem") == false)
  }
}
