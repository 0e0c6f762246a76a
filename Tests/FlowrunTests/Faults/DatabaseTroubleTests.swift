import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import GRDB
import StudyModel
import Testing

@Suite("A database that is held or damaged")
struct DatabaseTroubleTests {
  @Test("another program locks it for a while: the run waits and collects everything", .timeLimit(.minutes(5)), arguments: [false, true])
  func heldForAWhile(isMade: Bool) async throws {
    let study = try await Study(participants: 3, days: 1)
    if isMade {
      #expect(try await study.run().result.exit == 0)
      try study.simulator.advance(by: .seconds(9 * 3600))
    }
    let holder = try Self.holder(study.database)
    try await holder.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
    _ = DispatchTimeSource().schedule(after: .milliseconds(1500)) {
      do { try holder.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") } } catch { Issue.record(error) }
    }
    let (result, _) = try await study.run()
    #expect(result.exit == 0, "\(result.errors)")
    try holder.close()
    try await study.expectEverything("")
    await study.simulator.stop()
  }

  @Test(
    "another program holds it for ever: the run says so and loses nothing",
    .enabled(if: ProcessInfo.processInfo.environment["FLOWRUN_SOAK"] != nil, "takes minutes; set FLOWRUN_SOAK"), .timeLimit(.minutes(10)),
    arguments: [false, true])
  func heldForEver(isMade: Bool) async throws {
    let study = try await Study(participants: 2, days: 1)
    if isMade {
      #expect(try await study.run().result.exit == 0)
      try study.simulator.advance(by: .seconds(9 * 3600))
    }
    let holder = try Self.holder(study.database)
    try await holder.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
    let held = try await study.flowrun()
    #expect(held.exit == 69, "\(held.errors)")
    #expect(held.errors.contains("it is locked by another process"), "\(held.errors)")
    try await holder.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    try holder.close()
    #expect(try await study.run().result.exit == 0)
    try await study.expectEverything("")
    await study.simulator.stop()
  }

  /// A connection that may hold a lock from one call to the next.
  private static func holder(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  enum Damage: String, CaseIterable, Sendable {
    case garbageHeader, truncated, cutInHalf, pageFlipped, noTables, isFolder
  }

  @Test("a damaged one is reported by name and left unchanged; restored, the next run continues", .timeLimit(.minutes(5)), arguments: Damage.allCases)
  func damaged(_ damage: Damage) async throws {
    let study = try await Study(participants: 3, days: 1)
    #expect(try await study.run().result.exit == 0)
    try study.simulator.advance(by: .seconds(9 * 3600))
    let sound = try Data(contentsOf: URL(filePath: study.database))
    try Self.apply(damage, to: study.database, sound)
    let damagedBytes = FileManager.default.contents(atPath: study.database)
    let result = try await study.flowrun()
    #expect(result.exit == 69, "\(result.exit) \(result.errors)\(result.output)")
    #expect(result.errors.contains("database 'study.sqlite'"), "\(result.errors)")
    #expect(FileManager.default.contents(atPath: study.database) == damagedBytes, "it was written to")

    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: study.database + suffix) }
    try sound.write(to: URL(filePath: study.database))
    let (last, report) = try await study.run()
    #expect(last.exit == 0, "\(last.errors)")
    #expect(report.number("errors", "count") == 0)
    try await study.expectEverything("\(damage)")
    await study.simulator.stop()
  }

  private static func apply(_ damage: Damage, to path: String, _ sound: Data) throws {
    var bytes = sound
    switch damage {
    case .garbageHeader: bytes.replaceSubrange(0..<100, with: (0..<100).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) })
    case .truncated: bytes = bytes.prefix(700)
    case .cutInHalf: bytes = bytes.prefix(bytes.count / 2)
    // Every page but the first: whichever is read first is no page any more.
    case .pageFlipped: bytes.replaceSubrange(4096..<bytes.count, with: bytes[4096...].map { ~$0 })
    case .noTables:
      // Other software created the table first.
      try FileManager.default.removeItem(atPath: path)
      let queue = try DatabaseQueue(path: path)
      try queue.write { try $0.execute(sql: "CREATE TABLE slice (x)") }
      try queue.close()
      return
    case .isFolder:
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      return
    }
    try bytes.write(to: URL(filePath: path))
  }

  @Test("64 open files are enough, or the message names the limit", .timeLimit(.minutes(5)))
  func fewDescriptors() async throws {
    let study = try await Study(participants: 12, days: 2) { $0.faults = [Fault(.slow(milliseconds: 60), share: 1)] }
    // What this test's own process has open is not the program's.
    let script = #"for file in /proc/self/fd/*; do n=${file##*/}; [ $n -gt 2 ] && eval "exec $n>&-"; done; ulimit -n 64; exec "$@""#
    let result = try await study.flowrun(through: ["/bin/bash", "-c", script, "bash"])
    #expect([0, 75].contains(result.exit), "\(result.errors)\(result.output)")
    if result.exit != 0 { #expect(result.errors.contains("ulimit -n"), "\(result.errors)") }
    try await study.restart()
    let (last, _) = try await study.run()
    #expect(last.exit == 0, "\(last.errors)")
    try await study.expectEverything("")
    await study.simulator.stop()
  }
}
