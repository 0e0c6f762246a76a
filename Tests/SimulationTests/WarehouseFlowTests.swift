import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import GRDB
import StudyModel
import Testing

/// Intervals of 15 minutes, zones and sleep against the simulator's truth, in the database and in the Parquet files.
@Suite("The warehouse flows", .serialized)
struct WarehouseFlowTests {
  private static func expectTruth(_ flow: WholeFlow, _ about: String = "") throws {
    let image = try ExtractImage(flow.database, as: flow.truth, tables: ExtractImage.warehouse)
    #expect(image.differences(from: ExtractImage(flow.truth, tables: ExtractImage.warehouse)) == [], "\(about)")
    let ledger = try LedgerCheck(flow.database)
    let seams = try ledger.seams(), unwritten = try ledger.unwritten()
    #expect(seams == [] && unwritten == [], "\(about)")
  }

  /// The files with their hashes, by path below the folder of objects.
  private static func objects(_ flow: WholeFlow) throws -> [String: Int] {
    let folder = flow.folder.path("warehouse")
    let paths = (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".parquet") }
    return Dictionary(uniqueKeysWithValues: try paths.map { ($0, Array(try Data(contentsOf: URL(filePath: "\(folder)/\($0)"))).hashValue) })
  }

  /// How many objects there must be: one for each slice.
  private static func sliceCount(_ flow: WholeFlow) throws -> Int {
    var configuration = Configuration()
    configuration.readonly = true
    return try DatabaseQueue(path: flow.database, configuration: configuration).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM slice") ?? 0 }
  }

  @Test("everything is collected and put; a second run asks little and changes nothing", arguments: WholeFlow.warehouses)
  func wholeTruth(_ name: String) throws {
    let flow = try WholeFlow(participants: 5, days: 4, flow: name)
    let first = try flow.drive(seed: 1)
    #expect(first.isComplete, "\(first)")
    try Self.expectTruth(flow)
    #expect(Set(ExtractImage(flow.truth, tables: ExtractImage.warehouse).rows.keys) == ExtractImage.warehouse, "the simulated data has rows for every table")
    let image = try flow.image(), objects = try Self.objects(flow)
    let slices = try Self.sliceCount(flow)
    #expect(objects.count == slices && slices > 50)
    let requests = flow.simulator.statistics.totalRequests
    let second = try flow.drive(seed: 2, start: first.ended + .seconds(60))
    #expect(second.isComplete, "\(second)")
    #expect(flow.simulator.statistics.totalRequests - requests <= 4 * 5)
    #expect(try flow.image().differences(from: image) == [])
    #expect(try Self.objects(flow) == objects)
    let statistics = flow.simulator.statistics
    #expect(statistics.requests["unknown"] == nil && statistics.statuses[400] == nil && statistics.statuses[403] == nil, "\(statistics)")
  }

  @Test("later syncs fill the days that were not over", arguments: zip(WholeFlow.warehouses, [1, 2] as [UInt64]))
  func laterSyncs(_ name: String, _ seed: UInt64) throws {
    let flow = try WholeFlow(participants: 4, days: 3, flow: name, configure: { $0.seed = seed })
    var start = WholeFlow.firstStart
    for hours in [0, 9, 26] {
      try flow.simulator.advance(by: .seconds(hours * 3600))
      start = start + .seconds(hours * 3600)
      let run = try flow.drive(seed: seed, start: start)
      #expect(run.isComplete, "\(run)")
      try Self.expectTruth(flow, "\(name) +\(hours) h")
      let objects = try Self.objects(flow).count, slices = try Self.sliceCount(flow)
      #expect(objects == slices)
      start = run.ended
    }
  }

  @Test("a day whose values go down is replaced, in the database and as an object", arguments: WholeFlow.warehouses)
  func revised(_ name: String) throws {
    let flow = try WholeFlow(participants: 4, days: 2, flow: name, configure: { $0.hardCases = [.revisedLower] })
    let first = try flow.drive(seed: 1)
    #expect(first.isComplete, "\(first)")
    try Self.expectTruth(flow)
    let before = try Self.objects(flow)
    try flow.simulator.advance(by: .seconds(30 * 3600))
    let second = try flow.drive(seed: 2, start: first.ended + .seconds(30 * 3600))
    #expect(second.isComplete, "\(second)")
    try Self.expectTruth(flow)
    let after = try Self.objects(flow)
    #expect(before.contains { after[$0.key] != nil && after[$0.key] != $0.value })
  }

  @Test("a rebuild whose newest objects of a participant are damaged puts no older answers in the place of the newest", arguments: WholeFlow.warehouses)
  func damagedRebuild(_ name: String) throws {
    let flow = try WholeFlow(participants: 2, days: 2, flow: name, keepsResponses: true, configure: { $0.hardCases = [.revisedLower] })
    var start = WholeFlow.firstStart
    for hours in [0, 30] {
      try flow.simulator.advance(by: .seconds(hours * 3600))
      let run = try flow.drive(seed: 1, start: start + .seconds(hours * 3600))
      #expect(run.isComplete, "\(run)")
      start = run.ended
    }
    let image = try flow.kept(), objects = try Self.objects(flow)
    let kept = try flow.objects(of: "P0001")
    #expect(kept.count == 2, "\(kept)")
    let newest = try #require(kept.last)
    var bytes = try flow.fileSystem.read(newest)
    bytes[bytes.count / 2] ^= 0x08
    try flow.fileSystem.writeDurably(bytes, to: newest)
    let rebuilt = try flow.rebuild(into: "study.sqlite")
    #expect(rebuilt.report?.exit == 65, "\(rebuilt)")
    #expect(try flow.kept().differences(from: image) == [])
    #expect(try Self.objects(flow) == objects)
  }

  @Test(
    "pyarrow reads from the objects the rows of the database", .enabled(if: PythonTools.mayRun, "\(PythonTools.remedy)"), arguments: WholeFlow.warehouses)
  func objectsAreRows(_ name: String) async throws {
    let flow = try WholeFlow(participants: 3, days: 3, flow: name)
    var start = WholeFlow.firstStart
    for hours in [0, 12] {
      try flow.simulator.advance(by: .seconds(hours * 3600))
      let run = try flow.drive(seed: 1, start: start + .seconds(hours * 3600))
      #expect(run.isComplete, "\(run)")
      start = run.ended
    }
    let output = try await PythonTools.run("Tests/SimulationTests/Scripts/read_objects.py", [flow.folder.path("warehouse")], input: [])
    let found = try JSONDecoder().decode([String: [String]].self, from: Data(output))
    let truth = ExtractImage(flow.truth, tables: ExtractImage.warehouse)
    for table in ExtractImage.warehouse.sorted() where !table.hasPrefix("fitbit_sleep") {
      #expect(found[table] == truth.rows[table], "\(table)")
    }
    // Objects of nights have columns that the truth does not tell: as many rows are enough here.
    for table in ["fitbit_sleep_log", "fitbit_sleep_stage"] { #expect(found[table]?.count == truth.rows[table]?.count, "\(table)") }
  }

  @Test("trouble at the provider loses nothing", arguments: zip(WholeFlow.warehouses, [11, 12] as [UInt64]))
  func trouble(_ name: String, _ seed: UInt64) throws {
    let faults = [Fault(.status(500), share: 0.15), Fault(.truncate, share: 0.05), Fault(.html, share: 0.05), Fault(.reset, share: 0.05)]
    let flow = try WholeFlow(participants: 2, days: 2, flow: name, losesAnswers: true, configure: { ($0.seed, $0.faults) = (seed, faults) })
    var run = try flow.drive(seed: seed)
    for round in 0..<12 where !run.isComplete {
      run = try flow.drive(seed: seed + UInt64(round), start: run.ended + .seconds(120))
    }
    #expect(run.isComplete, "\(run)")
    try Self.expectTruth(flow, "seed \(seed)")
    let objects = try Self.objects(flow).count, slices = try Self.sliceCount(flow)
    #expect(objects == slices)
  }

  @Test("calls that fail, once or always, leave nothing wrong, and the next run collects the rest", arguments: zip(WholeFlow.warehouses + WholeFlow.warehouses, [21, 22, 23, 24] as [UInt64]))
  func failingCalls(_ name: String, _ seed: UInt64) async throws {
    try await WholeFlow.failingCalls(name, seed, then: Self.expectTruth)
  }

  @Test("on as many threads as there are", arguments: WholeFlow.warehouses)
  func threads(_ name: String) async throws {
    let flow = try WholeFlow(participants: 4, days: 2, flow: name)
    let run = try await flow.runOnThreads()
    #expect(run.isComplete, "\(run)")
    try Self.expectTruth(flow)
  }
}
