import FlowSimulator
import FlowTesting
import Foundation
import Testing

/// A small file system for the test, where the system permits mounting one.
private struct SmallDisk {
  let path: String

  /// nil: this user may not mount.
  init?(at path: String, size: String) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard geteuid() == 0, try Self.run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path]) else { return nil }
  }

  func unmount() throws { _ = try Self.run("/bin/umount", [path]) }

  private static func run(_ program: String, _ arguments: [String]) throws -> Bool {
    guard FileManager.default.isExecutableFile(atPath: program) else { return false }
    do { _ = try TestProgram.runBlocking([program] + arguments) } catch is TestProgram.Failure { return false }
    return true
  }

  static let isPermitted: Bool = {
    guard let folder = try? TemporaryFolder(), let disk = try? SmallDisk(at: folder.path("disk"), size: "64k") else { return false }
    return (try? disk.unmount()) != nil
  }()
}

@Suite("Too little room on disk")
struct SpaceTests {
  @Test(
    "a database that would not fit is exit 1 before anything starts, and with room enough the same run goes through",
    .enabled(if: SmallDisk.isPermitted, "mounting a small disk is not permitted here"), .timeLimit(.minutes(5)))
  func smallDisk() async throws {
    let study = try await Study(participants: 4, days: 1)
    let disk = try #require(try SmallDisk(at: study.binary.folder.path("small"), size: "2m"))
    let arguments = ["run", BuiltBinary.flow("fitbit")] + study.parameters.map { $0.hasPrefix("database=") ? "database=small/deeper/study.sqlite" : $0 }
    let checked = try await study.binary.run(["check"] + arguments.dropFirst())
    let asked = study.simulator.statistics.totalRequests
    let refused = try await study.binary.run(arguments)
    try disk.unmount()
    #expect(checked.exit == 1, "\(checked.output)")
    #expect(checked.output.contains("FAIL  space") && checked.output.contains("choose a path on another disk"), "\(checked.output)")
    #expect(refused.exit == 1, "\(refused.errors)")
    for words in ["not enough disk space: database 'small/deeper/study.sqlite' needs about", "4 participants", "are free there", "free another"] {
      #expect(refused.errors.contains(words), "\(refused.errors)")
    }
    #expect(study.simulator.statistics.totalRequests == asked)
    #expect(!FileManager.default.fileExists(atPath: study.binary.folder.path(".flowrun")))
    #expect(try await study.binary.run(arguments).exit == 0)
    await study.simulator.stop()
  }
}
