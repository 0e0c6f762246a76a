import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("flowrun follows the system's zone files")
struct ZoneFilesTests {
  @Test("a rule that is newer than the toolchain holds: Vancouver on UTC-7 in December 2026")
  func newerRule() async throws {
    let binary = try BuiltBinary()
    let folder = binary.folder.path("zones/America")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(ZoneFileBytes.vancouver.bytes).write(to: URL(filePath: folder + "/Vancouver"))
    let expression = #"${at:toDate("yyyy-MM-dd HH:mm", "America/Vancouver"):toNumber()}"#
    let result = try await binary.run(
      ["evaluate", expression, "-a", "at=2026-12-20 12:00"], environment: ["TZDIR": binary.folder.path("zones")])
    // 2026-12-20T19:00:00Z
    #expect(result.output == "1797793200000\n", "\(result.output) \(result.errors)")
  }

  @Test("without zone files the run says so, and collects by the rules of the toolchain", .timeLimit(.minutes(5)))
  func noFiles() async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run(
      ["run", BuiltBinary.flow("fitbit")], environment: ["TZDIR": binary.folder.path("nowhere")])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(result.errors.contains("zone rules are those compiled into the program, and may be out of date"), "\(result.errors)")
    #expect(result.errors.contains("there is no zone file"), "\(result.errors)")
  }
}
