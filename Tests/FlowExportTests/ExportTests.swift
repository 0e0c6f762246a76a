import FlowCore
import FlowFileSystem
import FlowObjects
import FlowTesting
import StudyLedger
import StudyModel
import Testing

@testable import FlowExport

@Suite("Exports of tables as they are")
struct ExportTests {
  typealias Bench = ExportBench
  private static let january = "month=2026-01/part-0.csv", february = "month=2026-02/part-0.csv"

  // MARK: Rows

  @Test("every row of the store is in the files once, with its values, in the order of participants and keys", arguments: Bench.Database.allCases)
  func everyRow(_ database: Bench.Database) async throws {
    let bench = try await Bench(database)
    try await bench.fill()
    let outcome = try await bench.export()
    for table in Bench.tables {
      let files = try bench.files().filter { $0.key.hasPrefix(table.name + "/") }.sorted { $0.key < $1.key }
      var found: [[String?]] = []
      for (_, bytes) in files {
        let records = try StrictCSV.records(bytes)
        #expect(records.first == ["participant"] + table.columns.map(\.name))
        found += records.dropFirst()
      }
      var expected: [[String?]] = []
      for participant in ["P0001", "P0002", "P0010"] {
        let stored = try await bench.store.reading { try await $0.rows(of: participant, in: table) }
        let batch = try #require(stored)
        expected += (0..<batch.count).map { row in [participant] + table.columns.map { Self.text(batch, $0, row) } }
      }
      // Files are read month by month, the store participant by participant.
      func sorted(_ rows: [[String?]]) -> [String] { rows.map { $0.map { $0 ?? "NULL" }.joined(separator: "|") }.sorted() }
      #expect(sorted(found) == sorted(expected), "\(table.name)")
      #expect(outcome.written.filter { $0.table == table.name }.reduce(0) { $0 + $1.rows } == Int64(expected.count))
      for (key, bytes) in files {
        let keys = try StrictCSV.records(bytes).dropFirst().map { record in record.prefix(2).map { $0 ?? "" } }
        #expect(keys == keys.sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }, "\(key)")
      }
    }
    #expect(
      try bench.files().keys.sorted() == [
        "_manifest.json", "fitbit_daily_activity/" + Self.january, "fitbit_daily_activity/" + Self.february, "fitbit_intraday_hr/" + Self.january,
        "fitbit_intraday_hr/" + Self.february, "notes/part-0.csv",
      ])
    #expect(try bench.fixture.tree("state/") == ["state/export/"], "unfinished files are removed")
  }

  private static func text(_ batch: RecordBatch, _ column: TableSchema.Column, _ row: Int) -> String? {
    switch batch[column.name]?.value(row) {
    case nil, .null: nil
    case .integer(let value): column.kind == .instant ? Instant(seconds: value).text : String(value)
    case .real(let value): String(value)
    case .text(let text): text
    }
  }

  @Test("the audit trail of the database is beside the manifest, an entry a line", arguments: [Bench.Database.sqlite, .postgresql])
  func trail(_ database: Bench.Database) async throws {
    let bench = try await Bench(database)
    try await bench.fill()
    try await bench.export(.flowrun, .csv)
    let lines = try bench.trail()
    #expect(lines.count >= 2 && lines.allSatisfy { $0.hasPrefix("{") && $0.contains("\"sha256\":\"") && $0.hasSuffix("}") }, "\(lines)")
    #expect(lines.first?.contains("\"command\":\"schema\"") == true)
  }

  @Test("every database gives the same bytes, in both formats", arguments: ExportFormat.allCases)
  func sameBytes(_ format: ExportFormat) async throws {
    var all: [[String: [UInt8]]] = []
    for database in Bench.Database.allCases {
      let bench = try await Bench(database)
      try await bench.fill()
      try await bench.export(.flowrun, format)
      all.append(try bench.files())
    }
    #expect(all[0].count == 6 && all[1] == all[0] && all[2] == all[0])
  }

  // MARK: Again

  @Test("the same export again gives the same bytes; after a later fetch only the partitions of its months change", arguments: ExportFormat.allCases)
  func again(_ format: ExportFormat) async throws {
    let bench = try await Bench()
    try await bench.fill()
    try await bench.export(.flowrun, format)
    let first = try bench.files()
    try await bench.export(.flowrun, format, seed: 2)
    #expect(try bench.files() == first)
    try await bench.write([[.integer(Bench.day + 90_000), .integer(0), .integer(7)]], in: Bench.heart, of: "P0001", start: Bench.day + 86_400, fetched: 1_770_000_999)
    try await bench.export(.flowrun, format)
    let second = try bench.files(), changed = second.filter { $0.value != first[$0.key] }.keys.sorted()
    #expect(changed.contains("fitbit_intraday_hr/month=2026-02/part-0.\(format.rawValue)") && changed.allSatisfy { !$0.contains("2026-01") }, "\(changed)")
    #expect(try bench.text("_manifest.json").contains("\"time\" : \"\(Instant(seconds: 1_770_000_999).text)\""))
  }

  @Test("a partition that had rows and has none now is removed; someone who was erased is in no later export")
  func removed() async throws {
    let bench = try await Bench()
    try await bench.fill()
    try await bench.write([[.integer(Bench.day - 40 * 86_400), .integer(0), .integer(7)]], in: Bench.heart, of: "P0002", start: Bench.day - 40 * 86_400)
    try await bench.export()
    #expect(try bench.files()["fitbit_intraday_hr/month=2025-12/part-0.csv"] != nil)
    try bench.fixture.fileSystem.writeDurably([1], to: bench.fixture.path + "/target/fitbit_intraday_hr/readme.txt")
    _ = try await bench.store.erase(participant: "P0002")
    let outcome = try await bench.export()
    #expect(outcome.removed == ["fitbit_intraday_hr/month=2025-12/part-0.csv"])
    let files = try bench.files()
    #expect(files["fitbit_intraday_hr/readme.txt"] == [1], "foreign files are left alone")
    for (key, bytes) in files { #expect(!String(decoding: bytes, as: UTF8.self).contains("P0002"), "\(key)") }
    #expect(outcome.manifest.files.map(\.key) == files.keys.filter { $0.hasSuffix(".csv") }.sorted())
  }

  // MARK: Windows

  @Test("a window has the days from its first to before its end, and leaves other months alone")
  func window() async throws {
    let bench = try await Bench()
    try await bench.fill()
    try await bench.export(from: "2026-01-31", until: "2026-02-01")
    #expect(try bench.lines("fitbit_daily_activity/" + Self.january).map { $0.prefix(16) } == ["P0001,2026-01-31", "P0002,2026-01-31", "P0010,2026-01-31"])
    #expect(try bench.lines("fitbit_intraday_hr/" + Self.january).count == 150)
    #expect(try bench.files()["fitbit_intraday_hr/" + Self.february] == nil)
    #expect(try bench.lines("notes/part-0.csv").count == 15, "a table without time is whole; one of its texts has a line break")
    let january = try bench.files()
    let outcome = try await bench.export(from: "2026-02-01")
    #expect(outcome.written.map(\.month) == ["2026-02", "2026-02", nil])
    for (key, bytes) in january where key.contains("2026-01") { #expect(try bench.files()[key] == bytes) }
    #expect(outcome.manifest.files.map { "\($0.key) \($0.from ?? "-") \($0.until ?? "-")" } == [
      "fitbit_daily_activity/\(Self.january) 2026-01-31 2026-02-01", "fitbit_daily_activity/\(Self.february) 2026-02-01 2026-03-01",
      "fitbit_intraday_hr/\(Self.january) 2026-01-31 2026-02-01", "fitbit_intraday_hr/\(Self.february) 2026-02-01 2026-03-01", "notes/part-0.csv - -",
    ])
  }

  @Test("a partition is not replaced by one that covers fewer days; nothing is written then, and both ways out are named")
  func narrowing() async throws {
    let bench = try await Bench()
    try await bench.fill()
    try await bench.export()
    let before = try bench.files()
    let problems = await problems { try await bench.export(from: "2026-01-31") }
    #expect(problems.count == 2 && problems.allSatisfy { $0.code == .otherExport && $0.code.isUsage })
    #expect(problems.first?.description.contains("it covers 2026-01-01 to before 2026-02-01, and this export only 2026-01-31 to before 2026-02-01") == true)
    #expect(problems.first?.hint?.contains("another target") == true && problems.first?.hint?.contains("--from 2026-01-01 --until 2026-02-01") == true)
    #expect(try bench.files() == before)
    try await bench.export(from: "2026-01-01", until: "2026-03-01")
    #expect(try bench.files().filter { $0.key != "_manifest.json" } == before.filter { $0.key != "_manifest.json" })
  }

  @Test("a target with another flow, layout, format or selection is refused before anything is written")
  func otherTarget() async throws {
    let bench = try await Bench()
    try await bench.fill()
    try await bench.export()
    let before = try bench.files()
    let attempts: [(String, () async throws -> Void)] = [
      ("flow 'study'", { try await bench.export(flow: "other") }), ("format 'csv'", { try await bench.export(.flowrun, .parquet) }),
      ("layout 'flowrun'", { try await bench.export(.rapids) }), ("participants 'all'", { try await bench.export(participants: ["P0001"]) }),
    ]
    for (found, attempt) in attempts {
      let problems = await problems(attempt)
      #expect(problems.count == 1 && problems[0].description.contains(found), "\(problems)")
      #expect(try bench.files() == before)
    }
    try bench.fixture.fileSystem.writeDurably(Array("{}".utf8), to: bench.fixture.path + "/target/_manifest.json")
    #expect(await problems { try await bench.export() }.first?.description.contains("not an export's manifest") == true)
  }

  @Test("a pattern chooses participants; one that matches nobody is a usage error with the nearest name")
  func participants() async throws {
    let bench = try await Bench()
    try await bench.fill()
    try await bench.export(participants: ["P000*"], to: "some")
    #expect(Set(try bench.lines("fitbit_intraday_hr/" + Self.january, "some").map { $0.prefix(5) }) == ["P0001", "P0002"])
    let problems = await problems { try await bench.export(participants: ["P00l0"]) }
    #expect(problems.count == 1 && problems[0].code.isUsage && problems[0].hint?.contains("P0010") == true, "\(problems)")
    #expect(try bench.files() == [:])
  }

  private func problems(_ work: () async throws -> Void) async -> [Diagnostic] {
    do {
      try await work()
      return []
    } catch {
      return (error as? Diagnostics)?.all ?? (error as? Diagnostic).map { [$0] } ?? []
    }
  }
}
