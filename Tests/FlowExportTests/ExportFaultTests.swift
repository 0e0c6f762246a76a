import FlowCore
import FlowFileSystem
import FlowObjects
import FlowTesting
import Foundation
import StudyLedger
import StudyModel
import Testing

@testable import FlowExport

@Suite("Exports that are interrupted")
struct ExportFaultTests {
  typealias Bench = ExportBench

  /// Calls from one that fails to the next; odd, so that both patterns take turns. The change of the store is made anew for each, which takes long under ThreadSanitizer.
  private static let step = ProcessInfo.processInfo.environment["FLOWRUN_SANITIZED"] == nil ? 9 : 45

  /// A store of which an export was made, and that has changed since; the target then, and as it must become.
  private static func changed() async throws -> (bench: Bench, old: [String: [UInt8]], new: [String: [UInt8]]) {
    let bench = try await Bench()
    try await bench.fill()
    try await bench.write([[.integer(Bench.day - 40 * 86_400), .integer(0), .integer(7)]], in: Bench.heart, of: "P0002", start: Bench.day - 40 * 86_400)
    try await bench.export()
    let old = try bench.files()
    _ = try await bench.store.erase(participant: "P0002")
    try await bench.write([[.integer(Bench.day + 90_000), .integer(0), .integer(7)]], in: Bench.heart, of: "P0001", start: Bench.day + 86_400, fetched: 1_770_000_999)
    try await bench.export(to: "reference")
    return (bench, old, try bench.files("reference"))
  }

  @Test("after a call that fails, each file is the old one or the new one; the next export completes it and clears up", .timeLimit(.minutes(5)))
  func everyCallFails() async throws {
    let (counted, _, _) = try await Self.changed()
    let counting = FailingFileSystem(POSIXFileSystem())
    try await counted.export(files: counting, seed: 3)
    #expect(counting.callCount > 100)
    for call in stride(from: 1, through: counting.callCount, by: Self.step) {
      let (bench, old, new) = try await Self.changed()
      let failing = FailingFileSystem(POSIXFileSystem(), failing: call, pattern: call % 2 == 0 ? .once : .everAfter, error: 28)
      var isDone = true
      do { try await bench.export(files: failing, seed: 3) } catch { isDone = false }
      let found = try bench.files().filter { !$0.key.contains("/.flowrun-") }
      for key in Set(old.keys).union(new.keys) {
        #expect(found[key] == new[key] || (!isDone && found[key] == old[key]), "call \(call): \(key)")
      }
      try await bench.export(seed: 4)
      #expect(try bench.files() == new, "call \(call)")
      #expect(try bench.fixture.tree("state/") == ["state/export/"], "call \(call)")
    }
  }

  @Test("the manifest is written after every file, and partitions without rows are removed before it")
  func manifestLast() async throws {
    let (bench, _, _) = try await Self.changed()
    let order = Locked<[String]>([])
    let files = GuardedFileSystem(POSIXFileSystem(), before: { _, _ in }, after: { boundary, path in
      guard let target = path.firstRange(of: "/target/"), boundary == "file.rename" || boundary == "file.remove", !path.contains("/.flowrun-") else { return }
      order.withLock { $0.append(String(path[target.upperBound...])) }
    })
    try await bench.export(files: files)
    let steps = order.withLock { $0 }
    #expect(steps.last == "_manifest.json" && steps.dropLast().last == "fitbit_intraday_hr/month=2025-12/part-0.csv", "\(steps)")
    #expect(Set(steps).count == steps.count)
  }

  @Test("a first export that was killed leaves nothing behind once it is repeated for others")
  func killedFirst() async throws {
    let bench = try await Bench()
    try await bench.fill()
    let files = GuardedFileSystem(
      POSIXFileSystem(), before: { boundary, path in if boundary == "file.rename", path.hasSuffix("_manifest.json") { throw FileSystemError(operation: "rename", path: path, errno: 5, reason: "injected by the test") } })
    await #expect(throws: (any Error).self) { try await bench.export(files: files) }
    #expect(try bench.files()["fitbit_intraday_hr/month=2026-01/part-0.csv"] != nil)
    for participant in ["P0001", "P0002", "P0010"] { _ = try await bench.store.erase(participant: participant) }
    try await bench.export()
    #expect(try bench.files().keys.sorted() == ["_manifest.json"])
  }
}
